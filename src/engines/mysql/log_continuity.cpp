#include "engines/mysql/log_continuity.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <thread>

#include "base/text.h"
#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/xa_quiet.h"

namespace godwit::mysql {
namespace {

// By domain, as MariaDB writes them.
std::map<std::string, std::string> by_domain(const GtidSet& gtids) {
  std::map<std::string, std::string> out;
  for (const std::string& one : split(gtids.text(), ','))
    if (!one.empty()) out[one.substr(0, one.find('-'))] = one;
  return out;
}

Result<void> check_maria_gtids(Connection& session, const BinlogPosition& after) {
  const Rows at = TRY(session.query(
      fmt::format("SELECT BINLOG_GTID_POS({}, {})", quote_literal(after.place.file), after.place.offset)));
  // NULL: no event begins there.
  if (at.is_null(0, 0))
    return Failure(errors::log_replaced(after.position().text, "no event of its log begins there"));
  const Rows now = TRY(session.query("SELECT @@global.gtid_binlog_pos"));
  if (is_same_maria_log(after.gtids, TRY(GtidSet::parse(at.get(0, 0))), TRY(GtidSet::parse(now.get(0, 0)))))
    return {};
  return Failure(
      errors::log_replaced(after.position().text, fmt::format("there its log has the GTIDs {}", at.get(0, 0))));
}

// What is in the log is executed a little later: with sync_binlog=1 a transaction is sent before it is committed,
// which may wait for a semi-synchronous replica. Until then somebody owns its GTID; looked at first, so that what is
// committed meanwhile is in either.
Result<void> check_mysql_gtids(Connection& session, const BinlogPosition& after) {
  const Rows rows = TRY(session.query("SELECT @@global.gtid_owned, @@global.gtid_executed"));
  GtidSet known = TRY(GtidSet::parse(rows.get(0, 1)));
  known.unite(owned_gtids(rows.get(0, 0)));
  if (known.contains(after.gtids)) return {};
  return Failure(
      errors::log_replaced(after.position().text, fmt::format("it executed the GTIDs {}", rows.get(0, 1))));
}

// MySQL itself looks only at GTIDs of its own, so a replica that had not all of a lost server's would go on without.
Result<void> check_successor(Connection& session, const BinlogPosition& after) {
  if (after.gtids.empty() || after.gtids.family() != GtidFamily::mysql || !session.traits().has_gtids) return {};
  const Rows rows = TRY(session.query("SELECT @@global.gtid_executed"));
  if (TRY(GtidSet::parse(rows.get(0, 0))).contains(after.gtids)) return {};
  return Failure(errors::gtids_missing(fmt::format("it executed {}", rows.get(0, 0))));
}

Result<BinlogPosition> quiet_end(Connection& session, BinlogPosition end) {
  constexpr unsigned tries = 50;
  constexpr auto pause = std::chrono::milliseconds(20);
  for (unsigned i = 0; i < tries; ++i) {
    // What lies before the place is counted once nobody owns a GTID any more; what comes later moves the place.
    const Rows owned = TRY(session.query("SELECT @@global.gtid_owned"));
    const std::optional<BinlogPosition> now = TRY(log_end_position(session));
    if (!now || (owned.get(0, 0).empty() && now->place == end.place)) return now ? *now : end;
    end = *now;
    std::this_thread::sleep_for(pause);
  }
  end.gtids = {};  // the next file's beginning tells them
  return end;
}

}  // namespace

GtidSet owned_gtids(std::string_view text) {
  constexpr size_t uuid_bytes = 36;
  GtidSet out(GtidFamily::mysql);
  std::string_view uuid;
  while (!text.empty()) {
    size_t digits = 0;
    if (text.front() == ':') {
      while (digits + 1 < text.size() && is_digit(text[digits + 1])) ++digits;
      uint64_t number = 0;
      std::from_chars(text.data() + 1, text.data() + 1 + digits, number);
      const auto sid = parse_uuid(uuid);
      if (sid && number > 0) out.add({GtidFamily::mysql, *sid, 0, 0, number});
      text.remove_prefix(1 + digits);
    } else if (parse_uuid(text.substr(0, uuid_bytes)) && text.size() > uuid_bytes && text[uuid_bytes] == ':') {
      uuid = text.substr(0, uuid_bytes);
      text.remove_prefix(uuid_bytes);
    } else {
      text.remove_prefix(1);  // "#" and the owner, and what parts servers
    }
  }
  return out;
}

bool is_same_maria_log(const GtidSet& had, const GtidSet& at_place, const GtidSet& now) {
  const auto ours = by_domain(had), there = by_domain(at_place), latest = by_domain(now);
  for (const auto& [domain, gtid] : there) {
    const auto found = ours.find(domain);
    if (found == ours.end() || found->second != gtid) return false;
  }
  return std::ranges::all_of(
      ours, [&](const auto& one) { return there.contains(one.first) || !latest.contains(one.first); });
}

Result<bool> place_is_there(Connection& session, const BinlogPosition& after, const std::string& server) {
  if (after.server != server) {
    TRY(check_successor(session, after));
    return after.server.empty();
  }
  const Rows files = TRY(session.query("SHOW BINARY LOGS"));
  std::optional<uint64_t> bytes;
  for (size_t i = 0; i < files.size(); ++i)
    if (files.get(i, 0) == after.place.file) bytes = files.unsigned_integer(i, 1);
  if (bytes && *bytes < after.place.offset)
    return Failure(errors::log_replaced(after.position().text, fmt::format("the file has {} bytes", *bytes)));
  const LogPlace last{files.empty() ? std::string() : files.text(files.size() - 1, 0), 0};
  if (!bytes && compare(last, after.place) == std::partial_ordering::less)
    return Failure(errors::log_replaced(after.position().text, fmt::format("its last file is {}", last.file)));
  if (!after.gtids.empty() && after.gtids.family() == GtidFamily::mysql && session.traits().has_gtids)
    TRY(check_mysql_gtids(session, after));
  if (bytes && !after.gtids.empty() && session.traits().mariadb) TRY(check_maria_gtids(session, after));
  return bytes.has_value();
}

Result<std::optional<BinlogPosition>> exact_end_position(Connection& session) {
  const XaState before = TRY(xa_state(session));
  std::optional<BinlogPosition> end = TRY(log_end_position(session));
  if (!end) return std::nullopt;
  if (session.traits().mariadb)
    end->gtids = TRY(maria_gtids_at(session, end->place));
  else if (session.traits().has_gtids)
    end = TRY(quiet_end(session, *std::move(end)));
  if (end) end->xa_known = is_known_quiet(before, TRY(xa_state(session)));
  return end;
}

}  // namespace godwit::mysql
