#include "engines/mysql/visibility.h"

#include <fmt/format.h>

#include <functional>

#include "engines/mysql/log_status.h"

namespace godwit::mysql {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto look_again = std::chrono::milliseconds(5);
constexpr auto wait_max = std::chrono::seconds(2);

Result<bool> wait_until(const std::function<Result<bool>()>& is_so, Interruption& interruption) {
  const Clock::time_point until = Clock::now() + wait_max;
  while (!TRY(is_so())) {
    if (Clock::now() > until) return false;
    TRY(interruption.pause(look_again));
  }
  return true;
}

// XA transactions alone are committed in the tables whenever it comes to it, wherever the log is.
Result<bool> commits_xa(Connection& session) {
  const Rows rows = TRY(session.query("SHOW GLOBAL STATUS LIKE 'Com_xa_commit'"));
  return rows.empty() || rows.integer(0, 1) != 0;
}

// A snapshot of MariaDB's knows which place of the log it has.
Result<bool> reaches(Connection& session, const LogPlace& wanted) {
  TRY(session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"));
  const auto place = maria_snapshot_place(session);
  TRY(session.run("COMMIT"));
  if (!place) return Failure(place.error());
  return *place && compare(**place, wanted) >= 0;
}

// "uuid:5#31:6#47": whose commits are under way, and in which session.
std::string without_owners(std::string_view owned) {
  std::string out;
  bool is_owner = false;
  for (const char c : owned) {
    if (c == '#')
      is_owner = true;
    else if (c < '0' || c > '9')
      is_owner = false;
    if (!is_owner) out += c;
  }
  return out;
}

}  // namespace

Result<bool> shows_its_log(Connection& session, Interruption& interruption) {
  if (session.traits().mariadb) {
    if (TRY(commits_xa(session))) return false;
    const std::optional<BinlogPosition> end = TRY(log_end_position(session));
    if (!end) return false;
    return wait_until([&] { return reaches(session, end->place); }, interruption);
  }
  if (!session.traits().has_gtids) return false;
  // A GTID in the log is its session's until the commit is seen, and executed from then on.
  const Rows owned = TRY(session.query("SELECT @@global.gtid_owned"));
  const std::string gtids = without_owners(owned.get(0, 0));
  const auto are_executed = [&]() -> Result<bool> {
    const Rows rows =
        TRY(session.query(fmt::format("SELECT GTID_SUBSET({}, @@global.gtid_executed)", quote_literal(gtids))));
    return rows.integer(0, 0) != 0;
  };
  return gtids.empty() ? Result<bool>(true) : wait_until(are_executed, interruption);
}

}  // namespace godwit::mysql
