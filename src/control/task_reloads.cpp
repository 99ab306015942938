#include "control/task_reloads.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "control/task_events.h"
#include "control/task_faults.h"
#include "control/task_figures.h"
#include "control/task_status.h"
#include "control/task_workers.h"
#include "control/tasks.h"

namespace godwit {
namespace {

Result<void> check_list(const std::vector<TableRef>& tables) {
  if (tables.empty()) return Failure(reload_list_refused("name at least one table."));
  if (tables.size() > reloaded_tables_max)
    return Failure(reload_list_refused(
        fmt::format("{} tables are named; a call reloads {} at most.", tables.size(), reloaded_tables_max)));
  std::set<TableRef> seen;
  for (const TableRef& table : tables)
    if (!seen.insert(table).second)
      return Failure(reload_list_refused(fmt::format("table {}.{} is named twice.", table.schema, table.name)));
  return {};
}

Result<void> check_scope(const std::vector<StoredTable>& known, const std::vector<TableRef>& tables) {
  for (const TableRef& table : tables)
    if (std::ranges::none_of(
            known, [&](const StoredTable& row) { return row.schema == table.schema && row.name == table.name; }))
      return Failure(table_out_of_scope(table.schema, table.name));
  return {};
}

}  // namespace

Result<StoredTask> reload_tables(Environment& environment, std::string_view task_arn,
                                 const std::vector<TableRef>& tables, std::string_view option) {
  if (!option.empty() && option != "data-reload" && option != "validate-only")
    return Failure(reload_option_unknown(option));
  TRY(check_list(tables));
  const StoredTask task = TRY(require_task(environment, task_arn));
  if (task_status(task.status) != TaskStatus::running)
    return Failure(reload_refused(fmt::format("the replication task is {}, not running.", task.status)));
  if (task.migration_type == "cdc")
    return Failure(reload_refused("the replication task is of type cdc, which loads no tables."));
  if (option == "validate-only")
    return Failure(reload_refused("validate-only needs data validation, which is not enabled."));
  if (environment.workers == nullptr) return Failure(no_workers_here());
  const std::vector<StoredTable> known = TRY(tables_of(environment, task));
  TRY(check_scope(known, tables));
  if (const auto asked = environment.workers->reload(task.id, tables); !asked)
    return Failure(reload_refused(asked.error().message));
  std::string names;
  for (const TableRef& table : tables)
    names += fmt::format("{}{}.{}", names.empty() ? "" : ", ", table.schema, table.name);
  TRY(note_reloads(environment, task, names));
  return task;
}

}  // namespace godwit
