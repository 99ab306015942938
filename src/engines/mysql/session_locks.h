#pragma once
// How a target's sessions are found by a later worker of the task, on every server and without privileges: each holds
// one of the task's named locks as long as it lives, and the server tells who holds a lock. A user may end his own
// sessions.

#include <string>
#include <string_view>

#include "engines/mysql/connection.h"

namespace godwit::mysql {

// The first free one; a session that finds none goes without, and the fences alone keep it out.
Result<void> take_session_lock(Connection& session, std::string_view tag);

// Ends the sessions that were there before this one, and waits some seconds until they are gone. What is still there
// then is warned about; its locks are waited for.
Result<void> end_leftover_sessions(Connection& session, std::string_view tag);

// Target::lock_holders. The server tells that a session of the task waits for a table's lock, not for whom: the
// others that are at work on the server for the longest time are named.
Result<std::string> lock_holders(Connection& session, std::string_view tag);

}  // namespace godwit::mysql
