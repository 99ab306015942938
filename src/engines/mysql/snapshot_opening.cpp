#include "engines/mysql/snapshot_opening.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/source_errors.h"
#include "engines/mysql/xa_quiet.h"

namespace godwit::mysql {
namespace {

using Clock = std::chrono::steady_clock;

// Writers queue behind a lock that is waited for: each wait is this short.
constexpr int lock_wait_s = 3;
constexpr auto lock_pause = std::chrono::seconds(1);
constexpr auto quiet_pause = std::chrono::milliseconds(20);
constexpr size_t tables_locked_first = 100;  // before everything is
constexpr auto tables_wait_max = std::chrono::seconds(30);
constexpr unsigned matching_tries = 3;    // before a lock is taken
constexpr unsigned lockless_tries = 400;  // where none can be
constexpr unsigned tries_a_halving = 50;

enum class Lock { backup_stage, global, tables };

std::string_view name_of(Lock lock) {
  switch (lock) {
    case Lock::backup_stage:
      return "BACKUP STAGE BLOCK_COMMIT";
    case Lock::global:
      return "FLUSH TABLES WITH READ LOCK";
    case Lock::tables:
      break;
  }
  return "LOCK TABLES … READ";
}

bool is_lock_timeout(const Error& error) {
  return error.code == "mysql.1205";
}

// Anything but a wait that was too long or was stopped, or a lost connection: this server or this user has not that
// lock.
bool is_refused(const Error& error) {
  return !is_lock_timeout(error) && error.kind != ErrorKind::stopped && error.kind != ErrorKind::connection &&
         error.kind != ErrorKind::transient;
}

std::vector<std::string> lock_statements(Lock lock, const std::vector<TableRef>& tables) {
  switch (lock) {
    case Lock::backup_stage:
      return {"BACKUP STAGE START", "BACKUP STAGE BLOCK_COMMIT"};
    case Lock::global:
      return {"FLUSH TABLES WITH READ LOCK"};
    case Lock::tables:
      break;
  }
  std::vector<std::string> locked;
  for (const TableRef& table : tables) locked.push_back(quote_name(table) + " READ");
  return {"LOCK TABLES " + join(locked, ", ")};
}

std::string unlock_statement(Lock lock) {
  return lock == Lock::backup_stage ? "BACKUP STAGE END" : "UNLOCK TABLES";
}

// The sessions that a lock may wait for: at work for the longest time. Statements are not quoted, they hold values.
std::string blockers(Connection& session) {
  auto rows = session.query(
      "SELECT id, user, coalesce(state, ''), time FROM information_schema.processlist WHERE id <> CONNECTION_ID() "
      "AND "
      "command NOT IN ('Daemon', 'Binlog Dump', 'Binlog Dump GTID') AND (command <> 'Sleep' OR time > 0) ORDER BY "
      "time "
      "DESC LIMIT 5");
  if (!rows) return {};
  std::vector<std::string> out;
  for (size_t i = 0; i < rows->size(); ++i)
    out.push_back(fmt::format("session {} of user {} ({}, for {} s)", rows->get(i, 0), rows->get(i, 1),
                              rows->get(i, 2).empty() ? "idle or in a transaction" : rows->get(i, 2),
                              rows->get(i, 3)));
  return join(out, "; ");
}

class Opening {
 public:
  Opening(const Endpoint& endpoint, const std::string& tag, const SnapshotSpec& spec, Interruption& interruption)
      : endpoint_(endpoint),
        tag_(tag),
        spec_(spec),
        interruption_(interruption),
        deadline_(Clock::now() + std::chrono::seconds(spec.wait_s)) {}
  ~Opening() { interruption_.at_work(nullptr); }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

