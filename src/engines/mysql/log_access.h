#pragma once
// How a source reads its log beside those that follow it: for questions about it (log_walk.h).

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "engines/mysql/binlog_stream.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/log_walk.h"

namespace godwit::mysql {

struct LogAccess {
  std::string name;  // of the reader, unlike those that follow the log for the same task
  std::function<Result<std::unique_ptr<PacketSource>>()> open_session;
  const std::atomic<bool>* interrupted = nullptr;  // never null when used: set, the search ends with kind stopped
};

Result<LogWalk> open_walk(const Connection& session, const LogAccess& access, const StreamStart& start);

}  // namespace godwit::mysql
