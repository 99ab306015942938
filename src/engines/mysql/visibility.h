#pragma once
// When the tables show what the binlog told: a server writes a commit to its log first, and a replica that has to
// acknowledge it may keep the rest waiting for long.

#include "engines/mysql/interruption.h"

namespace godwit::mysql {

// Waits, a few seconds at most, until statements that begin from now on see all that stood in the binlog when it was
// called. False: this server does not tell (GTIDs are off, XA transactions were committed), or it takes longer; a
// locking read then waits for the rows themselves.
Result<bool> shows_its_log(Connection& session, Interruption& interruption);

}  // namespace godwit::mysql
