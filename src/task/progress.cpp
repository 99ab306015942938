#include "task/progress.h"

#include "base/log.h"

namespace godwit {

uint64_t unaccounted(const TableStatistics& table) {
  const uint64_t read = table.full_load_error_rows + table.inserts + table.updates + table.deletes;
  const uint64_t accounted = table.applied_inserts + table.applied_updates + table.applied_deletes + table.parked +
                             table.ignored + table.dropped;
  return read > accounted ? read - accounted : 0;
}

void Progress::set_tables(std::vector<TableStatistics> tables) {
  const std::lock_guard lock(mutex_);
  statistics_.tables = std::move(tables);
}

void Progress::add_table(TableStatistics table) {
  const std::lock_guard lock(mutex_);
  statistics_.tables.push_back(std::move(table));
}

void Progress::remove_table(size_t table) {
  const std::lock_guard lock(mutex_);
  statistics_.tables.erase(statistics_.tables.begin() + static_cast<std::ptrdiff_t>(table));
}

void Progress::set_phase(std::string phase) {
  log_debug(Component::task_manager, "The run enters phase \"{}\"", phase);
  const std::lock_guard lock(mutex_);
  statistics_.phase = std::move(phase);
}

std::string Progress::phase() const {
  const std::lock_guard lock(mutex_);
  return statistics_.phase;
}

bool Progress::paused() const {
  const std::lock_guard lock(mutex_);
  return statistics_.backlog.paused;
}

void Progress::change_table(size_t table, const std::function<void(TableStatistics&)>& edit) {
  const std::lock_guard lock(mutex_);
  edit(statistics_.tables[table]);
}

void Progress::table_event(size_t table, TableEvent event) {
  const std::lock_guard lock(mutex_);
  TableStatistics& statistics = statistics_.tables[table];
  const std::optional<TableState> state = next(statistics.state, event);
  if (state)
    statistics.state = *state;
  else
    log_error(Component::tables_manager, "Table {} cannot take event {} in state \"{}\"", log_name(statistics.table),
              static_cast<int>(event), to_string(statistics.state));
}

void Progress::fail_table(size_t table, std::string reason) {
  table_event(table, TableEvent::fails);
  change_table(table, [&](TableStatistics& statistics) { statistics.reason = std::move(reason); });
}

void Progress::change(const std::function<void(TaskStatistics&)>& edit) {
  const std::lock_guard lock(mutex_);
  edit(statistics_);
}

TaskStatistics Progress::copy() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

}  // namespace godwit
