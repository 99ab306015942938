#include "task/error_policy.h"

#include <algorithm>
#include <utility>

namespace godwit {
namespace {

// RecoverableErrorCount -1: this many tries for a running task (spec/task-settings.md §10).
constexpr int engine_chosen_tries = 9;
constexpr int doublings_max = 20;

ChangeAction action_of(RecordAction action) {
  switch (action) {
    case RecordAction::ignore_record:
      return ChangeAction::ignore;
    case RecordAction::log_error:
      return ChangeAction::park;
    case RecordAction::suspend_table:
      return ChangeAction::suspend_table;
    case RecordAction::stop_task:
      return ChangeAction::stop_task;
    case RecordAction::insert_record:
      return ChangeAction::replace;
    case RecordAction::update_record:
      return ChangeAction::insert_instead;
  }
  return ChangeAction::park;
}

}  // namespace

std::optional<int64_t> next_retry_ms(const ErrorBehavior& settings, const RetryState& state) {
  const int64_t tries = settings.recoverable_error_count < 0 ? engine_chosen_tries : settings.recoverable_error_count;
  if (state.attempts >= tries) return std::nullopt;
  int64_t wait_s = settings.recoverable_error_interval_s;
  if (settings.recoverable_error_throttling) wait_s <<= std::min(state.attempts, doublings_max);
  const int64_t cap_s = settings.recoverable_error_throttling_max_s;
  if (wait_s >= cap_s && settings.recoverable_error_throttling) {
    if (settings.recoverable_error_stop_retry_after_throttling_max) return std::nullopt;
    wait_s = cap_s;
  }
  return wait_s * 1000;
}

uint64_t ErrorTally::add_data_error(size_t table) {
  const std::lock_guard lock(mutex_);
  return ++counts_.data[table];
}

uint64_t ErrorTally::add_apply_error(size_t table) {
  const std::lock_guard lock(mutex_);
  return ++counts_.apply[table];
}

uint64_t ErrorTally::add_table_error() {
  const std::lock_guard lock(mutex_);
  return ++tables_;
}

ErrorTally::Counts ErrorTally::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void ErrorTally::set(Counts counts) {
  const std::lock_guard lock(mutex_);
  counts_ = std::move(counts);
}

void ErrorTally::remove_table(size_t table) {
  const std::lock_guard lock(mutex_);
  for (std::map<size_t, uint64_t>* counts : {&counts_.data, &counts_.apply}) {
    std::map<size_t, uint64_t> moved;
    for (const auto& [t, count] : *counts)
      if (t != table) moved[t > table ? t - 1 : t] = count;
    *counts = std::move(moved);
  }
}

void ErrorTally::take_back_data_errors(size_t table, uint64_t count) {
  const std::lock_guard lock(mutex_);
  counts_.data[table] -= count;
}

ChangeAction escalate_data_error(const ErrorBehavior& settings, ChangeAction action, uint64_t count) {
  const bool reached = settings.data_error_escalation_count > 0 &&
                       count >= static_cast<uint64_t>(settings.data_error_escalation_count);
  if (!reached || action == ChangeAction::stop_task) return action;
  return action_of(settings.data_error_escalation_policy);
}

ChangeAction escalate_apply_error(const ErrorBehavior& settings, ChangeAction action, uint64_t count) {
  const bool reached = settings.apply_error_escalation_count > 0 &&
                       count >= static_cast<uint64_t>(settings.apply_error_escalation_count);
  const bool weaker =
      action == ChangeAction::stop_task || settings.apply_error_escalation_policy == RecordAction::log_error;
  if (!reached || weaker) return action;
  return action_of(settings.apply_error_escalation_policy);
}

bool table_error_stops_task(const ErrorBehavior& settings, uint64_t count) {
  if (settings.table_error_policy == RecordAction::stop_task) return true;
  return settings.table_error_escalation_count > 0 &&
         count >= static_cast<uint64_t>(settings.table_error_escalation_count);
}

bool is_conflict(Op op, const ChangeOutcome& outcome) {
  return outcome.kind == ChangeOutcome::Kind::no_row || (op == Op::insert && outcome.error.sqlstate == "23505");
}

ChangeAction change_action(const ErrorBehavior& settings, Op op, const ChangeOutcome& outcome) {
  const bool no_row = outcome.kind == ChangeOutcome::Kind::no_row;
  if (no_row && op == Op::erase) return action_of(settings.apply_error_delete_policy);
  if (no_row && op == Op::update) return action_of(settings.apply_error_update_policy);
  const bool duplicate = outcome.error.sqlstate == "23505";
  if (duplicate && op == Op::insert) return action_of(settings.apply_error_insert_policy);
  return action_of(settings.data_error_policy);
}

ChangeAction finding_action(const ErrorBehavior& settings, ChangeNote::Kind kind) {
  switch (kind) {
    case ChangeNote::Kind::truncated:
      return action_of(settings.data_truncation_error_policy);
    case ChangeNote::Kind::value:
      return action_of(settings.data_error_policy);
    case ChangeNote::Kind::mask:
      return action_of(settings.data_masking_error_policy);
    case ChangeNote::Kind::refused:
      return ChangeAction::suspend_table;
  }
  return ChangeAction::park;
}

ChangeAction load_row_action(const ErrorBehavior& settings) {
  return action_of(settings.data_error_policy);
}

}  // namespace godwit
