#pragma once
// What an error means for a task: pure functions of DMS's settings (spec/task-settings.md §10).

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

// What to do with a change that found no row or was refused.
ChangeAction change_action(const ErrorBehavior& settings, Op op, const ChangeOutcome& outcome);

// What to do with a row that a load's target refused.
ChangeAction load_row_action(const ErrorBehavior& settings);

}  // namespace godwit
