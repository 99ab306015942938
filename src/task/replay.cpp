#include "task/replay.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>

#include "base/log.h"

namespace godwit {
namespace {

constexpr std::string_view query_canceled = "57014";
constexpr std::string_view statement_completion_unknown = "40003";
constexpr int64_t first_wait_ms = 4;
constexpr int64_t longest_wait_ms = 1000;
constexpr int replays_max = 24;  // a quarter of a minute in all

uint32_t random_number() {
  thread_local std::minstd_rand engine(std::random_device{}());
  return static_cast<uint32_t>(engine());
}

}  // namespace

bool asks_for_replay(const Error& error) {
  return error.kind == ErrorKind::transient && error.sqlstate != query_canceled;
}

bool is_outcome_unknown(const Error& error) {
  return error.sqlstate == statement_completion_unknown;
}

std::optional<int64_t> replay_wait_ms(int attempt, uint32_t random) {
  if (attempt >= replays_max) return std::nullopt;
  constexpr int doublings_max = 20;
  const int64_t longest = std::min(first_wait_ms << std::min(attempt, doublings_max), longest_wait_ms);
  const int64_t half = longest / 2;
  return half + static_cast<int64_t>(random % static_cast<uint32_t>(half + 1));
}

bool Replays::wait(const Error& error, const std::stop_token& stop) {
  if (!asks_for_replay(error) || stop.stop_requested()) return false;
  const std::optional<int64_t> wait_ms = replay_wait_ms(attempts_, random_number());
  if (!wait_ms) return false;
  ++attempts_;
  log_debug(Component::target_apply, "The target asks for a replay ({}): {}; number {} in {} ms", error.sqlstate,
            error.message, attempts_, *wait_ms);
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, std::chrono::milliseconds(*wait_ms), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace godwit
