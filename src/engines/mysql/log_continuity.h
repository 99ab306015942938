#pragma once
// Whether a server's binlog is still the one that a position was taken from.

#include <string>
#include <string_view>

#include "base/result.h"
#include "engines/mysql/binlog_position.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// Whether the place of `after` can be read on this server, which positions name `server`; false: by GTIDs alone, if
// at all. An error of kind prerequisite: the server has that name and has begun its binlog anew.
Result<bool> place_is_there(Connection& session, const BinlogPosition& after, const std::string& server);

// MariaDB's last transactions at a place of its log, and those that the server has now: whether a position there may
// hold `had`. A domain that was deleted from the log (FLUSH BINARY LOGS DELETE_DOMAIN_ID) is missing in both.
bool is_same_maria_log(const GtidSet& had, const GtidSet& at_place, const GtidSet& now);

// The GTIDs of MySQL's gtid_owned, "uuid:7#12:8#15": each with the thread that has it.
GtidSet owned_gtids(std::string_view text);

// The end of the binlog, with the GTIDs of just what lies before it; without any where writers never pause. Nothing
// where the server keeps no log.
Result<std::optional<BinlogPosition>> exact_end_position(Connection& session);

}  // namespace godwit::mysql
