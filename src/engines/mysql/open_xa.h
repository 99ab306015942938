#pragma once
// XA transactions that are prepared and not yet committed when a task begins. Their rows lie in the binlog before the
// task's position and in no snapshot, and their commit behind it: a reader that begins there would not know them.

#include <atomic>

#include "engine/endpoint.h"
#include "engines/mysql/binlog_position.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// Waits until none is prepared, at most so long; then an error of kind prerequisite. Answers a place of the log
// behind which all lies that is committed from now on. Where IgnoreOpenXaTransactionsCheck=true is given, and where
// the server does not show this user any, it does not wait: a warning says what becomes of their commits.
Result<LogPlace> wait_for_open_xa(Connection& session, const Endpoint& endpoint, int64_t wait_s,
                                  const std::atomic<bool>& interrupted);

}  // namespace godwit::mysql
