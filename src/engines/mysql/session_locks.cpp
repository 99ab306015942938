#include "engines/mysql/session_locks.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

constexpr int locks_of_task = 100;
constexpr int64_t patience_ms = 5000;
constexpr auto pause_between_looks = std::chrono::milliseconds(20);

// Names have 64 characters at most.
std::string lock_name(std::string_view tag, int number) {
  return fmt::format("'godwit.{}.{}'", hex64(fnv1a(tag)), number);
}

Result<std::vector<uint64_t>> older_holders(Connection& session, std::string_view tag) {
  std::string sql;
  for (int i = 0; i < locks_of_task; ++i)
    sql += fmt::format("{}SELECT IS_USED_LOCK({})", i == 0 ? "" : " UNION ALL ", lock_name(tag, i));
  const Rows rows = TRY(session.query(sql));
  std::vector<uint64_t> out;
  // Numbers of connections grow.
  for (size_t row = 0; row < rows.size(); ++row)
    if (!rows.is_null(row, 0) && rows.unsigned_integer(row, 0) < session.thread_id())
      out.push_back(rows.unsigned_integer(row, 0));
  return out;
}

}  // namespace

Result<void> take_session_lock(Connection& session, std::string_view tag) {
  for (int i = 0; i < locks_of_task; ++i) {
    const Rows got = TRY(session.query(fmt::format("SELECT GET_LOCK({}, 0)", lock_name(tag, i))));
    if (got.integer(0, 0) == 1) return {};
  }
  return {};
}

Result<void> end_leftover_sessions(Connection& session, std::string_view tag) {
  std::vector<uint64_t> holders = TRY(older_holders(session, tag));
  for (const uint64_t id : holders) {
    log_info(Component::target_apply, "Ending session {} of an earlier worker on the target", id);
    const auto killed = session.run(fmt::format("KILL CONNECTION {}", id));
    // 1094: it is gone.
    if (!killed && killed.error().code != "mysql.1094") return Failure(killed.error());
  }
  const int64_t until_ms = monotonic_ms() + patience_ms;
  while (!holders.empty() && monotonic_ms() < until_ms) {
    std::this_thread::sleep_for(pause_between_looks);
    holders = TRY(older_holders(session, tag));
  }
  if (!holders.empty())
    log_warning(Component::target_apply, "{}", errors::sessions_left(holders, patience_ms / 1000).message);
  return {};
}

Result<std::string> lock_holders(Connection& session, std::string_view tag) {
  std::string own = std::to_string(session.thread_id());
  for (const uint64_t id : TRY(older_holders(session, tag))) own += "," + std::to_string(id);
  const Rows waiting = TRY(session.query(
      fmt::format("SELECT count(*) FROM information_schema.processlist WHERE id IN ({}) AND state LIKE 'Waiting for "
                  "%lock%'",
                  own)));
  if (waiting.integer(0, 0) == 0) return std::string();
  // Statements are not quoted, they hold values.
  const Rows others = TRY(session.query(fmt::format(
      "SELECT id, user, db, time FROM information_schema.processlist WHERE id NOT IN ({}) AND command NOT "
      "IN ('Daemon', 'Binlog Dump', 'Binlog Dump GTID') AND db IS NOT NULL ORDER BY time DESC LIMIT 5",
      own)));
  std::string out;
  for (size_t row = 0; row < others.size(); ++row)
    out += fmt::format("{}session {} of user {} in {} (for {} s)", row == 0 ? "one of " : "; ", others.get(row, 0),
                       others.get(row, 1), others.get(row, 2), others.get(row, 3));
  return out.empty() ? "a session that this user may not see" : out;
}

}  // namespace godwit::mysql
