#pragma once
// Foreign keys as JSON and back, for the record of a task and for structure changes in the spool.

#include <nlohmann/json.hpp>
#include <optional>

#include "data/acting_key.h"

namespace godwit {

nlohmann::json to_json_value(const ActingKey& key);
// Nothing when it is no key.
std::optional<ActingKey> acting_key_of(const nlohmann::json& value);
// A list of them; false: it is none.
bool read_acting_keys(const nlohmann::json& value, std::vector<ActingKey>& out);

}  // namespace godwit
