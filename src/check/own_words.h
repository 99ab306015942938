#pragma once
// Judgements that several families share under names of their own.

#include <string_view>

#include "check/judgement.h"

namespace godwit {

inline constexpr std::string_view full_lob_mode =
    R"({"TargetMetadata": {"FullLobMode": true, "LimitedSizeLobMode": false}})";

// The largest value of each LOB column as it was measured, and what the LOB settings would cut.
void lob_sizes(const TaskFacts& facts, Judgement& judgement);
// Tables without a key, where validation is on.
void validated_keys(const TaskFacts& facts, Judgement& judgement);
// Columns that the source computes and the target does not.
void generated_columns(const TaskFacts& facts, Judgement& judgement);

}  // namespace godwit
