#include "engines/mysql/source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "engines/mysql/connection_attributes.h"
#include "engines/mysql/constraints.h"
#include "engines/mysql/filter_sql.h"
#include "engines/mysql/heartbeat.h"
#include "engines/mysql/leftover_sessions.h"
#include "engines/mysql/log_continuity.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/open_xa.h"
#include "engines/mysql/packet_session.h"
#include "engines/mysql/source_checks.h"
#include "engines/mysql/source_errors.h"
#include "engines/mysql/splitting.h"
#include "engines/mysql/table_reader.h"
#include "engines/mysql/visibility.h"

namespace godwit::mysql {
namespace {

constexpr int64_t pool_care_s = 600;
// A statement names so many keys; more, and the optimizer gives up its ranges.
constexpr size_t keys_a_statement = 200;
// How long the catalog is waited for under a slice's lock, and how often structure changes are let pass for it.
constexpr int catalog_wait_s = 2, passes_max = 100;

std::string_view own_savepoint = "godwit_slice";

// The position, where a reader knows what was prepared from `since` on and is committed behind it.
Result<Position> reading_prepared(const Position& position, const NoOpenXa& xa) {
  BinlogPosition at = TRY(BinlogPosition::parse(position.text));
  // A snapshot may lie before what was in the log already: the reader begins there.
  if (mysql::compare(xa.since, at.place) == std::partial_ordering::less) at.prepared = xa.since;
  at.xa_known = at.xa_known || xa.known;
  return at.position();
}

}  // namespace

Result<std::unique_ptr<Source>> MysqlSource::open(const Endpoint& endpoint, const SessionOptions& options) {
  if (options.role == "main") TRY(check_own_attributes(endpoint, EndpointRole::source));
  Connection session = TRY(Connection::open(
      endpoint, {.tag = options.tag, .role = options.role, .database = {}, .read_only = options.read_only}));
  // Sizes as they are now, not as they were asked for a day ago.
  if (!session.traits().mariadb && session.traits().version >= 80000)
    TRY(session.run("SET SESSION information_schema_stats_expiry = 0"));
  return std::unique_ptr<Source>(new MysqlSource(std::move(session), endpoint, options));
}

MysqlSource::~MysqlSource() {
  give_back();
}

void MysqlSource::interrupt() {
  interruption_.ask();
}

Result<ServerIdentity> MysqlSource::identity() {
  ServerIdentity out = TRY(server_identity(session_));
  // Another server that has the same GTIDs goes on for this one.
  if (const auto cluster = endpoint_.parameter("GtidCluster")) out.system = "cluster-" + *cluster;
  return out;
}

Result<std::vector<Finding>> MysqlSource::check(const CaptureSpec& spec, bool with_changes) {
  std::vector<Finding> out = TRY(check_source(session_, endpoint_, spec, with_changes));
  // Under the name of a cluster nobody would see that both ends are one server.
  const ServerIdentity own = TRY(server_identity(session_));
  if (endpoint_.parameter("GtidCluster") && spec.target_system.find(own.system) != std::string::npos)
    out.push_back({true, errors::cluster_is_target()});
  return out;
}

std::partial_ordering MysqlSource::compare(const Position& a, const Position& b) const {
  const Position end = end_of_log();
  if (a == end || b == end) return (a == end) <=> (b == end);
  return mysql::compare(a, b);
}

bool MysqlSource::is_inside_transaction(const Position& position) const {
  const auto place = BinlogPosition::parse(position.text);
  return place && place->steps > 0;
}

Position MysqlSource::end_of_log() const {
  return {std::string(log_end_text)};
}

std::string MysqlSource::checkpoint(const Position& position) const {
  return checkpoint_of(position);
}

Result<Position> MysqlSource::parse_position(std::string_view text) const {
  return parse_start(text);
}

LogAccess MysqlSource::log_access() const {
  return {options_.tag + "/times",
          [endpoint = endpoint_, tag = options_.tag] { return open_packet_session(endpoint, tag); },
          &interruption_.asked()};
}

Result<Position> MysqlSource::position_at_time(int64_t time_us) {
  interruption_.forget();
  return find_start_at(session_, log_access(), time_us);
}

Result<CommitBorder> MysqlSource::find_commit_border(const Position& after, int64_t time_us) {
  interruption_.forget();
  return find_border(session_, log_access(), TRY(BinlogPosition::parse(after.text)), time_us);
}

Result<Position> MysqlSource::mark_now() {
  const std::optional<BinlogPosition> end = TRY(log_end_position(session_));
  if (!end) return Failure(errors::log_off());
  return end->position();
}

Result<int64_t> MysqlSource::clock_us() {
  return server_clock_us(session_);
}

Result<LogEnd> MysqlSource::log_end() {
  const int64_t clock = TRY(clock_us());
  Position end = TRY(mark_now());
  return LogEnd{std::move(end), clock};
}

Result<Snapshot> MysqlSource::open_pool(const CaptureSpec& spec, bool needs_position) {
  SnapshotSpec wanted{
      .sessions = spec.lanes + 1, .wait_s = spec.open_transactions_timeout_s, .needs_position = needs_position};
  for (const TableDef* table : spec.tables) wanted.tables.push_back(table->ref);
  held_ = TRY(SnapshotPool::open(endpoint_, options_.tag, wanted, interruption_));
  return Snapshot{held_->id(), held_->position()};
}

// Nothing is made on the server: it keeps its log by its own settings.
Result<Snapshot> MysqlSource::begin_capture(const CaptureSpec& spec) {
  if (!spec.loads && !spec.start_position.empty()) {
    const Position now = TRY(mark_now());
    const Position wanted = TRY(parse_position(spec.start_position));
    const Position oldest = TRY(capture_position(spec));
    if (compare(wanted, oldest) < 0) return Failure(errors::log_purged(wanted.text, oldest.text));
    return Snapshot{"", compare(wanted, now) < 0 ? wanted : now};
  }
  interruption_.forget();
  const NoOpenXa none_open =
      TRY(wait_for_open_xa(session_, endpoint_, spec.open_transactions_timeout_s, interruption_));
  Snapshot snapshot;
  if (spec.loads) {
    snapshot = TRY(open_pool(spec, true));
  } else {
    const std::optional<BinlogPosition> exact = TRY(exact_end_position(session_));
    if (!exact) return Failure(errors::log_off());
    snapshot.position = exact->position();
  }
  snapshot.position = TRY(reading_prepared(snapshot.position, none_open));
  return snapshot;
}

Result<Snapshot> MysqlSource::open_snapshot(const CaptureSpec& spec) {
  interruption_.forget();
  return open_pool(spec, false);
}

Result<Snapshot> MysqlSource::open_later_snapshot(const CaptureSpec& spec) {
  interruption_.forget();
  return open_pool(spec, true);
}

// Within this process: the pool is kept, and its sessions from being forgotten, whenever it is taken over again.
Result<std::string> MysqlSource::hold_snapshot(std::string_view id) {
  held_ = SnapshotPool::find(id);
  if (!held_) return Failure(errors::snapshot_lost(id, "the process that opened it has ended"));
  held_->keep_alive();
  return held_->id();
}

int64_t MysqlSource::hold_seconds() const {
  return pool_care_s;
}

Result<void> MysqlSource::end_leftover_sessions(bool keepers_too) {
  return mysql::end_leftover_sessions(session_, options_.tag, keepers_too);
}

// Nobody keeps the log for the task: what is still there is what it could begin with.
Result<Position> MysqlSource::capture_position(const CaptureSpec&) {
  const std::optional<BinlogPosition> oldest = TRY(oldest_position(session_));
  if (!oldest) return Failure(errors::log_off());
  return oldest->position();
}

std::optional<Error> MysqlSource::explain_gap(const Position& at, const Position& begins) const {
  return errors::log_purged(at.text, begins.text);
}

Result<void> MysqlSource::drop_capture(std::string_view task_id, std::string_view) {
  return drop_heartbeat(session_, endpoint_, task_id);
}

std::string MysqlSource::capture_name(std::string_view, std::string_view) const {
  return "the server's binlog";
}

Result<void> MysqlSource::join_snapshot(std::string_view id) {
  if (member_) TRY(leave_snapshot());
  std::shared_ptr<SnapshotPool> pool = SnapshotPool::find(id);
  if (!pool) return Failure(errors::snapshot_lost(id, "the process that opened it has ended"));
  interruption_.forget();
  Connection member = TRY(pool->take(interruption_.asked()));
  // What a slice locks of the table's structure is let go with it, long before the snapshot ends.
  auto marked = member.run(fmt::format("SAVEPOINT {}", own_savepoint));
  if (!marked) {
    pool->give_back(std::move(member));
    return Failure(marked.error());
  }
  joined_ = std::move(pool);
  member_ = std::move(member);
  interruption_.at_work(&*member_);
  return {};
}

Result<void> MysqlSource::leave_snapshot() {
  if (!member_) return {};
  auto left = member_->run(fmt::format("ROLLBACK TO SAVEPOINT {}", own_savepoint));
  give_back();
  if (!left) return Failure(left.error());
  return {};
}

void MysqlSource::give_back() {
  if (!member_) return;
  interruption_.at_work(nullptr);
  joined_->give_back(std::move(*member_));
  member_.reset();
  joined_.reset();
}

Result<std::vector<TableRange>> MysqlSource::split(const TableDef& table, uint64_t range_bytes) {
  return split_table(session_, table, range_bytes);
}

Result<std::vector<TableRange>> MysqlSource::split_as(const TableDef& table, const ParallelLoad& how) {
  return split_by_rule(session_, table, how);
}

Result<void> MysqlSource::check_storage(std::span<const TableRange> storage) {
  for (const TableRange& range : storage) {
    const std::string now = TRY(storage_id(session_, range.leaf));
    if (now != range.storage_id) return Failure(errors::rewritten(range.table));
  }
  return {};
}

// An error of kind transient: a lock of the table was not had in short time.
Result<void> MysqlSource::check_storage_soon(std::span<const TableRange> storage) {
  TRY(session_.run(fmt::format("SET @godwit_lock_wait = @@session.lock_wait_timeout, SESSION lock_wait_timeout = {}",
                               catalog_wait_s)));
  auto checked = check_storage(storage);
  TRY(session_.run("SET SESSION lock_wait_timeout = @godwit_lock_wait"));
  return checked;
}

Result<std::unique_ptr<TableReader>> MysqlSource::read(std::vector<std::string> statements, const TableRef& table,
                                                       std::span<const TableRange> storage,
                                                       const std::shared_ptr<const TableDef>& layout) {
  if (!member_) {
    TRY(check_storage(storage));
    return MysqlTableReader::open(session_, std::move(statements), table, layout);
  }
  for (int attempt = 1;; ++attempt) {
    // Once a statement reads the table its structure cannot change until the slice is left.
    auto reader = TRY(MysqlTableReader::open(*member_, statements, table, layout));
    auto checked = check_storage_soon(storage);
    if (checked) return reader;
    if (checked.error().kind != ErrorKind::transient || interruption_.asked() || attempt == passes_max)
      return Failure(std::move(checked).error());
    // A structure change waits for this slice, and the catalog for the change: it goes first.
    reader.reset();
    TRY(member_->run(fmt::format("ROLLBACK TO SAVEPOINT {}", own_savepoint)));
  }
}

Result<std::unique_ptr<TableReader>> MysqlSource::read_table(const TableRange& range,
                                                             const std::shared_ptr<const TableDef>& layout,
                                                             std::span<const Encoding> wanted,
                                                             const ReadOptions& options) {
  if (std::ranges::find(wanted, Encoding::canonical) == wanted.end())
    return Failure(errors::wrong_encoding(range.table));
  const std::optional<KeyBounds> bounds = parse_bounds(range.bounds);
  if (!bounds) return Failure(errors::unknown_bounds(range.table));
  const RangeSql part = range_sql(*bounds);
  std::vector<std::string> conditions;
  if (!part.condition.empty()) conditions.push_back(part.condition);
  if (options.filter != nullptr) {
    const std::vector<TableDef> now = TRY(catalog_.describe(std::span(&range.leaf, 1)));
    if (now.empty()) return Failure(errors::rewritten(range.table));
    conditions.push_back(TRY(filter_condition(*options.filter, now[0])));
  }
  std::string sql = fmt::format("SELECT {} FROM {}{}", select_list(*layout), quote_name(range.leaf), part.partition);
  if (!conditions.empty()) sql += " WHERE " + join(conditions, " AND ");
  return read({std::move(sql)}, range.table, std::span(&range, 1), layout);
}

Result<std::unique_ptr<TableReader>> MysqlSource::read_keys(const RowBatch& keys, std::span<const TableRange> storage,
                                                            const TableDef& table,
                                                            const std::shared_ptr<const TableDef>& layout,
                                                            std::span<const Encoding> wanted,
                                                            const ReadOptions& options) {
  if (std::ranges::find(wanted, Encoding::canonical) == wanted.end())
    return Failure(errors::wrong_encoding(table.ref));
  const std::string head = fmt::format("SELECT {} FROM {} WHERE ", select_list(*layout), quote_name(table.ref));
  std::string tail;
  if (options.filter != nullptr) tail = " AND " + TRY(filter_condition(*options.filter, table));
  // The log does not tell the numbers under which the server shows its transactions: all that stands in it is waited
  // for, or as the last resort whoever holds these rows.
  interruption_.forget();
  if (!member_ && !options.sees.empty() && !TRY(visibility_.shows_its_log(session_, interruption_)))
    tail += " LOCK IN SHARE MODE";
  std::vector<std::string> statements;
  for (size_t row = 0; row < keys.rows; row += keys_a_statement)
    statements.push_back(head + TRY(any_key(keys, row, std::min(keys.rows, row + keys_a_statement), table)) + tail);
  return read(std::move(statements), table.ref, storage, layout);
}

Result<std::vector<ActingKey>> MysqlSource::unlogged_keys(std::span<const TableRef> tables) {
  return keys_on(session_, tables);
}

Result<std::vector<ChangeCounters>> MysqlSource::count_changes(std::span<const TableRef>) {
  return std::vector<ChangeCounters>();
}

Result<void> MysqlSource::beat(std::string_view task_id) {
  return write_heartbeat(session_, endpoint_, task_id);
}

int64_t MysqlSource::beat_interval_s() const {
  return heartbeat_interval_s(endpoint_);
}

}  // namespace godwit::mysql
