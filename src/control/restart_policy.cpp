#include "control/restart_policy.h"

#include <algorithm>

#include "task/error_policy.h"

namespace godwit {
namespace {

// RecoverableErrorCount -1: tries of a worker that dies, or that cannot begin (spec/task-settings.md §10).
constexpr int engine_chosen_tries = 6;
constexpr int64_t well_ms = 60000;

}  // namespace

RestartDecision after_worker_end(const ErrorBehavior& settings, WorkerEnd end, const RestartHistory& history) {
  using enum RestartDecision::Kind;
  if (end == WorkerEnd::done) return {ended, 0};
  if (history.stop_asked && end == WorkerEnd::failed) return {failed, 0};
  // What a clean stop leaves on the target takes a worker: it gets one more, but waits for no server.
  if (history.stop_asked) return {end == WorkerEnd::unreachable || history.end_tried ? ended : again, 0};
  if (end == WorkerEnd::recycled) return {again, 0};
  if (end == WorkerEnd::failed) return {failed, 0};
  // A wrong host or password is answered within seconds.
  if (end == WorkerEnd::unreachable && !history.has_run) return {failed, 0};
  ErrorBehavior tried = settings;
  if (tried.recoverable_error_count < 0) tried.recoverable_error_count = engine_chosen_tries;
  const auto wait_ms = next_retry_ms(tried, RetryState{history.attempts});
  if (!wait_ms) return {failed, 0};
  return {again, *wait_ms};
}

bool ran_well(int64_t running_ms, int64_t waited_ms) {
  return running_ms >= std::max(well_ms, 2 * waited_ms);
}

}  // namespace godwit
