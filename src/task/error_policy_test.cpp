#include "task/error_policy.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using enum RecordAction;
using Kind = ChangeOutcome::Kind;

// The waits of one failed attempt after the other, in seconds, until it is given up; 40 at most.
std::vector<int64_t> waits_s(const ErrorBehavior& settings) {
  std::vector<int64_t> out;
  for (RetryState state; state.attempts < 40; ++state.attempts) {
    const auto wait_ms = next_retry_ms(settings, state);
    if (!wait_ms) break;
    EXPECT_EQ(*wait_ms % 1000, 0);
    out.push_back(*wait_ms / 1000);
  }
  return out;
}

TEST(ErrorPolicy, retries_follow_the_schedule) {
  struct Case {
    std::string_view name;
    int64_t count, interval_s;
    bool throttling;
    int64_t max_s;
    bool stop_at_max;
    std::vector<int64_t> waits_s;
  };
  const std::vector<int64_t> doubling = {5, 10, 20, 40, 80, 160, 320, 640, 1280};
  const Case cases[] = {
      {"the default", -1, 5, true, 1800, true, doubling},
      {"never", 0, 5, true, 1800, true, {}},
      {"once", 1, 5, true, 1800, true, {5}},
      {"n times", 4, 5, true, 1800, true, {5, 10, 20, 40}},
      {"more than the cap allows", 100, 5, true, 1800, true, doubling},
      {"on at the cap", 6, 5, true, 30, false, {5, 10, 20, 30, 30, 30}},
      {"at the cap by our own count", -1, 100, true, 300, false, {100, 200, 300, 300, 300, 300, 300, 300, 300}},
      {"stops where the cap is reached exactly", 9, 5, true, 20, true, {5, 10}},
      {"an interval over the cap", 9, 60, true, 30, true, {}},
      {"an interval over the cap, going on", 2, 60, true, 30, false, {30, 30}},
      {"without throttling", 3, 5, false, 1800, true, {5, 5, 5}},
      {"without throttling the cap means nothing", 3, 60, false, 30, true, {60, 60, 60}},
      {"without a wait", 3, 0, true, 1800, true, {0, 0, 0}},
  };
  for (const Case& c : cases) {
    ErrorBehavior settings;
    settings.recoverable_error_count = c.count;
    settings.recoverable_error_interval_s = c.interval_s;
    settings.recoverable_error_throttling = c.throttling;
    settings.recoverable_error_throttling_max_s = c.max_s;
    settings.recoverable_error_stop_retry_after_throttling_max = c.stop_at_max;
    EXPECT_EQ(waits_s(settings), c.waits_s) << c.name;
  }
}

TEST(ErrorPolicy, any_number_of_attempts_gives_a_wait_within_the_cap) {
  ErrorBehavior settings;
  settings.recoverable_error_count = INT32_MAX;
  settings.recoverable_error_stop_retry_after_throttling_max = false;
  for (const int attempts : {9, 20, 21, 62, 63, 64, 65, 1000000}) {
    const auto wait_ms = next_retry_ms(settings, {attempts});
    EXPECT_EQ(wait_ms, 1800 * 1000) << attempts;
  }
}

ChangeOutcome refused(std::string sqlstate) {
  return {Kind::refused, {ErrorKind::data, "server", "refused", std::move(sqlstate)}};
}

