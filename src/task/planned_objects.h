#pragma once
// What is built around the rows of planned tables.

#include <span>
#include <string>
#include <vector>

#include "engine/source.h"
#include "engine/target.h"

namespace godwit {

// The source's objects, but for keys that the plan replaces or that masks make impossible, and the plan's own.
// `left_out`: one line for each that a mask makes impossible.
Result<std::vector<ObjectDef>> planned_objects(Source& source, Target& target, std::span<const TargetTable> tables,
                                               std::vector<std::string>& left_out);

}  // namespace godwit
