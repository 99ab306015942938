#include "engines/postgres/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "engines/postgres/backends.h"
#include "engines/postgres/capture_setup.h"
#include "engines/postgres/change_reader.h"
#include "engines/postgres/commit_border.h"
#include "engines/postgres/connection_attributes.h"
#include "engines/postgres/ddl_capture.h"
#include "engines/postgres/ddl_document.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/lsn.h"
#include "engines/postgres/server_version.h"
#include "engines/postgres/source_checks.h"

namespace godwit::postgres {
namespace {

// A keeper sleeps in the server this long; nobody needs a dead worker's snapshot for ever (engine.md §3).
constexpr int64_t keeper_sleep_s = 900;
// The server keeps 63 bytes of a session's name; the longest role takes 16 of them with its colon.
constexpr size_t tag_bytes_max = 47;

}  // namespace

std::string session_name(const SessionOptions& options) {
  // Cut at the same place whatever the role is, so that all sessions of a tag share their beginning; a hash of the
  // whole keeps cut names apart.
  std::string head = "godwit:" + options.tag;
  if (head.size() > tag_bytes_max) head = head.substr(0, tag_bytes_max - 8) + hex64(fnv1a(head)).substr(0, 8);
  return head + ":" + options.role;
}

PostgresSource::PostgresSource(Connection session, Endpoint endpoint, SessionOptions options, std::string database)
    : session_(std::move(session)),
      endpoint_(std::move(endpoint)),
      options_(std::move(options)),
      database_(std::move(database)),
      catalog_(std::make_unique<PostgresCatalog>(session_)) {}

Result<std::unique_ptr<Source>> PostgresSource::open(const Endpoint& endpoint, const SessionOptions& options) {
  if (options.role == "main") TRY(check_own_attributes(endpoint, EndpointRole::source));
  Connection session = TRY(Connection::open(endpoint, {session_name(options), false, options.role == "main"}));
  if (session.traits().is_cockroach) return Failure(errors::cockroach_source(to_string(endpoint)));
  TRY(session.run("SET max_parallel_workers_per_gather = 0"));
  if (options.read_only) TRY(session.run("SET default_transaction_read_only = on"));
  const Rows rows = TRY(session.query("SELECT pg_catalog.current_database()"));
  return std::unique_ptr<Source>(new PostgresSource(std::move(session), endpoint, options, rows.text(0, 0)));
}

Result<Connection> PostgresSource::open_walsender(std::string_view role) const {
  return Connection::open(endpoint_, {session_name({options_.tag, std::string(role), {}}), true, false});
}

Result<ServerIdentity> PostgresSource::identity() {
  const Rows rows = TRY(session_.query(
      "SELECT system_identifier, pg_catalog.current_database(), current_setting('server_version') FROM "
      "pg_catalog.pg_control_system()"));
  return ServerIdentity{rows.text(0, 0), rows.text(0, 1), rows.text(0, 2)};
}

Result<std::vector<Finding>> PostgresSource::check(const CaptureSpec& spec, bool with_changes) {
  if (!with_changes) return check_source(session_, spec, nullptr);
  const CaptureWay way = TRY(way_of(spec));
  return check_source(session_, spec, &way);
}

std::partial_ordering PostgresSource::compare(const Position& a, const Position& b) const {
  return a.text.compare(b.text) <=> 0;  // padded hexadecimal: text order is log order
}

bool PostgresSource::is_inside_transaction(const Position& position) const {
  const std::optional<LogPlace> place = parse_place(position);
  return place && place->done > 0;
}

Position PostgresSource::end_of_log() const {
  return lsn_position(UINT64_MAX);
}

std::string PostgresSource::checkpoint(const Position& position) const {
  return checkpoint_text(position);
}

Result<Position> PostgresSource::parse_position(std::string_view text) const {
  return parse_start(text);
}

Result<Position> PostgresSource::mark_now() {
  // A message with a commit record is flushed at once, so the walsender reaches it on an otherwise idle server.
  auto rows = session_.query(
      "SET synchronous_commit = local; SELECT pg_catalog.pg_logical_emit_message(true, 'godwit', 'mark')");
  if (!rows) return Failure(rows.error());
  const auto lsn = parse_lsn(rows->get(0, 0));
  if (!lsn) return Failure(errors::bad_stream("pg_logical_emit_message gave no position", ""));
  return lsn_position(*lsn);
}

Result<int64_t> PostgresSource::clock_us() {
  const Rows rows = TRY(session_.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
  return rows.integer(0, 0);
}

Result<CaptureWay> PostgresSource::way_of(const CaptureSpec& spec) {
  return choose_way(session_, wanted_way(endpoint_), own_name(spec.task_id, spec.target_system));
}

// What is not flushed yet is younger than a second: the WAL writer flushes commits that did not wait within 600 ms.
Result<LogEnd> PostgresSource::log_end() {
  const Rows rows =
      TRY(session_.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, "
                         "pg_catalog.pg_current_wal_flush_lsn()"));
  const auto lsn = parse_lsn(rows.get(0, 1));
  if (!lsn) return Failure(errors::bad_stream("pg_current_wal_flush_lsn gave no position", ""));
  return LogEnd{lsn_position(*lsn), rows.integer(0, 0)};
}

Result<CommitBorder> PostgresSource::find_commit_border(const Position& after, int64_t time_us) {
  CommitBorder border = TRY(look_for_commit_border(session_, lsn_of(after), time_us));
  if (!border.position.empty() && lsn_of(border.position) > 0) return border;
  // The time has passed and nobody committed since: a commit of our own is the border, for whoever looks next too.
  TRY(mark_now());
  return look_for_commit_border(session_, lsn_of(after), time_us);
}

Result<Snapshot> PostgresSource::begin_capture(const CaptureSpec& spec) {
  TRY(drop_capture(spec.task_id, spec.target_system));
  const CaptureWay way = TRY(way_of(spec));
  auto snapshot = take_slot(spec, way);
  if (snapshot) return snapshot;
  const Error cause = snapshot.error();
  auto cleaned = drop_capture(spec.task_id, spec.target_system);
  if (!cleaned) return Failure(in_context(cleaned.error(), cause.message + " Cleaning up failed too"));
  return Failure(cause);
}

// The tables and triggers that tell structure changes, where they can be made and what they say comes through.
Result<std::optional<AuditTable>> PostgresSource::set_up_audit(const CaptureSpec& spec, const CaptureWay& way) {
  const DdlSettings settings = TRY(ddl_settings(endpoint_));
  std::string why_not;
  std::optional<AuditTable> audit;
  const TableRef name{settings.schema, std::string(ddl_audit_name)};
  if (!settings.capture) return audit;
  const bool publishes = way.owns_sets && way.plugin == OutputPlugin::pgoutput;
  if (TRY(carries_audit(session_, way, name)))
    audit =
        TRY(set_up_ddl_capture(session_, settings, own_name(spec.task_id, spec.target_system), publishes, why_not));
  else
    why_not = fmt::format(
        "table {} is in no publication or replication set of yours. A table whose structure changes is suspended "
        "when "
        "the change is met. Set CaptureDdls=false to be silent about it",
        to_string(name));
  if (!why_not.empty()) log_warning(Component::source_capture, "Structure changes are not replicated: {}.", why_not);
  return audit;
}

Result<Snapshot> PostgresSource::take_slot(const CaptureSpec& spec, const CaptureWay& way) {
  const std::optional<AuditTable> audit = TRY(set_up_audit(spec, way));
  if (way.owns_slot) {
    TRY(create_sets(session_, way, spec.tables, audit ? &audit->ref : nullptr));
    Connection walsender = TRY(open_walsender("slot"));
    Snapshot snapshot =
        TRY(create_slot(walsender, session_, {way.slot, way.plugin, false}, spec.open_transactions_timeout_s));
    slot_maker_ = std::move(walsender);
    return snapshot;
  }
  // No snapshot can be had from a slot that is there: that of another is taken, later than the slot stands, and the
  // slot is read from there.
  if (spec.loads) return temporary_snapshot(spec, way);
  Position at = TRY(slot_position(session_, way.slot, way.plugin));
  return Snapshot{"", std::move(at)};
}

Result<Snapshot> PostgresSource::temporary_snapshot(const CaptureSpec& spec, const CaptureWay& way) {
  Connection walsender = TRY(open_walsender("slot"));
  const std::string name = own_name(spec.task_id, spec.target_system) + "_t";
  Snapshot snapshot =
      TRY(create_slot(walsender, session_, {name, way.plugin, true}, spec.open_transactions_timeout_s));
  slot_maker_ = std::move(walsender);
  return snapshot;
}

Result<Snapshot> PostgresSource::open_snapshot(const CaptureSpec&) {
  TRY(session_.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  const Rows rows =
      TRY(session_.query("SELECT pg_catalog.pg_export_snapshot(), CASE WHEN pg_catalog.pg_is_in_recovery() THEN "
                         "pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_insert_lsn() END"));
  return Snapshot{rows.text(0, 0), lsn_position(parse_lsn(rows.get(0, 1)).value_or(0))};
}

Result<Snapshot> PostgresSource::open_later_snapshot(const CaptureSpec& spec) {
  slot_maker_.reset();
  const CaptureWay way = TRY(way_of(spec));
  // Before the snapshot: what a table writes before it is published never reaches the stream (engine.md §6).
  TRY(update_sets(session_, way, spec.tables));
  if (!way.owns_sets) {
    std::vector<Finding> findings;
    CaptureSpec later = spec;
    later.fresh = false;
    TRY(check_way(session_, way, later, findings));
    for (const Finding& finding : findings)
      if (finding.fatal) return Failure(finding.error);
  }
  return temporary_snapshot(spec, way);
}

Result<std::string> PostgresSource::hold_snapshot(std::string_view id) {
  if (version::has_connection_check(session_.server_version()))
    TRY(session_.run("SET client_connection_check_interval = 0"));
  TRY(join_snapshot(id));
  const Rows rows = TRY(session_.query("SELECT pg_catalog.pg_export_snapshot()"));
  if (PQsendQuery(session_.raw(), fmt::format("SELECT pg_catalog.pg_sleep({})", keeper_sleep_s).c_str()) == 0)
    return Failure(session_.connection_error());
  return rows.text(0, 0);
}

int64_t PostgresSource::hold_seconds() const {
  return keeper_sleep_s;
}

Result<void> PostgresSource::end_leftover_sessions(bool keepers_too) {
  // Sessions that are younger than this one are this worker's own; keepers may be ended at any age.
  constexpr int patience_ms = 5000;
  return end_backends(
      session_,
      "pid <> pg_catalog.pg_backend_pid() AND left(application_name, length($1)) = $1 AND usename = current_user AND "
      "CASE WHEN application_name LIKE '%:keeper' THEN $2::bool ELSE backend_start < (SELECT backend_start FROM "
      "pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()) END",
      {session_name({options_.tag, "", {}}), keepers_too ? "true" : "false"}, patience_ms);
}

Result<Position> PostgresSource::capture_position(const CaptureSpec& spec) {
  const WantedWay wanted = wanted_way(endpoint_);
  std::optional<OutputPlugin> plugin = wanted.plugin;
  if (wanted.slot.empty() && !plugin) plugin = OutputPlugin::pgoutput;
  return slot_position(session_, capture_name(spec.task_id, spec.target_system), plugin);
}

Result<void> PostgresSource::drop_capture(std::string_view task_id, std::string_view target_system) {
  slot_maker_.reset();
  const std::string name = own_name(task_id, target_system);
  TRY(drop_own(session_, name, wanted_way(endpoint_).slot));
  TRY(remove_ddl_capture(session_, TRY(ddl_settings(endpoint_)), name));
  return beat_interval_s() == 0 ? Result<void>() : drop_heartbeat(task_id);
}

std::string PostgresSource::own_name(std::string_view task_id, std::string_view target_system) const {
  return postgres::capture_name(task_id, target_system, database_);
}

std::string PostgresSource::capture_name(std::string_view task_id, std::string_view target_system) const {
  const WantedWay wanted = wanted_way(endpoint_);
  return wanted.slot.empty() ? own_name(task_id, target_system) : wanted.slot;
}

CaptureIdentity PostgresSource::capture_identity(std::string_view task_id, std::string_view target_system) const {
  const WantedWay wanted = wanted_way(endpoint_);
  return {capture_name(task_id, target_system), describe(wanted), !wanted.slot.empty()};
}

Result<void> PostgresSource::join_snapshot(std::string_view id) {
  if (session_.in_transaction()) TRY(leave_snapshot());
  TRY(session_.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  auto joined = session_.run("SET TRANSACTION SNAPSHOT " + quote_literal(id));
  if (joined) return {};
  if (session_.broken()) return joined;
  TRY(session_.run("ROLLBACK"));
  return Failure(errors::snapshot_lost(id, joined.error().message));
}

Result<void> PostgresSource::leave_snapshot() {
  return session_.run("ROLLBACK");
}

std::span<const Encoding> PostgresSource::writes() const {
  static constexpr std::array all = {Encoding::canonical, Encoding::pg_copy_text, Encoding::pg_copy_binary};
  return all;
}

Result<std::unique_ptr<ChangeReader>> PostgresSource::read_changes(const CaptureSpec& spec, const Position& after,
                                                                   std::span<const CapturedTable> tables) {
  const CaptureWay way = TRY(way_of(spec));
  const Rows timeout =
      TRY(session_.query("SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'"));
  // The reader outlives this session's statements, on another thread: it opens its own connections.
  const auto open = [endpoint = endpoint_, tag = options_.tag](std::string_view role, bool replication) {
    return Connection::open(endpoint, {session_name({tag, std::string(role), {}}), replication, false});
  };
  PostgresChangeReader::Options options;
  options.slot = way.slot;
  options.plugin = way.plugin;
  options.sets = way.sets;
  options.after = parse_place(after).value_or(LogPlace{});
  options.audit =
      TRY(find_ddl_capture(session_, TRY(ddl_settings(endpoint_)), own_name(spec.task_id, spec.target_system)));
  following_ = Following{way, options.audit.has_value()};
  options.sender_timeout_ms = timeout.integer(0, 0);
  options.open_walsender = [open] { return open("capture", true); };
  options.open_session = [open] { return open("capture-look-up", false); };
  options.root_of = [open](uint32_t oid) -> Result<uint32_t> {
    Connection session = TRY(open("capture-look-up", false));
    const Rows rows = TRY(
        session.query("WITH RECURSIVE up AS (SELECT c.oid, c.relispartition, 0 AS level FROM pg_catalog.pg_class c "
                      "WHERE c.oid = $1::oid UNION ALL SELECT p.oid, p.relispartition, u.level + 1 FROM up u JOIN "
                      "pg_catalog.pg_inherits i ON i.inhrelid = u.oid AND u.relispartition JOIN "
                      "pg_catalog.pg_class p ON p.oid = i.inhparent) SELECT oid FROM up ORDER BY level DESC LIMIT 1",
                      {std::to_string(oid)}));
    return rows.empty() ? 0U : static_cast<uint32_t>(rows.integer(0, 0));
  };
  return PostgresChangeReader::open(options, tables);
}

Result<bool> PostgresSource::tells_schema_changes(const CaptureSpec& spec) {
  const auto audit =
      TRY(find_ddl_capture(session_, TRY(ddl_settings(endpoint_)), own_name(spec.task_id, spec.target_system)));
  return audit.has_value();
}

Result<SchemaChange> PostgresSource::read_schema_change(const std::string& document) {
  return parse_ddl_document(document, [&](const auto& types) { return catalog_->types_of(types); });
}

Result<std::vector<ChangeCounters>> PostgresSource::count_changes(std::span<const TableRef> tables) {
  std::vector<std::string> schemas, names;
  for (const TableRef& table : tables) {
    schemas.push_back(table.schema);
    names.push_back(table.name);
  }
  const Rows rows = TRY(session_.query(
      "SELECT schemaname, relname, n_tup_upd, n_tup_del FROM unnest($1::text[], $2::text[]) w(s, t) JOIN "
      "pg_catalog.pg_stat_all_tables ON schemaname = w.s AND relname = w.t",
      {array_text(schemas), array_text(names)}));
  std::vector<ChangeCounters> out;
  for (int i = 0; i < rows.size(); ++i)
    out.push_back({{rows.text(i, 0), rows.text(i, 1)},
                   static_cast<uint64_t>(rows.integer(i, 2)),
                   static_cast<uint64_t>(rows.integer(i, 3))});
  return out;
}

bool PostgresSource::log_tells_all() const {
  return postgres::log_tells_all(session_.server_version(), following_);
}

Result<std::vector<UntoldChange>> PostgresSource::untold_changes(std::span<const FollowedTable> tables) {
  return find_untold_changes(session_, tables, following_);
}

int64_t PostgresSource::beat_interval_s() const {
  if (!is_set(endpoint_, "HeartbeatEnable")) return 0;
  return std::max<int64_t>(1, std::atoll(endpoint_.parameter("HeartbeatFrequency").value_or("5").c_str())) * 60;
}

// The table goes with the last task that wrote into it.
Result<void> PostgresSource::drop_heartbeat(std::string_view task_id) {
  const std::string schema = endpoint_.parameter("HeartbeatSchema").value_or("public");
  const std::string table = quote_name(TableRef{schema, "awsdms_heartbeat"});
  const Rows there = TRY(session_.query("SELECT pg_catalog.to_regclass($1) IS NOT NULL", {table}));
  if (!there.boolean(0, 0)) return {};
  const Rows mine = TRY(session_.query(fmt::format("SELECT 1 FROM {} WHERE hb_last_heartbeat_by = $1", table),
                                       {std::string(task_id).substr(0, 64)}));
  return mine.empty() ? Result<void>() : session_.run("DROP TABLE " + table);
}

Result<void> PostgresSource::beat(std::string_view task_id) {
  const std::string schema = endpoint_.parameter("HeartbeatSchema").value_or("public");
  const std::string table = quote_name(TableRef{schema, "awsdms_heartbeat"});
  TRY(session_.run(fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (hb_key serial PRIMARY KEY, hb_created_at timestamp, hb_created_by varchar(64), "
      "hb_last_heartbeat_at timestamp, hb_last_heartbeat_by varchar(64))",
      table)));
  const std::string by = std::string(task_id).substr(0, 64);
  return session_.run(
      fmt::format("INSERT INTO {0} AS h VALUES (1, now(), $1, now(), $1) ON CONFLICT (hb_key) DO UPDATE SET "
                  "hb_last_heartbeat_at = now(), hb_last_heartbeat_by = $1",
                  table),
      {by});
}

}  // namespace godwit::postgres
