#pragma once
// Ending other sessions of a server.

#include <initializer_list>
#include <string>

#include "engines/postgres/connection.h"

namespace godwit::postgres {

// Ends the sessions that `condition` picks from pg_stat_activity, and waits until they are gone, each for
// `timeout_ms` at most. One that outlasts it is no error.
Result<void> end_backends(Connection& session, const std::string& condition,
                          std::initializer_list<std::string> parameters, int timeout_ms);

}  // namespace godwit::postgres
