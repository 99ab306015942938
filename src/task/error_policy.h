#pragma once
// What an error means for a task: pure functions of DMS's settings (spec/task-settings.md §10).

#include <map>
#include <mutex>
#include <optional>

#include "engine/target.h"
#include "task/settings.h"

namespace godwit {

// How many restarts there were, and how long the next wait is.
struct RetryState {
  int attempts = 0;
};

// Milliseconds to wait before the next attempt, or nothing: give up. A task that made progress starts again from
// zero.
std::optional<int64_t> next_retry_ms(const ErrorBehavior& settings, const RetryState& state);

enum class ChangeAction {
  ignore,          // count it, go on
  park,            // record it, go on
  insert_instead,  // an update that found no row becomes an insert
  replace,         // an insert that collided: delete, then insert
  suspend_table,
  stop_task,
};

// What a run has met so far, for the escalation counts; they start from zero with each run (spec/cdc.md §6).
// Thread-safe.
class ErrorTally {
 public:
  // Each counts one more and answers how many there are now.
  uint64_t add_data_error(size_t table);
  uint64_t add_apply_error(size_t table);
  uint64_t add_table_error();
  // What was met in a transaction that is replayed was not met.
  struct Counts {
    std::map<size_t, uint64_t> data, apply;
  };
  Counts counts() const;
  void set(Counts counts);
  void take_back_data_errors(size_t table, uint64_t count);
  // The table leaves the task, and those behind it move up.
  void remove_table(size_t table);

 private:
  mutable std::mutex mutex_;
  Counts counts_;
  uint64_t tables_ = 0;
};

// The action after its escalation, `count` errors of the kind having been met on the table, this one included.
ChangeAction escalate_data_error(const ErrorBehavior& settings, ChangeAction action, uint64_t count);
ChangeAction escalate_apply_error(const ErrorBehavior& settings, ChangeAction action, uint64_t count);
// Whether a table that failed ends the task, `count` tables having failed.
bool table_error_stops_task(const ErrorBehavior& settings, uint64_t count);

// Whether the outcome is a conflict (a row that is there, or is not) and not bad data.
bool is_conflict(Op op, const ChangeOutcome& outcome);

// What to do with a change that found no row or was refused.
ChangeAction change_action(const ErrorBehavior& settings, Op op, const ChangeOutcome& outcome);

// What to do about a row whose shaping met this: ignore leaves the row out, park writes it and tells the exception
// tables.
ChangeAction finding_action(const ErrorBehavior& settings, ChangeNote::Kind kind);

// What to do with a row that a load's target refused.
ChangeAction load_row_action(const ErrorBehavior& settings);

}  // namespace godwit
