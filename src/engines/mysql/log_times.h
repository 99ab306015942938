#pragma once
// Places of the binlog by commit time (spec/engine-mysql.md §9, spec/cdc.md §2). The log is read for it, from the
// last file that begins before the time, or from a place that the caller knows. Commit times are those of MySQL 8's
// GTID events, to the microsecond, elsewhere the events' own, to the second.

#include <cstdint>

#include "base/result.h"
#include "engine/source.h"
#include "engines/mysql/binlog_position.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/log_access.h"

namespace godwit::mysql {

// The start of the first transaction that committed at the time or later; the log's end where there is none by now.
// An error of kind usage for a time to come, of kind prerequisite where older binlogs may have held it and are gone.
Result<Position> find_start_at(Connection& session, const LogAccess& access, int64_t time_us);

// As Source::find_commit_border.
Result<CommitBorder> find_border(Connection& session, const LogAccess& access, const BinlogPosition& after,
                                 int64_t time_us);

}  // namespace godwit::mysql
