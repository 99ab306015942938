#pragma once
// A TableDef as JSON and back, for the record of a task: what a table was at the position that the task has reached,
// which the source's catalog no longer says once the table has changed. Estimates are left out.

#include <nlohmann/json.hpp>
#include <optional>

#include "data/table_def.h"

namespace godwit {

nlohmann::json to_json_value(const TableDef& table);
// Nothing when it is no table.
std::optional<TableDef> table_def_of(const nlohmann::json& value);

}  // namespace godwit
