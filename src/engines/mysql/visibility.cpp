#include "engines/mysql/visibility.h"

#include <fmt/format.h>

#include <functional>

#include "engines/mysql/log_continuity.h"
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

struct OwnedGtids {
  bool any = false;
  std::string known;  // those that are among `gtids`
  std::string others;
};

// Those whose commit is under way, and those that a replica, or whoever names its GTIDs itself, has begun.
Result<OwnedGtids> owned_now(Connection& session, const std::string& gtids) {
  const Rows owned = TRY(session.query("SELECT @@global.gtid_owned"));
  OwnedGtids out{!owned.get(0, 0).empty(), "", ""};
  if (!out.any) return out;
  const std::string all = quote_literal(owned_gtids(owned.get(0, 0)).text());
  const Rows parts = TRY(session.query(fmt::format(
      "SELECT GTID_SUBTRACT({0}, GTID_SUBTRACT({0}, {1})), GTID_SUBTRACT({0}, {1})", all, quote_literal(gtids))));
  out.known = parts.text(0, 0);
  out.others = parts.text(0, 1);
  return out;
}

}  // namespace

Result<bool> LogVisibility::shows_its_log(Connection& session, Interruption& interruption) {
  if (!session.traits().mariadb) return mysql_shows_its_log(session, interruption);
  if (TRY(commits_xa(session))) return false;
  const std::optional<BinlogPosition> end = TRY(log_end_position(session));
  if (!end) return false;
  return wait_until([&] { return reaches(session, end->place); }, interruption);
}

// A GTID in the log is its session's until the commit is seen, and nobody's from then on.
Result<bool> LogVisibility::mysql_shows_its_log(Connection& session, Interruption& interruption) {
  if (!session.traits().has_gtids) return false;
  OwnedGtids before = TRY(owned_now(session, slow_));
  slow_ = std::move(before.known);
  if (!before.any) return true;
  if (!slow_.empty() || before.others.empty()) return false;
  std::string left = std::move(before.others);
  const auto are_free = [&]() -> Result<bool> {
    OwnedGtids now = TRY(owned_now(session, left));
    left = std::move(now.known);
    return left.empty();
  };
  if (TRY(wait_until(are_free, interruption))) return true;
  slow_ = std::move(left);
  return false;
}

}  // namespace godwit::mysql