  Result<OpenSnapshot> run() {
    locker_ = TRY(connect());
    interruption_.at_work(&locker_);
    // Should this host be cut off while it holds the lock.
    TRY(locker_.run(fmt::format("SET SESSION lock_wait_timeout = {}, wait_timeout = 60", lock_wait_s)));
    TRY(look_at_log());
    maria_log_ = locker_.traits().mariadb && logs_;
    if (spec_.sessions == 1 && !logs_) return without_log();
    if (maria_log_)
      for (unsigned i = 0; i < matching_tries; ++i)
        if (auto out = TRY(try_matching(spec_.sessions))) return std::move(*out);
    const std::vector<Lock> all = locks();
    for (size_t i = 0; i < all.size(); ++i) {
      const Lock lock = all[i];
      // Transactions that stay open hold off a lock of their tables, and not one of everything.
      const bool is_first_try = lock == Lock::tables && i + 1 < all.size();
      auto out = under(lock, is_first_try ? std::min(deadline_, Clock::now() + tables_wait_max) : deadline_);
      if (out) return out;
      if (!is_refused(out.error())) return out;
      refused_.push_back(fmt::format("{}: {}", name_of(lock), out.error().message));
    }
    return without_lock();
  }

 private:
  // While MariaDB keeps a log for a session, going back to a savepoint frees none of the tables that were read since.
  Result<Connection> connect() {
    Connection session = TRY(Connection::open(endpoint_, {.tag = tag_, .role = "keeper", .database = {}}));
    if (!session.traits().mariadb) return session;
    auto unlogged = session.run("SET SESSION sql_log_bin = 0");
    if (!unlogged && session.broken()) return Failure(unlogged.error());
    if (!unlogged && !std::exchange(told_of_locks_, true))
      log_warning(Component::source_unload,
                  "Structure changes of a table wait on the source from the first row that is loaded of it until the "
                  "load of all tables has ended, and whatever uses the table then waits behind them: MariaDB frees "
                  "tables earlier for users with the privilege BINLOG ADMIN alone");
    return session;
  }

  // Whether there is a place to be told. Where it is not needed this user may be forbidden to know.
  Result<void> look_at_log() {
    const Rows on = TRY(locker_.query("SELECT @@global.log_bin"));
    logs_ = on.integer(0, 0) != 0;
    if (!logs_ && spec_.needs_position) return Failure(errors::log_off());
    if (!logs_) return {};
    auto end = log_end_position(locker_);
    if (!end && (spec_.needs_position || end.error().kind == ErrorKind::connection)) return Failure(end.error());
    logs_ = end && *end;
    return {};
  }

  std::vector<Lock> locks() const {
    std::vector<Lock> out;
    if (locker_.traits().mariadb && locker_.traits().version >= 100401 && logs_) out.push_back(Lock::backup_stage);
    // A lock of everything that is not had in time leaves whoever uses a busy table waiting for its flush.
    const bool few = !spec_.tables.empty() && spec_.tables.size() <= tables_locked_first;
    if (few) out.push_back(Lock::tables);
    out.push_back(Lock::global);
    if (!spec_.tables.empty()) out.push_back(Lock::tables);
    return out;
  }

  Result<std::vector<Connection>> connect_all(unsigned count) {
    while (ready_.size() < count) ready_.push_back(TRY(connect()));
    std::vector<Connection> out;
    for (unsigned i = 0; i < count; ++i) {
      out.push_back(std::move(ready_.back()));
      ready_.pop_back();
    }
    return out;
  }

