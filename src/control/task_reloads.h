#pragma once
// ReloadTables (spec/api.md §6.6): tables of a running task that are loaded once more.

#include <string_view>
#include <vector>

#include "control/environment.h"
#include "data/table_def.h"
#include "store/tasks.h"

namespace godwit {

inline constexpr size_t reloaded_tables_max = 10;

// Source names, case-sensitive. `option`: data-reload, validate-only or empty.
Result<StoredTask> reload_tables(Environment& environment, std::string_view task_arn,
                                 const std::vector<TableRef>& tables, std::string_view option);

}  // namespace godwit
