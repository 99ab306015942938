#pragma once
// Sessions of a task that an earlier worker left on the server.

#include <string>

#include "base/result.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// Ends sessions of this tag and this user that are older than `session`; of role keeper at any age, and only if
// asked. They are known by what they said of themselves (performance_schema); a server that does not keep that ends
// them by itself when it finds that nobody is there, and none of them locks anything.
Result<void> end_leftover_sessions(Connection& session, const std::string& tag, bool keepers_too);

}  // namespace godwit::mysql
