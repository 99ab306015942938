#pragma once
// A dump that is read up to a place, not followed: for questions about the log. Unlike the stream's, its patience
// ends while heartbeats come. One thread; interruption may come from another.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "engines/mysql/binlog_stream.h"

namespace godwit::mysql {

class LogWalk {
 public:
  // `interrupted` outlives the walk. A server whose log does not go on for `patience_ms` is given up.
  LogWalk(std::unique_ptr<BinlogStream> stream, const std::atomic<bool>& interrupted, int64_t patience_ms = 30'000);

  // The next event, valid until the next call; nothing where the stream's place alone may have moved.
  Result<std::optional<LoggedEvent>> next();
  const LogFormat& format() const { return stream_->format(); }
  const LogPlace& place() const { return stream_->place(); }

 private:
  std::unique_ptr<BinlogStream> stream_;
  const std::atomic<bool>& interrupted_;
  const int64_t patience_ms_;
  LogPlace at_ = {};  // where the stream was when it last moved
  int64_t moved_ms_;
};

}  // namespace godwit::mysql
