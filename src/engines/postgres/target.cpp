#include "engines/postgres/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.h"
#include "engines/postgres/alteration.h"
#include "engines/postgres/backends.h"
#include "engines/postgres/change_writer.h"
#include "engines/postgres/changed_keys.h"
#include "engines/postgres/connection_attributes.h"
#include "engines/postgres/constraints.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/rebuild.h"
#include "engines/postgres/source.h"
#include "engines/postgres/structure.h"
#include "engines/postgres/table_writer.h"
#include "engines/postgres/target_checks.h"

namespace godwit::postgres {
namespace {

bool writes_rows(std::string_view role) {
  return role.starts_with("lane-") || role == "apply";
}

// Foreign keys and triggers stay quiet in this session; where the role may not, they were dropped before
// (constraints.h).
Result<void> prepare_writing_session(Connection& session) {
  if (!session.traits().has_session_settings) return {};
  auto quiet = session.run("SET session_replication_role = replica");
  if (!quiet && quiet.error().sqlstate != "42501") return quiet;
  // The keys of a table may be of an extension's type, whose = lies in the extension's schema.
  const Rows path = TRY(
      session.query("SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', "
                    "nullif(current_setting('search_path'), ''), "
                    "(SELECT pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(n.nspname), ', ') FROM "
                    "pg_catalog.pg_extension e JOIN "
                    "pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE n.nspname <> 'pg_catalog')), false)"));
  static_cast<void>(path);
  // A slice's rows and its ledger line are lost together if the server dies before it has written them, and loaded
  // again.
  return session.run("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'");
}

// Binary forms that mean the same on another server: not those that hold numbers of objects (user types inside arrays
// and composites, reg…), nor the vectors and tsquery, which the server does not read back when empty.
bool same_in_binary(const ColumnDef& column) {
  constexpr uint32_t first_user_oid = 16384;
  const std::string& type = column.type.native;
  return column.type.log_id < first_user_oid && !type.starts_with("reg") && !type.ends_with("vector") &&
         !type.ends_with("vector[]") && !type.starts_with("tsquery");
}

// SQL of the user's own for every session, by DMS's name for it.
Result<void> run_after_connect(Connection& session, const Endpoint& endpoint) {
  const auto script = endpoint.parameter("AfterConnectScript");
  if (!script) return {};
  auto done = session.run(*script);
  if (!done) return Failure(errors::after_connect_script(done.error()));
  return {};
}

}  // namespace

Result<std::unique_ptr<Target>> PostgresTarget::open(const Endpoint& endpoint, const SessionOptions& options) {
  if (options.role == "main") TRY(check_own_attributes(endpoint, EndpointRole::target));
  const bool writes = writes_rows(options.role);
  ConnectOptions connect{session_name(options), false, false};
  connect.empty_search_path = !writes;
  Connection session = TRY(Connection::open(endpoint, connect));
  if (options.read_only) TRY(session.run("SET default_transaction_read_only = on"));
  auto prepared = run_after_connect(session, endpoint);
  // A script that writes is not run whole by a session that only looks.
  if (!prepared && !(options.read_only && prepared.error().sqlstate == "25006")) return Failure(prepared.error());
  if (options.read_only) TRY(session.run("SET default_transaction_read_only = on"));
  if (writes) TRY(prepare_writing_session(session));
  return std::unique_ptr<Target>(new PostgresTarget(std::move(session), options));
}

Result<ServerIdentity> PostgresTarget::identity() {
  if (!session_.traits().has_full_catalog) {
    const Rows rows = TRY(session_.query("SELECT crdb_internal.cluster_id(), pg_catalog.current_database()"));
    return ServerIdentity{rows.text(0, 0), rows.text(0, 1), session_.traits().version};
  }
  const Rows rows = TRY(session_.query(
      "SELECT system_identifier, pg_catalog.current_database(), current_setting('server_version') FROM "
      "pg_catalog.pg_control_system()"));
  return ServerIdentity{rows.text(0, 0), rows.text(0, 1), rows.text(0, 2)};
}

Result<std::vector<Finding>> PostgresTarget::check(std::span<const TargetTable> tables,
                                                   std::span<const ObjectDef> objects, PrepareMode mode, bool fresh) {
  return check_target(session_, tables, objects, mode, fresh);
}

Result<std::vector<TargetTableState>> PostgresTarget::inspect(std::span<const TargetTable> tables) {
  return inspect_tables(session_, tables);
}

Result<void> PostgresTarget::end_leftover_sessions() {
  if (!session_.traits().has_full_catalog) return {};
  constexpr int patience_ms = 5000;
  return end_backends(
      session_,
      "pid <> pg_catalog.pg_backend_pid() AND left(application_name, length($1)) = $1 AND usename = current_user AND "
      "datname = pg_catalog.current_database() AND backend_start < (SELECT backend_start FROM "
      "pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid())",
      {session_name({options_.tag, "", {}})}, patience_ms);
}

std::span<const Encoding> PostgresTarget::accepts(const TableDef& table) const {
  static constexpr std::array all = {Encoding::pg_copy_text, Encoding::pg_copy_binary, Encoding::canonical};
  static constexpr std::array not_binary = {Encoding::pg_copy_text, Encoding::canonical};
  const bool binary = session_.traits().has_binary_copy && std::ranges::all_of(table.columns, same_in_binary);
  return binary ? std::span<const Encoding>(all) : std::span<const Encoding>(not_binary);
}

Result<void> PostgresTarget::drop_tables(std::span<const TableRef> tables) {
  return postgres::drop_tables(session_, tables);
}

Result<void> PostgresTarget::truncate(std::span<const TableRef> tables) {
  return truncate_tables(session_, tables);
}

std::vector<ObjectDef> PostgresTarget::planned_objects(std::span<const TargetTable> tables) const {
  return postgres::planned_keys(tables);
}

Result<bool> PostgresTarget::build(const ObjectDef& object, std::span<const TargetTable> tables) {
  auto built = build_object(session_, object, tables);
  if (!built) return Failure(errors::in_words(std::move(built.error())));
  return built;
}

Result<void> PostgresTarget::finish(const ObjectDef& object, std::span<const TargetTable> tables) {
  return finish_object(session_, object, tables);
}

Result<void> PostgresTarget::empty_for_reload(std::string_view task_id, const TargetTable& table) {
  Transaction transaction = TRY(Transaction::begin(session_));
  if (session_.traits().has_transactional_ddl) {
    TRY(empty_table(table));
    TRY(forget_lines(task_id, table.source->ref));
  } else {
    // Lines first: a dead worker's slice that may still commit is met there, and one of the two is rolled back.
    TRY(forget_lines(task_id, table.source->ref));
    TRY(session_.run("DELETE FROM " + quote_name(table.layout->ref)));
  }
  return transaction.commit();
}

// In the transaction that is open.
Result<void> PostgresTarget::empty_table(const TargetTable& table) {
  // A cascade must not take rows of other tables along.
  TRY(session_.run("SAVEPOINT quiet"));
  const auto quiet = session_.run("SET LOCAL session_replication_role = replica");
  if (!quiet && quiet.error().sqlstate != "42501") return quiet;
  if (!quiet) TRY(session_.run("ROLLBACK TO SAVEPOINT quiet"));
  TRY(session_.run("SAVEPOINT emptying"));
  auto emptied = session_.run("TRUNCATE " + quote_name(table.layout->ref));
  if (!emptied && emptied.error().sqlstate == "42P01")
    return session_.run("ROLLBACK TO SAVEPOINT emptying");             // to come
  if (emptied || emptied.error().sqlstate != "0A000") return emptied;  // a foreign key points here
  TRY(session_.run("ROLLBACK TO SAVEPOINT emptying"));
  log_warning(Component::target_load, "Table {} is referenced by a foreign key; its rows are deleted one by one",
              log_name(table.layout->ref));
  return session_.run(
      fmt::format("LOCK TABLE {0} IN SHARE ROW EXCLUSIVE MODE; DELETE FROM {0}", quote_name(table.layout->ref)));
}

Result<void> PostgresTarget::add_labels(const TableRef& type, std::span<const std::string> labels) {
  const Rows rows = TRY(session_.query(
      "SELECT e.enumlabel FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid JOIN "
      "pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = $1 AND t.typname = $2 ORDER BY "
      "e.enumsortorder",
      {type.schema, type.name}));
  std::vector<std::string> there;
  for (int row = 0; row < rows.size(); ++row) there.push_back(rows.text(row, 0));
  if (there.empty()) return {};
  for (const std::string& step : label_steps(quote_name(type), there, {labels.begin(), labels.end()}))
    TRY(session_.run(step));
  return {};
}

Result<void> PostgresTarget::set_sequence(const SequenceState& sequence) {
  return postgres::set_sequence(session_, sequence);
}

Result<bool> PostgresTarget::release_constraints(std::span<const TargetTable> tables, const std::string& saved,
                                                 const std::function<Result<void>(const std::string& script)>& save) {
  const ReleasePlan plan = TRY(plan_release(session_, tables));
  TRY(save(join_scripts(saved, plan.script)));
  TRY(carry_out(session_, plan));
  return plan.by_role;
}

Result<void> PostgresTarget::restore_constraints(std::string_view script) {
  return postgres::restore_constraints(session_, script);
}

Result<std::vector<DroppedObject>> PostgresTarget::plan_rebuild(std::span<const TargetTable> tables,
                                                                const std::vector<bool>& held_rows) {
  if (!session_.traits().has_full_catalog) return Failure(errors::cannot_rebuild_indexes());
  return postgres::plan_rebuild(session_, catalog_, tables, held_rows);
}

Result<void> PostgresTarget::drop_objects(std::span<const DroppedObject> objects) {
  return postgres::drop_objects(session_, objects);
}

Result<bool> PostgresTarget::restore_object(const DroppedObject& object) {
  return postgres::restore_object(session_, object);
}

Result<std::string> PostgresTarget::lock_holders() {
  if (!session_.traits().has_full_catalog) return std::string();
  const Rows rows = TRY(session_.query(
      "SELECT coalesce(string_agg(DISTINCT CASE WHEN b.pid IS NULL THEN 'a prepared transaction' ELSE format('pid %s "
      "(%s, %s, %s since %s)', b.pid, b.usename, nullif(b.application_name, ''), b.state, date_trunc('second', "
      "b.state_change)) END, '; '), '') FROM pg_catalog.pg_stat_activity w CROSS JOIN LATERAL "
      "unnest(pg_catalog.pg_blocking_pids(w.pid)) h(pid) LEFT JOIN pg_catalog.pg_stat_activity b ON b.pid = h.pid "
      "WHERE left(w.application_name, length($1)) = $1 AND w.usename = current_user AND w.datname = "
      "pg_catalog.current_database() AND w.pid <> pg_catalog.pg_backend_pid()",
      {session_name({options_.tag, "", {}})}));
  return rows.text(0, 0);
}

Result<std::vector<std::pair<std::string, uint64_t>>> PostgresTarget::count_orphans(
    std::span<const TargetTable> tables) {
  return postgres::count_orphans(session_, tables);
}

Result<void> PostgresTarget::analyze(const TableRef& table) {
  return analyze_table(session_, table);
}

Result<std::unique_ptr<TableWriter>> PostgresTarget::load_table(std::string_view task_id, const TargetTable& table,
                                                                const TableRange& range, Encoding encoding,
                                                                LoadMode mode) {
  if (std::ranges::find(accepts(*table.layout), encoding) == accepts(*table.layout).end())
    return Failure(errors::encoding_refused(table.layout->ref, to_string(encoding)));
  return PostgresTableWriter::open(session_, control_, task_id, table, range, encoding, mode);
}

Result<std::unique_ptr<ChangedKeys>> PostgresTarget::gather_keys(std::string_view task_id, const TargetTable& table,
                                                                 std::shared_ptr<const TableDef> keys) {
  return PostgresChangedKeys::open(session_, control_, task_id, table, std::move(keys));
}

Result<std::vector<ActingKey>> PostgresTarget::acting_keys(std::span<const TargetTable> tables,
                                                           std::span<const TableRef> tied) {
  std::vector<ActingKey> acting = TRY(postgres::acting_keys(session_, tables));
  // Statements on other tables run with foreign keys out of force.
  std::erase_if(acting, [&](const ActingKey& key) { return std::ranges::find(tied, key.parent) == tied.end(); });
  return acting;
}

Result<std::vector<TableRef>> PostgresTarget::let_keys_act(
    std::span<const TargetTable> tables, std::span<const TableRef> tied, const std::string& saved,
    const std::function<Result<void>(const std::string& script)>& save) {
  std::vector<TableRef> ordered;
  const ReleasePlan plan = TRY(plan_acting_keys(session_, tables, ordered));
  if (ordered.empty()) return ordered;
  TRY(save(join_scripts(saved, plan.script)));
  TRY(carry_out(session_, plan));
  TRY(session_.run("SET session_replication_role = origin"));
  acting_.assign(tied.begin(), tied.end());
  for (const TableRef& table : tied)
    if (std::ranges::find(ordered, table) == ordered.end()) ordered.push_back(table);
  return ordered;
}

Result<std::unique_ptr<ChangeWriter>> PostgresTarget::apply_changes(std::string_view task_id) {
  return PostgresChangeWriter::open(session_, control_, task_id, acting_);
}

}  // namespace godwit::postgres
