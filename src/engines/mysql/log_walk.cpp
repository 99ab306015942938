#include "engines/mysql/log_walk.h"

#include <stop_token>
#include <utility>

#include "base/clock.h"
#include "engines/mysql/binlog_errors.h"

namespace godwit::mysql {
namespace {

constexpr int wait_ms = 200;  // an interruption is heeded as soon

bool is_heartbeat(EventType type) {
  return type == EventType::heartbeat || type == EventType::heartbeat_v2;
}

}  // namespace

LogWalk::LogWalk(std::unique_ptr<BinlogStream> stream, const std::atomic<bool>& interrupted, int64_t patience_ms)
    : stream_(std::move(stream)), interrupted_(interrupted), patience_ms_(patience_ms), moved_ms_(monotonic_ms()) {}

Result<std::optional<LoggedEvent>> LogWalk::next() {
  if (interrupted_) return Failure(Error{ErrorKind::stopped, "stopped", "the search of the binlog was stopped", ""});
  std::optional<LoggedEvent> event = TRY(stream_->next(wait_ms, std::stop_token()));
  const int64_t now_ms = monotonic_ms();
  // A heartbeat moves the place where the server passes over what is not asked for.
  const bool says_something = event && !is_heartbeat(event->raw.header.type);
  if (says_something || stream_->place() != at_) {
    at_ = stream_->place();
    moved_ms_ = now_ms;
  }
  if (now_ms - moved_ms_ > patience_ms_)
    return Failure(errors::stream_stands((now_ms - moved_ms_) / 1000, at_.empty() ? "" : to_string(at_)));
  return event;
}

}  // namespace godwit::mysql
