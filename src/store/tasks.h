#pragma once
// Tasks and the table statistics of their last run, as they are stored. Statuses, stop reasons and positions are
// DMS's strings (spec/api.md §5); what they mean and what may follow is control/'s.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace godwit {

// Times are UTC microseconds since 1970, 0: not yet. Empty texts: none.
struct StoredTask {
  std::string id{};          // the generated resource id
  std::string identifier{};  // the user's, lower-case
  std::string source_endpoint_id{}, target_endpoint_id{}, instance_id{};
  std::string migration_type{};
  std::string table_mappings{};  // as given
  std::string task_data{};
  std::string settings_sent{};  // what was asked for, merged over all calls: the worker's document
  std::string settings{};       // the whole document, as it is answered

  std::string status = "creating";
  std::string resting_status = "ready";  // where modifying, moving and testing lead back to
  // What a stop that is under way is followed by; see control/task_follow_up.h. Empty: rest.
  std::string after_stop{};
  int64_t run = 0;        // of the last start; 0: it never ran
  int64_t fresh_run = 0;  // of the last start that was a fresh one, or a reload
  std::string start_kind{};
  std::string stop_reason{}, last_failure{};
  std::string cdc_start_position{}, cdc_stop_position{}, recovery_checkpoint{};
  // 1: a fresh run came past its start since cdc_start_position was given, and has taken it.
  int64_t start_position_taken = 0;
  std::string run_stop_position{};  // what the run that is under way stops at
  int64_t reading_paused = 0;       // ReadingPause of control/task_events.h

  int64_t created_us = 0;
  int64_t start_called_us = 0;  // ReplicationTaskStartDate
  // ReplicationTaskStats, as of the last report.
  int64_t fresh_start_us = 0, start_us = 0, stop_us = 0, full_load_start_us = 0, full_load_finish_us = 0;
  int64_t full_load_percent = 0, elapsed_ms = 0;
  int64_t tables_loaded = 0, tables_loading = 0, tables_queued = 0, tables_errored = 0;

  bool operator==(const StoredTask&) const = default;
};

// Members that are nothing do not narrow; an empty list matches no task.
struct TaskFilter {
  std::optional<std::vector<std::string>> ids{}, identifiers{}, migration_types{}, instances{}, statuses{},
      after_stops{};
  std::optional<std::vector<std::string>> endpoints{};  // as source or target
};

// Which of a task's long texts are read; the others stay empty.
enum class TaskTexts {
  all,
  shown,             // all but settings_sent
  without_settings,  // the mappings alone
};

// The identifier is unique: see find_task_by_identifier().
Result<void> insert_task(Database& database, const StoredTask& task);
// Everything but id and created_us. The last writer wins: read and write in one transaction.
Result<void> update_task(Database& database, const StoredTask& task);
// With its table statistics.
Result<void> delete_task(Database& database, std::string_view id);
Result<std::optional<StoredTask>> find_task(Database& database, std::string_view id);
Result<std::optional<StoredTask>> find_task_by_identifier(Database& database, std::string_view identifier);
// In order of creation, then identifier.
Result<std::vector<StoredTask>> list_tasks(Database& database, const TaskFilter& filter = {},
                                           const ListPage& page = {}, TaskTexts texts = TaskTexts::shown);
Result<int64_t> count_tasks(Database& database, const TaskFilter& filter = {});

// One row of DescribeTableStatistics, as the last worker left it.
struct StoredTable {
  std::string schema, name;  // of the source
  std::string state;         // "Table completed"
  std::string reason;        // why it is in error
  int64_t inserts = 0, updates = 0, deletes = 0, ddls = 0;
  int64_t applied_inserts = 0, applied_updates = 0, applied_deletes = 0, applied_ddls = 0;
  int64_t full_load_rows = 0, full_load_error_rows = 0;
  int64_t load_start_us = 0, load_end_us = 0, updated_us = 0;
  int64_t reloaded = 0;
};

// Instead of all rows of the task.
Result<void> replace_tables(Database& database, std::string_view task_id, const std::vector<StoredTable>& tables);
// By schema, then name, both by bytes.
Result<std::vector<StoredTable>> list_tables(Database& database, std::string_view task_id);

}  // namespace godwit