TEST(ErrorPolicy, each_outcome_follows_the_key_that_speaks_of_it) {
  ErrorBehavior settings;
  settings.data_error_policy = stop_task;
  settings.apply_error_delete_policy = ignore_record;
  settings.apply_error_update_policy = log_error;
  settings.apply_error_insert_policy = suspend_table;
  struct Case {
    Op op;
    ChangeOutcome outcome;
    ChangeAction action;
    bool conflict;
  };
  const ChangeOutcome no_row = {Kind::no_row, {}}, duplicate = refused("23505"), null_value = refused("23502");
  const Case cases[] = {
      {Op::erase, no_row, ChangeAction::ignore, true},
      {Op::update, no_row, ChangeAction::park, true},
      {Op::insert, duplicate, ChangeAction::suspend_table, true},
      {Op::update, duplicate, ChangeAction::stop_task, false},  // another constraint than the one that finds the row
      {Op::insert, null_value, ChangeAction::stop_task, false},
      {Op::update, null_value, ChangeAction::stop_task, false},
      {Op::erase, refused("23503"), ChangeAction::stop_task, false},
      {Op::insert, refused(""), ChangeAction::stop_task, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(change_action(settings, c.op, c.outcome), c.action) << to_string(c.op) << c.outcome.error.sqlstate;
    EXPECT_EQ(is_conflict(c.op, c.outcome), c.conflict) << to_string(c.op) << c.outcome.error.sqlstate;
  }
}

TEST(ErrorPolicy, every_policy_has_its_action) {
  const struct {
    RecordAction policy;
    ChangeAction action;
  } cases[] = {
      {ignore_record, ChangeAction::ignore},        {log_error, ChangeAction::park},
      {suspend_table, ChangeAction::suspend_table}, {stop_task, ChangeAction::stop_task},
      {insert_record, ChangeAction::replace},       {update_record, ChangeAction::insert_instead},
  };
  for (const auto& c : cases) {
    ErrorBehavior settings;
    settings.apply_error_insert_policy = c.policy;
    EXPECT_EQ(change_action(settings, Op::insert, refused("23505")), c.action) << to_string(c.policy);
    settings.apply_error_update_policy = c.policy;
    EXPECT_EQ(change_action(settings, Op::update, {Kind::no_row, {}}), c.action) << to_string(c.policy);
    settings.apply_error_delete_policy = c.policy;
    EXPECT_EQ(change_action(settings, Op::erase, {Kind::no_row, {}}), c.action) << to_string(c.policy);
    settings.data_error_policy = c.policy;
    EXPECT_EQ(change_action(settings, Op::insert, refused("22001")), c.action) << to_string(c.policy);
    EXPECT_EQ(load_row_action(settings), c.action) << to_string(c.policy);
  }
}

TEST(ErrorPolicy, data_errors_escalate_at_their_count) {
  const struct {
    int64_t limit;
    RecordAction policy;
    uint64_t count;
    ChangeAction action;
  } cases[] = {
      {0, stop_task, 1, ChangeAction::park},
      {0, stop_task, 1000000, ChangeAction::park},
      {3, stop_task, 2, ChangeAction::park},
      {3, stop_task, 3, ChangeAction::stop_task},
      {3, stop_task, 4, ChangeAction::stop_task},
      {3, suspend_table, 3, ChangeAction::suspend_table},
      {1, suspend_table, 1, ChangeAction::suspend_table},
  };
  for (const auto& c : cases) {
    ErrorBehavior settings;
    settings.data_error_escalation_count = c.limit;
    settings.data_error_escalation_policy = c.policy;
    EXPECT_EQ(escalate_data_error(settings, ChangeAction::park, c.count), c.action) << c.limit << ", " << c.count;
    EXPECT_EQ(escalate_apply_error(settings, ChangeAction::park, c.count), ChangeAction::park) << "another count";
  }
}

TEST(ErrorPolicy, apply_errors_escalate_at_their_count) {
  const struct {
    int64_t limit;
    RecordAction policy;
    uint64_t count;
    ChangeAction before, action;
  } cases[] = {
      {0, stop_task, 1000000, ChangeAction::park, ChangeAction::park},
      {3, stop_task, 2, ChangeAction::park, ChangeAction::park},
      {3, stop_task, 3, ChangeAction::park, ChangeAction::stop_task},
      {3, suspend_table, 3, ChangeAction::park, ChangeAction::suspend_table},
      {3, suspend_table, 9, ChangeAction::park, ChangeAction::suspend_table},
      {3, log_error, 3, ChangeAction::park, ChangeAction::park},
      {3, log_error, 3, ChangeAction::stop_task, ChangeAction::stop_task},  // logging is no escalation
  };
  for (const auto& c : cases) {
    ErrorBehavior settings;
    settings.apply_error_escalation_count = c.limit;
    settings.apply_error_escalation_policy = c.policy;
    EXPECT_EQ(escalate_apply_error(settings, c.before, c.count), c.action) << c.limit << ", " << c.count;
    EXPECT_EQ(escalate_data_error(settings, c.before, c.count), c.before) << "another count";
  }
}

TEST(ErrorPolicy, tables_that_fail_end_the_task_by_policy_or_by_count) {
  const struct {
    RecordAction policy;
    int64_t limit;
    uint64_t count;
    bool stops;
  } cases[] = {
      {suspend_table, 0, 1, false}, {suspend_table, 0, 1000, false}, {suspend_table, 2, 1, false},
      {suspend_table, 2, 2, true},  {suspend_table, 2, 3, true},     {stop_task, 0, 1, true},
      {stop_task, 5, 1, true},
  };
  for (const auto& c : cases) {
    ErrorBehavior settings;
    settings.table_error_policy = c.policy;
    settings.table_error_escalation_count = c.limit;
    EXPECT_EQ(table_error_stops_task(settings, c.count), c.stops) << to_string(c.policy) << c.limit << c.count;
  }
}

TEST(ErrorTally, counts_by_table_and_by_kind) {
  ErrorTally tally;
  EXPECT_EQ(tally.add_data_error(0), 1U);
  EXPECT_EQ(tally.add_data_error(0), 2U);
  EXPECT_EQ(tally.add_data_error(5), 1U);
  EXPECT_EQ(tally.add_apply_error(0), 1U);
  EXPECT_EQ(tally.add_table_error(), 1U);
  EXPECT_EQ(tally.add_table_error(), 2U);
  EXPECT_EQ(tally.add_data_error(0), 3U);
}

}  // namespace
}  // namespace godwit