  static Result<void> begin(std::vector<Connection>& sessions) {
    for (Connection& session : sessions) TRY(session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"));
    return {};
  }

  // Not good: the sessions are used again.
  void take_back(std::vector<Connection> sessions) {
    for (Connection& session : sessions)
      if (session.run("ROLLBACK")) ready_.push_back(std::move(session));
  }
  std::optional<OpenSnapshot> give_up(std::vector<Connection> sessions) {
    take_back(std::move(sessions));
    return std::nullopt;
  }

  Result<OpenSnapshot> without_log() {
    OpenSnapshot out;
    out.sessions = TRY(connect_all(1));
    TRY(begin(out.sessions));
    const BinlogPosition at = TRY(unlogged_position());
    out.position = at.position();
    return out;
  }

  // No place in any log: another for each snapshot, so that slices of two are told apart.
  Result<BinlogPosition> unlogged_position() {
    BinlogPosition at;
    const int64_t now_us = TRY(server_clock_us(locker_));
    at.place = {"no-binlog.000000", static_cast<uint64_t>(now_us)};
    at.server = TRY(log_server(locker_));
    return at;
  }

  // A place once written stays what it is. To find its GTIDs MariaDB reads the file up to there, for which nobody is
  // kept waiting behind a lock.
  Result<Position> complete(BinlogPosition at) {
    if (maria_log_) {
      at.server = TRY(log_server(locker_));
      at.gtids = TRY(maria_gtids_at(locker_, at.place));
    }
    return at.position();
  }

  // Nothing: the snapshots differ. `any`: the places may, since nobody writes to the task's tables meanwhile.
  static Result<std::optional<BinlogPosition>> agreed_position(std::vector<Connection>& sessions, bool any) {
    std::optional<LogPlace> first;
    for (Connection& session : sessions) {
      const std::optional<LogPlace> place = TRY(maria_snapshot_place(session));
      if (!place || (first && *first != *place && !any)) return std::nullopt;
      if (!first) first = place;
    }
    BinlogPosition out;
    out.place = std::move(*first);
    return std::optional(std::move(out));
  }

  Result<std::optional<OpenSnapshot>> try_matching(unsigned count) {
    OpenSnapshot out;
    out.sessions = TRY(connect_all(count));
    const XaState before = TRY(xa_state(locker_));
    if (before.open || !before.seen) return give_up(std::move(out.sessions));
    TRY(begin(out.sessions));
    std::optional<BinlogPosition> position = TRY(agreed_position(out.sessions, false));
    // Else the place may lie behind the commit of one whose rows are not in the tables yet.
    if (!position || !is_known_quiet(before, TRY(xa_state(locker_)))) return give_up(std::move(out.sessions));
    // No XA transaction was prepared while the snapshot was opened: a reader from there on misses none.
    position->xa_known = true;
    out.position = TRY(complete(std::move(*position)));
    return std::optional(std::move(out));
  }

  Result<OpenSnapshot> under(Lock lock, Clock::time_point until) {
    OpenSnapshot out;
    out.sessions = TRY(connect_all(spec_.sessions));
    TRY(wait_for(lock, until));
    auto opened = open_exactly(lock, out.sessions);
    auto unlocked = locker_.run(unlock_statement(lock));
    if (!opened) {
      take_back(std::move(out.sessions));
      return Failure(opened.error());
    }
    if (!unlocked) return Failure(unlocked.error());
    out.position = TRY(complete(std::move(*opened)));
    return out;
  }

  Result<BinlogPosition> open_exactly(Lock lock, std::vector<Connection>& sessions) {
    const XaState before = TRY(xa_state(locker_));
    BinlogPosition position = TRY(open_locked(lock, sessions));
    const XaState after = TRY(xa_state(locker_));
    // It keeps nobody from committing what was prepared in a session that is gone.
    if (lock == Lock::tables && !is_quiet(before, after))
      return Failure(errors::lock_weak(name_of(lock), "XA transactions are prepared"));
    position.xa_known = logs_ && is_known_quiet(before, after);
    return position;
  }

  Result<BinlogPosition> open_locked(Lock lock, std::vector<Connection>& sessions) {
    TRY(begin(sessions));
    if (!logs_) return unlogged_position();
    if (maria_log_) {
      std::optional<BinlogPosition> position = TRY(agreed_position(sessions, lock == Lock::tables));
      if (position) return std::move(*position);
      return Failure(errors::lock_weak(name_of(lock), "transactions committed under it"));
    }
    std::optional<BinlogPosition> end = TRY(log_end_position(locker_));
    if (!end) return Failure(errors::log_off());
    return std::move(*end);
  }

  Result<void> wait_for(Lock lock, Clock::time_point until) {
    for (;;) {
      const bool is_last = Clock::now() + lock_pause + std::chrono::seconds(lock_wait_s) > until;
      if (is_last || lock != Lock::global || TRY(is_calm())) {
        auto had = try_lock(lock);
        if (had || !is_lock_timeout(had.error())) return had;
      }
      const std::string who = blockers(locker_);
      if (is_last) return Failure(errors::lock_not_had(name_of(lock), spec_.wait_s, who));
      log_info(Component::source_unload, "Waiting for {}: {}", name_of(lock), who);
      TRY(interruption_.pause(lock_pause));
    }
  }

  // Whether no statement has run for long. FLUSH TABLES waits for all of them, and when it gives up, tables that they
  // use stay marked: whoever comes waits for the flush until the statement ends.
  Result<bool> is_calm() {
    constexpr int long_s = 2;
    const Rows rows = TRY(locker_.query(fmt::format(
        "SELECT count(*) FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND command IN ('Query', "
        "'Execute', 'Prepare', 'Fetch') AND time >= {} AND user NOT IN ('event_scheduler', 'system user')",
        long_s)));
    return rows.integer(0, 0) == 0;
  }

  Result<void> try_lock(Lock lock) {
    for (const std::string& statement : lock_statements(lock, spec_.tables)) {
      auto done = locker_.run(statement);
      if (done) continue;
      if (!locker_.broken()) (void)locker_.run(unlock_statement(lock));
      return Failure(done.error());
    }
    return {};
  }

  Result<OpenSnapshot> without_lock() {
    if (!logs_) return without_log();
    const std::string refused = join(refused_, "; ");
    const bool exact_without = maria_log_ || locker_.traits().has_gtids;
    if (!exact_without && !spec_.needs_position) return without_log();
    if (!exact_without) return Failure(errors::no_lock_no_gtids(refused));
    log_info(Component::source_unload, "No lock may be taken for the snapshot ({}); it is opened without one",
             refused);
    unsigned count = spec_.sessions;
    for (unsigned i = 0; i < lockless_tries; ++i) {
      if (i > 0 && i % tries_a_halving == 0) count = std::max(1U, count / 2);
      if (auto out = maria_log_ ? TRY(try_matching(count)) : TRY(try_quiet(count))) return std::move(*out);
      if (Clock::now() > deadline_) break;
      TRY(interruption_.pause(quiet_pause));
    }
    if (!spec_.needs_position) return without_log();  // one session needs no place
    return Failure(errors::no_snapshot_without_lock(refused, lockless_tries));
  }

  // What lies in the binlog before the first reading is committed once its GTIDs are nobody's any more; what is
  // committed later would move the place.
  Result<std::optional<OpenSnapshot>> try_quiet(unsigned count) {
    OpenSnapshot out;
    out.sessions = TRY(connect_all(count));
    const XaState xa = TRY(xa_state(locker_));
    const std::optional<BinlogPosition> before = TRY(log_end_position(locker_));
    const Rows owned = TRY(locker_.query("SELECT @@global.gtid_owned"));
    std::optional<BinlogPosition> executed, after;
    if (before && owned.get(0, 0).empty()) {
      executed = TRY(log_end_position(locker_));
      TRY(begin(out.sessions));
      after = TRY(log_end_position(locker_));
    }
    if (!after || before->place != after->place || executed->gtids != after->gtids)
      return give_up(std::move(out.sessions));
    after->xa_known = is_known_quiet(xa, TRY(xa_state(locker_)));
    out.position = after->position();
    return std::optional(std::move(out));
  }

  const Endpoint& endpoint_;
  const std::string& tag_;
  const SnapshotSpec& spec_;
  Interruption& interruption_;
  const Clock::time_point deadline_;
  Connection locker_;
  std::vector<Connection> ready_;
  std::vector<std::string> refused_;
  bool told_of_locks_ = false;
  bool logs_ = false, maria_log_ = false;
};

}  // namespace

Result<OpenSnapshot> open_sessions(const Endpoint& endpoint, const std::string& tag, const SnapshotSpec& spec,
                                   Interruption& interruption) {
  return Opening(endpoint, tag, spec, interruption).run();
}

}  // namespace godwit::mysql
