#pragma once
// XA transactions that are prepared and not yet committed when a task begins. Their rows lie in the binlog before the
// task's position and in no snapshot, and their commit behind it: a reader that begins there would not know them.

#include "engine/endpoint.h"
#include "engines/mysql/binlog_position.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/interruption.h"

namespace godwit::mysql {

struct NoOpenXa {
  LogPlace since;      // behind it all was prepared that is committed from now on
  bool known = false;  // that is so; else it could not be seen, or was not to be
};

// Waits until none is prepared, at most so long; then an error of kind prerequisite. Where
// IgnoreOpenXaTransactionsCheck=true is given, and where the server does not show this user any, it does not wait: a
// warning says what becomes of their commits.
Result<NoOpenXa> wait_for_open_xa(Connection& session, const Endpoint& endpoint, int64_t wait_s,
                                  Interruption& interruption);

}  // namespace godwit::mysql
