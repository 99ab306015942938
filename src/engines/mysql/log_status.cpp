#include "engines/mysql/log_status.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/source_errors.h"

namespace godwit::mysql {
namespace {

constexpr std::string_view checkpoint_head = "checkpoint:V1#";

bool is_refusal(const Error& error) {
  return error.code == "mysql.1227" || error.code == "mysql.1044" || error.code == "mysql.1045" ||
         error.code == "mysql.1142";
}

Result<Rows> log_query(Connection& session, const std::string& sql) {
  auto rows = session.query(sql);
  if (rows || !is_refusal(rows.error())) return rows;
  const Rows user = TRY(session.query("SELECT CURRENT_USER()"));
  return Failure(errors::no_log_access(user.get(0, 0), session.traits().mariadb, rows.error().message));
}

// "<file>:<offset>" of DMS's compound: "<file>:<pos>:-1:<pos2>:<number>:<safe file>:<safe pos>".
Result<Position> parse_compound(std::string_view text) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() == 2) return TRY(BinlogPosition::parse(text))
  .position();
  if (parts.size() != 7) return Failure(errors::bad_start(text));
  BinlogPosition at = TRY(BinlogPosition::parse(parts[0] + ":" + parts[1]));
  auto safe = BinlogPosition::parse(parts[5] + ":" + parts[6]);
  if (!safe || safe->place == at.place) return at.position();
  // A checkpoint of ours: what was prepared from there on is read again. Of DMS: a transaction begins there.
  if (parts[4] == "0")
    at.prepared = safe->place;
  else
    at.place = safe->place;
  return at.position();
}

}  // namespace

Result<std::optional<std::string>> global_variable(Connection& session, std::string_view name) {
  const Rows rows =
      TRY(session.query(fmt::format("SHOW GLOBAL VARIABLES WHERE Variable_name = {}", quote_literal(name))));
  if (rows.empty()) return std::nullopt;
  return rows.text(0, 1);
}

Result<ServerIdentity> server_identity(Connection& session) {
  const Rows version = TRY(session.query("SELECT VERSION()"));
  ServerIdentity out{"", "", version.text(0, 0)};
  if (session.traits().mariadb) {
    const Rows rows = TRY(session.query("SELECT @@server_id, @@hostname, @@port, @@datadir"));
    const std::string facts =
        fmt::format("{}\n{}\n{}\n{}", rows.get(0, 0), rows.get(0, 1), rows.get(0, 2), rows.get(0, 3));
    out.system = fmt::format("mariadb-{}-{}", rows.get(0, 0), hex64(fnv1a(facts)));
  } else {
    const Rows rows = TRY(session.query("SELECT @@server_uuid"));
    out.system = rows.text(0, 0);
  }
  return out;
}

Result<std::string> log_server(Connection& session) {
  const Rows rows = TRY(session.query(session.traits().mariadb ? "SELECT @@server_id" : "SELECT @@server_uuid"));
  return session.traits().mariadb ? "id-" + rows.text(0, 0) : rows.text(0, 0);
}

Result<std::optional<BinlogPosition>> log_end_position(Connection& session) {
  const ServerTraits& traits = session.traits();
  const Rows rows = TRY(log_query(session, traits.says_replica() ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS"));
  if (rows.empty()) return std::nullopt;
  BinlogPosition out;
  out.place = {rows.text(0, 0), rows.unsigned_integer(0, 1)};
  out.server = TRY(log_server(session));
  if (traits.mariadb) {
    const Rows gtids = TRY(session.query("SELECT @@global.gtid_binlog_pos"));
    out.gtids = TRY(GtidSet::parse(gtids.get(0, 0)));
  } else if (traits.has_gtids) {
    out.gtids = TRY(GtidSet::parse(rows.get(0, 4)));
  }
  return out;
}

Result<GtidSet> maria_gtids_at(Connection& session, const LogPlace& place) {
  const Rows rows =
      TRY(session.query(fmt::format("SELECT BINLOG_GTID_POS({}, {})", quote_literal(place.file), place.offset)));
  if (rows.empty() || rows.is_null(0, 0)) return GtidSet(GtidFamily::maria);
  return GtidSet::parse(rows.get(0, 0));
}

Result<std::optional<LogPlace>> maria_snapshot_place(Connection& session) {
  const Rows rows = TRY(session.query("SHOW STATUS LIKE 'binlog_snapshot_%'"));
  LogPlace place;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string name = lower_ascii(rows.get(i, 0));
    if (name == "binlog_snapshot_file") place.file = rows.text(i, 1);
    if (name == "binlog_snapshot_position") place.offset = rows.unsigned_integer(i, 1);
  }
  if (place.file.empty()) return std::nullopt;
  return place;
}

Result<std::optional<BinlogPosition>> oldest_position(Connection& session) {
  const Rows on = TRY(session.query("SELECT @@global.log_bin"));
  if (on.integer(0, 0) == 0) return std::nullopt;
  const Rows rows = TRY(log_query(session, "SHOW BINARY LOGS"));
  if (rows.empty()) return std::nullopt;
  BinlogPosition out;
  out.place = {rows.text(0, 0), log_start_offset};
  out.server = TRY(log_server(session));
  if (session.traits().mariadb) {
    out.gtids = TRY(maria_gtids_at(session, out.place));
  } else if (session.traits().has_gtids) {
    const Rows purged = TRY(session.query("SELECT @@global.gtid_purged"));
    out.gtids = TRY(GtidSet::parse(purged.get(0, 0)));
  }
  return out;
}

Result<int64_t> server_clock_us(Connection& session) {
  const Rows rows = TRY(session.query("SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)"));
  return rows.integer(0, 0);
}

std::string checkpoint_of(const Position& position) {
  auto parsed = BinlogPosition::parse(position.text);
  if (!parsed) return fmt::format("{}1#{}#0#0#*#0#0", checkpoint_head, position.text);
  const LogPlace& safe = parsed->prepared.empty() ? parsed->place : parsed->prepared;
  return fmt::format("{}1#{}:{}:-1:{}:0:{}:{}#0#0#*#0#0", checkpoint_head, parsed->place.file, parsed->place.offset,
                     parsed->place.offset, safe.file, safe.offset);
}

Result<Position> parse_start(std::string_view text) {
  std::string_view given = trim(text);
  if (given.starts_with(checkpoint_head)) {
    const std::vector<std::string> fields = split(given, '#');
    if (fields.size() < 3) return Failure(errors::bad_start(text));
    auto parsed = parse_compound(fields[2]);
    if (!parsed) return Failure(errors::bad_start(text));
    return parsed;
  }
  auto parsed = BinlogPosition::parse(given);
  if (!parsed) return Failure(errors::bad_start(text));
  return parsed->position();
}

}  // namespace godwit::mysql
