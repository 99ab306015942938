#include "engines/mysql/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "engines/mysql/change_writer.h"
#include "engines/mysql/changed_keys.h"
#include "engines/mysql/connection_attributes.h"
#include "engines/mysql/constraints.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/rebuild.h"
#include "engines/mysql/session_locks.h"
#include "engines/mysql/structure.h"
#include "engines/mysql/table_writer.h"
#include "engines/mysql/target_checks.h"
#include "engines/mysql/target_errors.h"
#include "engines/mysql/type_name.h"

namespace godwit::mysql {
namespace {

bool writes_rows(std::string_view role) {
  return role.starts_with("lane-") || role == "apply";
}

}  // namespace

Result<std::unique_ptr<Target>> MysqlTarget::open(const Endpoint& endpoint, const SessionOptions& options) {
  if (options.role == "main") TRY(check_own_attributes(endpoint, EndpointRole::target));
  const bool writes = writes_rows(options.role);
  ConnectOptions connect{options.tag, options.role, {}, writes, options.role == "apply"};
  connect.read_only = options.read_only;
  Connection session = TRY(Connection::open(endpoint, connect));
  // 2024-02-31 is a date where a source of the family holds it.
  TRY(
      session.run("SET SESSION foreign_key_checks = 0, max_error_count = 65535, sql_mode = CONCAT(@@sql_mode, "
                  "',ALLOW_INVALID_DATES')"));
  // Where it is off a NULL for a TIMESTAMP becomes the time of now. Old servers ask for a privilege, or know no such
  // setting for a session: the check tells.
  const auto plain = session.run("SET SESSION explicit_defaults_for_timestamp = 1");
  if (!plain && session.broken()) return Failure(plain.error());
  const Rows packet = TRY(session.query("SELECT @@max_allowed_packet"));
  TRY(take_session_lock(session, options.tag));
  return std::unique_ptr<Target>(new MysqlTarget(std::move(session), options, packet.unsigned_integer(0, 0)));
}

Result<ServerIdentity> MysqlTarget::identity() {
  return server_identity(session_);
}

Result<std::vector<Finding>> MysqlTarget::check(std::span<const TargetTable> tables,
                                                std::span<const ObjectDef> objects, PrepareMode mode, bool fresh) {
  return check_target(session_, tables, objects, mode, fresh);
}

Result<std::vector<TargetTableState>> MysqlTarget::inspect(std::span<const TargetTable> tables) {
  return inspect_tables(session_, tables);
}

Result<void> MysqlTarget::end_leftover_sessions() {
  return mysql::end_leftover_sessions(session_, options_.tag);
}

ServerKind MysqlTarget::server_kind() const {
  return {session_.traits().mariadb, static_cast<uint32_t>(session_.traits().version)};
}

Result<std::vector<Type>> MysqlTarget::types_for(const TableDef& layout, TypeMapping mapping) const {
  return mysql::types_for(layout, mapping, server_kind());
}

std::span<const Encoding> MysqlTarget::accepts(const TableDef&) const {
  static constexpr std::array all = {Encoding::canonical};
  return all;
}

Result<void> MysqlTarget::drop_tables(std::span<const TableRef> tables) {
  return mysql::drop_tables(session_, tables);
}

Result<void> MysqlTarget::truncate(std::span<const TableRef> tables) {
  return truncate_tables(session_, tables);
}

std::vector<ObjectDef> MysqlTarget::planned_objects(std::span<const TargetTable> tables) const {
  return planned_keys(tables);
}

Result<bool> MysqlTarget::build(const ObjectDef& object, std::span<const TargetTable> tables) {
  return build_object(session_, object, tables);
}

Result<void> MysqlTarget::finish(const ObjectDef& object, std::span<const TargetTable> tables) {
  return finish_object(session_, object, tables);
}

// Rows and lines go in one transaction, which a TRUNCATE would end: dead in between, lines without rows would lose
// them, rows without lines would come twice. Lines first: a dead worker's slice that may still commit is met there,
// and waited for.
Result<void> MysqlTarget::empty_for_reload(std::string_view task_id, const TargetTable& table) {
  Transaction transaction = TRY(Transaction::begin(session_));
  TRY(control_.forget_lines(session_, task_id, table.source->ref));
  auto emptied = session_.run("DELETE FROM " + quote_name(table.layout->ref));
  const bool to_come = !emptied && emptied.error().code == "mysql.1146";
  if (!emptied && !to_come) return Failure(emptied.error());
  return transaction.commit();
}

Result<void> MysqlTarget::set_sequence(const SequenceState& sequence) {
  return mysql::set_sequence(session_, sequence);
}

// Types are columns' own here: a source's enum type became text, or comes as an altered column.
Result<void> MysqlTarget::add_labels(const TableRef&, std::span<const std::string>) {
  return {};
}

Result<bool> MysqlTarget::release_constraints(std::span<const TargetTable>, const std::string&,
                                              const std::function<Result<void>(const std::string& script)>&) {
  return true;
}

Result<void> MysqlTarget::restore_constraints(std::string_view) {
  return {};
}

Result<std::vector<DroppedObject>> MysqlTarget::plan_rebuild(std::span<const TargetTable> tables,
                                                             const std::vector<bool>& held_rows) {
  return mysql::plan_rebuild(session_, tables, held_rows);
}

Result<void> MysqlTarget::drop_objects(std::span<const DroppedObject> objects) {
  return mysql::drop_objects(session_, objects);
}

Result<bool> MysqlTarget::restore_object(const DroppedObject& object) {
  return mysql::restore_object(session_, object);
}

Result<std::string> MysqlTarget::lock_holders() {
  return mysql::lock_holders(session_, options_.tag);
}

Result<std::vector<std::pair<std::string, uint64_t>>> MysqlTarget::count_orphans(
    std::span<const TargetTable> tables) {
  return mysql::count_orphans(session_, tables);
}

Result<void> MysqlTarget::analyze(const TableRef& table) {
  TRY(session_.query("ANALYZE NO_WRITE_TO_BINLOG TABLE " + quote_name(table)));
  return {};
}

Result<std::unique_ptr<TableWriter>> MysqlTarget::load_table(std::string_view task_id, const TargetTable& table,
                                                             const TableRange& range, Encoding encoding,
                                                             LoadMode mode) {
  if (encoding != Encoding::canonical)
    return Failure(errors::encoding_refused(table.layout->ref, to_string(encoding)));
  return MysqlTableWriter::open(session_, control_, task_id, table, range, mode, packet_bytes_);
}

Result<std::unique_ptr<ChangedKeys>> MysqlTarget::gather_keys(std::string_view task_id, const TargetTable& table,
                                                              std::shared_ptr<const TableDef> keys) {
  return MysqlChangedKeys::open(session_, control_, task_id, table, std::move(keys), packet_bytes_);
}

Result<std::unique_ptr<ChangeWriter>> MysqlTarget::apply_changes(std::string_view task_id) {
  std::unique_ptr<MysqlChangeWriter> writer =
      TRY(MysqlChangeWriter::open(session_, control_, task_id, packet_bytes_));
  writer->let_keys_act(acting_);
  return std::unique_ptr<ChangeWriter>(std::move(writer));
}

Result<std::vector<ActingKey>> MysqlTarget::acting_keys(std::span<const TargetTable> tables,
                                                        std::span<const TableRef> tied) {
  std::vector<TableRef> names;
  for (const TargetTable& table : tables) names.push_back(table.layout->ref);
  std::vector<ActingKey> acting = TRY(keys_between(session_, names));
  // Statements on other tables run with foreign keys out of force.
  std::erase_if(
      acting, [&](const ActingKey& key) { return !key.acts() || std::ranges::find(tied, key.parent) == tied.end(); });
  return acting;
}

// Triggers cannot be put out of force here: check() says so before the start.
Result<std::vector<TableRef>> MysqlTarget::let_keys_act(
    std::span<const TargetTable>, std::span<const TableRef> tied, const std::string&,
    const std::function<Result<void>(const std::string& script)>&) {
  acting_.assign(tied.begin(), tied.end());
  return acting_;
}

}  // namespace godwit::mysql
