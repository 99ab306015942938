#pragma once
// The task settings document (spec/task-settings.md, design §6) as typed values. Members are named like the
// document's keys in snake_case, with the unit where it is not plain; MB means 1024 × 1024 bytes, KB 1024. Keys that
// are no members are accepted and echoed in `effective`. Whatever a document asks for and does not get, member or
// not, has a line in `warnings`.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "engine/target.h"
#include "mapping/form_change.h"

namespace godwit {

// What to do about a row, a table or an event that went wrong. IGNORE of EventErrorPolicy is ignore_record.
enum class RecordAction { ignore_record, log_error, suspend_table, stop_task, insert_record, update_record };

std::string_view to_string(RecordAction action);  // "LOG_ERROR"

enum class TargetIndexes { keep, rebuild };
enum class SecondaryObjects { all, none };

struct TargetMetadataSettings {
  std::string target_schema;
  bool support_lobs = true;
  bool full_lob_mode = true;
  bool limited_size_lob_mode = false;
  int64_t lob_max_size_kb = 32;
  bool batch_apply_enabled =
      false;  // never the algorithm; it chooses the words of the log when a window is taken apart
  bool task_recovery_table_enabled = false;  // the table is kept either way
};

struct FullLoadSettings {
  PrepareMode target_table_prep_mode = PrepareMode::do_nothing;
  bool create_pk_after_full_load = false;
  bool stop_task_cached_changes_applied = false;
  bool stop_task_cached_changes_not_applied = false;
  int64_t max_full_load_sub_tasks = 8;
  int64_t transaction_consistency_timeout_s = 600;
  int64_t commit_rate = 10000;  // rows
};

struct LoggingSettings {
  bool enable_logging = false;  // publication of the log through the API; the file is always written
  bool enable_log_context = false;
  std::vector<std::pair<Component, Severity>> components;  // one for each component of ours, in their order
};

struct ControlTablesSettings {
  std::string control_schema;
  int64_t history_timeslot_minutes = 5;
  bool history_table_enabled = false;
  bool suspended_tables_table_enabled = false;
  bool status_table_enabled = false;
  bool full_load_exception_table_enabled = false;
};

// Caps at most; nothing waits for them (design §6).
struct ChangeProcessingTuning {
  int64_t batch_apply_timeout_min_s = 1;
  int64_t batch_apply_timeout_max_s = 30;
  int64_t batch_apply_memory_limit_mb = 500;
  int64_t batch_split_size = 0;  // changes; 0: no limit
  int64_t min_transaction_size = 1000;
  int64_t commit_timeout_s = 1;
  int64_t memory_limit_total_mb = 1024;
  int64_t memory_keep_time_s = 60;
  int64_t statement_cache_size = 50;
  int64_t recovery_timeout_min = -1;  // -1: none
};

struct DdlHandlingPolicy {
  bool handle_source_table_dropped = true;
  bool handle_source_table_truncated = true;
  bool handle_source_table_altered = true;
};

struct ErrorBehavior {
  RecordAction data_error_policy = RecordAction::log_error;
  RecordAction data_truncation_error_policy = RecordAction::log_error;
  RecordAction data_masking_error_policy = RecordAction::stop_task;
  RecordAction data_error_escalation_policy = RecordAction::suspend_table;
  int64_t data_error_escalation_count = 0;  // 0: never, here and below
  RecordAction event_error_policy = RecordAction::ignore_record;
  RecordAction table_error_policy = RecordAction::suspend_table;
  RecordAction table_error_escalation_policy = RecordAction::stop_task;
  int64_t table_error_escalation_count = 0;
  int64_t recoverable_error_count = -1;  // -1: as the kind of error suggests
  int64_t recoverable_error_interval_s = 5;
  bool recoverable_error_throttling = true;
  int64_t recoverable_error_throttling_max_s = 1800;
  bool recoverable_error_stop_retry_after_throttling_max = true;
  RecordAction apply_error_delete_policy = RecordAction::ignore_record;
  RecordAction apply_error_insert_policy = RecordAction::log_error;
  RecordAction apply_error_update_policy = RecordAction::log_error;
  RecordAction apply_error_escalation_policy = RecordAction::log_error;
  int64_t apply_error_escalation_count = 0;
  bool apply_error_fail_on_truncation_ddl = false;
  bool full_load_ignore_conflicts = true;
  bool fail_on_no_tables_captured = true;
};

// Warned about as long as nothing compares rows.
struct ValidationSettings {
  bool enable_validation = false;
  int64_t thread_count = 5;
  int64_t partition_size = 10000;  // rows
  int64_t failure_max_count = 10000;
  int64_t table_failure_max_count = 1000;
  int64_t record_failure_delay_min = 5;
  bool skip_lob_columns = false;
  int64_t validation_partial_lob_size_kb = 0;  // 0: the whole value
  bool validation_only = false;
};

// The section "Godwit", ours alone.
struct GodwitSettings {
  int64_t memory_mb = 128;  // the task's whole budget
  int64_t spool_mb = 1000;  // disk for changes that wait for the target
  int64_t slice_mb = 64;    // of a table, loaded in one transaction
  TargetIndexes target_indexes = TargetIndexes::keep;
  SecondaryObjects secondary_objects = SecondaryObjects::all;
  TypeMapping type_mapping = TypeMapping::lossless;  // of columns whose type is another engine's
  ZeroDates zero_dates = ZeroDates::null;            // on targets that have none
};

struct TaskSettings {
  TargetMetadataSettings target_metadata;
  FullLoadSettings full_load_settings;
  LoggingSettings logging;
  ControlTablesSettings control_tables_settings;
  ChangeProcessingTuning change_processing_tuning;
  DdlHandlingPolicy change_processing_ddl_handling_policy;
  ErrorBehavior error_behavior;
  ValidationSettings validation_settings;
  GodwitSettings godwit;

  // The whole document as it holds: defaults, what was sent over them in canonical types, unknown keys as they were
  // sent. The section "Godwit" is there only when it was sent.
  nlohmann::json effective;
  // One line per path, "<Section>.<Key>: …": unknown, or known and without the effect its name promises.
  std::vector<std::string> warnings;
};

// An empty text is an empty document. Errors are of kind usage: "Invalid task settings JSON: <Section>.<Key>: …".
Result<TaskSettings> parse_settings(std::string_view json_text);

}  // namespace godwit
