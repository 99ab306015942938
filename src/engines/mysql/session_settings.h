#pragma once
// What every session is set to, whatever the server's defaults, its init_connect and the user's scripts say
// (connection.h).

#include "base/result.h"
#include "engine/endpoint.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// Before anything is asked: a limit of the server's, or of init_connect, would end every reading early and say
// nothing.
constexpr std::string_view no_select_limit = "SET SESSION sql_select_limit = 18446744073709551615";

// Runs AfterConnectScript and Initstmt, then sets what is ours. A script that fails is told and stops nothing (spec
// §2); what of it ours override is told too. An error: the connection is gone, or the server does not do as it was
// told.
Result<void> set_up_session(Connection& session, const Endpoint& endpoint);

}  // namespace godwit::mysql
