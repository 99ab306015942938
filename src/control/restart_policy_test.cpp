// What happens after a worker has ended, as a table.

#include "control/restart_policy.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using Kind = RestartDecision::Kind;

ErrorBehavior behavior(int64_t count, int64_t interval_s = 5, bool throttling = true, int64_t max_s = 1800,
                       bool stop_at_max = true) {
  ErrorBehavior out;
  out.recoverable_error_count = count;
  out.recoverable_error_interval_s = interval_s;
  out.recoverable_error_throttling = throttling;
  out.recoverable_error_throttling_max_s = max_s;
  out.recoverable_error_stop_retry_after_throttling_max = stop_at_max;
  return out;
}

struct Case {
  const char* claim;
  ErrorBehavior settings;
  WorkerEnd end;
  RestartHistory history;
  Kind kind;
  int64_t wait_ms;
};

TEST(RestartPolicy, table) {
  const Case cases[] = {
      {"a clean end is the end", behavior(-1), WorkerEnd::done, {0, true, false}, Kind::ended, 0},
      {"a recycled worker is started again at once",
       behavior(0),
       WorkerEnd::recycled,
       {0, true, false},
       Kind::again,
       0},
      {"also when a stop was asked for, to end cleanly",
       behavior(0),
       WorkerEnd::recycled,
       {0, true, true},
       Kind::again,
       0},
      {"a failure that was told is final", behavior(-1), WorkerEnd::failed, {0, true, false}, Kind::failed, 0},
      {"also during a stop", behavior(-1), WorkerEnd::failed, {0, true, true}, Kind::failed, 0},
      {"a killed worker is started again after the interval",
       behavior(-1),
       WorkerEnd::died,
       {0, true, false},
       Kind::again,
       5000},
      {"and later and later", behavior(-1), WorkerEnd::died, {3, true, false}, Kind::again, 40000},
      {"six times", behavior(-1), WorkerEnd::died, {5, true, false}, Kind::again, 160000},
      {"and no more", behavior(-1), WorkerEnd::died, {6, true, false}, Kind::failed, 0},
      {"RecoverableErrorCount 0 allows none", behavior(0), WorkerEnd::died, {0, true, false}, Kind::failed, 0},
      {"a count is a count", behavior(2), WorkerEnd::died, {1, true, false}, Kind::again, 10000},
      {"and ends", behavior(2), WorkerEnd::died, {2, true, false}, Kind::failed, 0},
      {"without throttling the wait stays",
       behavior(9, 7, false),
       WorkerEnd::died,
       {5, true, false},
       Kind::again,
       7000},
      {"the cap ends it where it shall",
       behavior(9, 5, true, 20),
       WorkerEnd::died,
       {2, true, false},
       Kind::failed,
       0},
      {"and holds the wait where it shall not",
       behavior(9, 5, true, 20, false),
       WorkerEnd::died,
       {4, true, false},
       Kind::again,
       20000},
      {"a worker killed during a stop is started once more, to end cleanly",
       behavior(0),
       WorkerEnd::died,
       {0, true, true},
       Kind::again,
       0},
      {"and only once", behavior(-1), WorkerEnd::died, {0, true, true, true}, Kind::ended, 0},
      {"a stop waits for no server", behavior(-1), WorkerEnd::unreachable, {0, true, true}, Kind::ended, 0},
      {"one killed while it starts is tried again",
       behavior(-1),
       WorkerEnd::died,
       {0, false, false},
       Kind::again,
       5000},
      {"ends that were never reached fail at once",
       behavior(-1),
       WorkerEnd::unreachable,
       {0, false, false},
       Kind::failed,
       0},
      {"ends that were are waited for", behavior(-1), WorkerEnd::unreachable, {1, true, false}, Kind::again, 10000},
  };
  for (const Case& c : cases) {
    const RestartDecision decision = after_worker_end(c.settings, c.end, c.history);
    EXPECT_EQ(decision.kind, c.kind) << c.claim;
    EXPECT_EQ(decision.wait_ms, c.wait_ms) << c.claim;
  }
}

TEST(RestartPolicy, a_worker_has_run_well_after_a_minute_and_after_twice_its_wait) {
  EXPECT_FALSE(ran_well(59000, 5000));
  EXPECT_TRUE(ran_well(60000, 5000));
  EXPECT_FALSE(ran_well(60000, 40000));
  EXPECT_TRUE(ran_well(80000, 40000));
}

}  // namespace
}  // namespace godwit
