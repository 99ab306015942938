#include "control/task_figures.h"

#include <algorithm>
#include <tuple>

#include "control/task_status.h"
#include "control/tasks.h"
#include "task/table_state.h"

namespace godwit {
namespace {

int64_t count(uint64_t figure) {
  return static_cast<int64_t>(figure);
}

StoredTable stored_table(const WorkerTable& table) {
  const TableStatistics& from = table.figures;
  StoredTable out;
  out.schema = from.table.schema;
  out.name = from.table.name;
  out.state = to_string(from.state);
  out.reason = from.reason;
  out.inserts = count(from.inserts);
  out.updates = count(from.updates);
  out.deletes = count(from.deletes);
  out.ddls = count(from.ddls + from.truncates);
  out.applied_inserts = count(from.applied_inserts);
  out.applied_updates = count(from.applied_updates);
  out.applied_deletes = count(from.applied_deletes);
  out.applied_ddls = count(from.applied_ddls + from.applied_truncates);
  out.full_load_rows = count(from.full_load_rows);
  out.full_load_error_rows = count(from.full_load_error_rows);
  out.load_start_us = from.load_start_us;
  out.load_end_us = from.load_end_us;
  out.updated_us = table.updated_us;
  out.reloaded = from.reloaded ? 1 : 0;
  return out;
}

}  // namespace

std::optional<WorkerStatistics> statistics_of_run(const Environment& environment, const StoredTask& task) {
  if (environment.workers == nullptr || task.run == 0) return std::nullopt;
  auto statistics = environment.workers->statistics(task.id, task_folder(environment, task.id));
  if (!statistics || statistics->run != task.run) return std::nullopt;
  return statistics;
}

void take_figures(StoredTask& task, const WorkerStatistics& statistics) {
  task.full_load_start_us = statistics.full_load_start_us;
  task.full_load_finish_us = statistics.full_load_finish_us;
  task.full_load_percent = statistics.full_load_percent;
  task.elapsed_ms = statistics.elapsed_ms;
  task.tables_loaded = count(statistics.tables_loaded);
  task.tables_loading = count(statistics.tables_loading);
  task.tables_queued = count(statistics.tables_queued);
  task.tables_errored = count(statistics.tables_errored);
}

void show_live_figures(const Environment& environment, StoredTask& task) {
  if (!is_live(task_status(task.status)) || environment.workers == nullptr) return;
  if (const auto report = environment.workers->report(task.id); report && report->run == task.run) {
    if (!report->checkpoint.empty()) task.recovery_checkpoint = report->checkpoint;
    task.last_failure = report->last_failure;
  }
  if (const auto statistics = statistics_of_run(environment, task)) take_figures(task, *statistics);
}

std::vector<StoredTable> stored_tables(const WorkerStatistics& statistics) {
  std::vector<StoredTable> tables;
  tables.reserve(statistics.tables.size());
  for (const WorkerTable& table : statistics.tables) tables.push_back(stored_table(table));
  std::ranges::sort(tables, {}, [](const StoredTable& table) { return std::tie(table.schema, table.name); });
  return tables;
}

Result<std::vector<StoredTable>> tables_of(const Environment& environment, const StoredTask& task) {
  if (is_live(task_status(task.status)))
    if (const auto statistics = statistics_of_run(environment, task)) return stored_tables(*statistics);
  return list_tables(environment.database, task.id);
}

Result<void> clear_figures(Environment& environment, StoredTask& task) {
  task.full_load_start_us = task.full_load_finish_us = 0;
  task.full_load_percent = task.elapsed_ms = 0;
  task.tables_loaded = task.tables_loading = task.tables_queued = task.tables_errored = 0;
  task.recovery_checkpoint.clear();
  return replace_tables(environment.database, task.id, {});
}

}  // namespace godwit
