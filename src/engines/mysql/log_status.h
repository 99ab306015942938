#pragma once
// Who a server is, and where its binlog stands. Nothing here writes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/source.h"
#include "engines/mysql/binlog_position.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// MySQL: server_uuid. MariaDB has none: server_id, and a hash of it and of its host name, port and data folder, which
// outlive a restart. No database: a task may have tables of several. Source and target name a server alike.
Result<ServerIdentity> server_identity(Connection& session);

// As positions name this server: server_uuid, or "id-" and MariaDB's server_id.
Result<std::string> log_server(Connection& session);

// The end of the binlog; nothing where the server keeps none. Of GTIDs those that it has by now, at least all that
// lie before the place. An error of kind prerequisite: this user may not ask.
Result<std::optional<BinlogPosition>> log_end_position(Connection& session);
// The GTIDs of all that lies before a place of MariaDB's binlog.
Result<GtidSet> maria_gtids_at(Connection& session, const LogPlace& place);
// The place that a snapshot of this MariaDB session belongs to, exactly; nothing without a binlog.
Result<std::optional<LogPlace>> maria_snapshot_place(Connection& session);
// The start of the oldest binlog that is still there; nothing where the server keeps none.
Result<std::optional<BinlogPosition>> oldest_position(Connection& session);

Result<int64_t> server_clock_us(Connection& session);

// The value of a global variable; nothing where the server has none of that name.
Result<std::optional<std::string>> global_variable(Connection& session, std::string_view name);

// DMS's checkpoint of a position, and back (spec/cdc.md §2).
std::string checkpoint_of(const Position& position);
// "file:offset", a checkpoint or a position of ours.
Result<Position> parse_start(std::string_view text);

}  // namespace godwit::mysql
