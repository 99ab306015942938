#pragma once
// The first commit of the whole log that is later than a time, in log order (spec/cdc.md §2): asked of the server's
// log by pg_walinspect (15 and later), which is made for the question and gone with its transaction where the
// database does not have it.

#include "engine/source.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/lsn.h"

namespace godwit::postgres {

// Where the log stood at a moment that was no later than `time_us` by the server's clock; or, once the clock has
// passed it, the first later commit behind `after`, if the log has one by now: else a position of zero.
// An error of kind prerequisite: the server, or the role, cannot look at the log so.
Result<CommitBorder> look_for_commit_border(Connection& session, Lsn after, int64_t time_us);

}  // namespace godwit::postgres
