#pragma once
// PostgreSQL as a target: one session. Sessions that write rows ("lane-…", "apply") run under
// session_replication_role = replica where the role may set it, and with the database's own search_path, so that
// functions in checks and defaults work as they do for applications; the others have an empty one. CockroachDB and
// other servers of the same protocol are this target too: what they lack is in server_traits.h.

#include <memory>

#include "engine/engine.h"
#include "engines/postgres/catalog.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/control_tables.h"
#include "engines/postgres/foreign_types.h"
#include "engines/postgres/large_objects.h"
#include "engines/postgres/survey.h"

namespace godwit::postgres {

class PostgresTarget : public Target {
 public:
  static Result<std::unique_ptr<Target>> open(const Endpoint& endpoint, const SessionOptions& options);

  void interrupt() override { session_.cancel(); }
  Result<ServerIdentity> identity() override;
  uint64_t transaction_bytes_max() const override { return session_.traits().transaction_bytes_max; }
  bool gathers_keys() const override { return session_.traits().has_temporary_tables; }
  Catalog& catalog() override { return catalog_; }
  Result<std::vector<Finding>> check(std::span<const TargetTable> tables, std::span<const ObjectDef> objects,
                                     PrepareMode mode, bool fresh) override;
  Result<std::vector<TargetTableState>> inspect(std::span<const TargetTable> tables) override;
  Result<ServerFacts> server_facts() override { return postgres::server_facts(session_); }
  Result<void> end_leftover_sessions() override;

  Result<void> create_control_tables() override { return control_.create(session_); }
  Result<std::optional<TaskRecord>> read_task(std::string_view task_id) override {
    return control_.read_task(session_, task_id);
  }
  Result<void> write_task(const TaskRecord& record) override { return control_.write_task(session_, record); }
  Result<void> forget_task(std::string_view task_id) override { return control_.forget_task(session_, task_id); }
  Result<std::vector<LedgerLine>> read_ledger(std::string_view task_id) override {
    return control_.read_ledger(session_, task_id);
  }
  Result<void> forget_lines(std::string_view task_id, const TableRef& table) override {
    return control_.forget_lines(session_, task_id, table);
  }
  Result<std::optional<Position>> read_position(std::string_view task_id) override {
    return control_.read_position(session_, task_id);
  }
  Result<void> start_position(std::string_view task_id, const Position& position) override {
    return control_.start_position(session_, task_id, position);
  }
  Result<uint64_t> count_parked(std::string_view task_id) override {
    return control_.count_parked(session_, task_id);
  }
  Result<void> write_status(std::string_view task_id, const StatusRow& row) override {
    return control_.write_status(session_, task_id, row);
  }
  Result<void> write_history(std::string_view task_id, const HistoryRow& row) override {
    return control_.write_history(session_, task_id, row);
  }
  Result<void> write_suspended(std::string_view task_id, const TableRef& table, std::string_view reason,
                               bool suspended) override {
    return control_.write_suspended(session_, task_id, table, reason, suspended);
  }

  Result<std::vector<Type>> types_for(const TableDef& layout, TypeMapping mapping) const override {
    return postgres::types_for(layout, mapping);
  }
  std::span<const Encoding> accepts(const TableDef& table) const override;
  Result<void> drop_tables(std::span<const TableRef> tables) override;
  Result<void> truncate(std::span<const TableRef> tables) override;
  std::vector<ObjectDef> planned_objects(std::span<const TargetTable> tables) const override;
  Result<bool> build(const ObjectDef& object, std::span<const TargetTable> tables) override;
  Result<void> finish(const ObjectDef& object, std::span<const TargetTable> tables) override;
  Result<void> empty_for_reload(std::string_view task_id, const TargetTable& table) override;
  Result<void> set_sequence(const SequenceState& sequence) override;
  Result<void> add_labels(const TableRef& type, std::span<const std::string> labels) override;
  Result<bool> release_constraints(std::span<const TargetTable> tables, const std::string& saved,
                                   const std::function<Result<void>(const std::string& script)>& save) override;
  Result<void> restore_constraints(std::string_view script) override;
  Result<std::vector<DroppedObject>> plan_rebuild(std::span<const TargetTable> tables,
                                                  const std::vector<bool>& held_rows) override;
  Result<void> drop_objects(std::span<const DroppedObject> objects) override;
  Result<bool> restore_object(const DroppedObject& object) override;
  Result<std::string> lock_holders() override;
  Result<std::vector<std::pair<std::string, uint64_t>>> count_orphans(std::span<const TargetTable> tables) override;
  Result<void> analyze(const TableRef& table) override;

  Result<LargeObjectPlace> find_large_object(std::string_view task_id, uint32_t number) override {
    return postgres::find_large_object(session_, control_, task_id, number);
  }
  Result<void> begin_large_object(std::string_view task_id, uint32_t number, uint64_t bytes) override {
    return postgres::begin_large_object(session_, control_, task_id, number, bytes);
  }
  Result<void> write_large_object(uint32_t number, uint64_t offset, const std::string& hex) override {
    return postgres::write_large_object(session_, number, offset, hex);
  }
  Result<void> commit_large_object() override { return session_.run("COMMIT"); }
  void abandon_large_object() override {
    if (!session_.broken() && session_.in_transaction()) static_cast<void>(session_.run("ROLLBACK"));
  }
  Result<uint64_t> large_object_size(uint32_t number) override {
    return postgres::large_object_size(session_, number);
  }
  Result<std::string> read_large_object(uint32_t number, uint64_t offset, uint32_t length) override {
    return postgres::read_large_object(session_, number, offset, length);
  }
  Result<void> drop_large_objects(std::string_view task_id) override {
    return postgres::drop_large_objects(session_, control_, task_id);
  }

  Result<std::unique_ptr<TableWriter>> load_table(std::string_view task_id, const TargetTable& table,
                                                  const TableRange& range, Encoding encoding, LoadMode mode) override;
  Result<std::unique_ptr<ChangedKeys>> gather_keys(std::string_view task_id, const TargetTable& table,
                                                   std::shared_ptr<const TableDef> keys) override;
  Result<std::vector<ActingKey>> acting_keys(std::span<const TargetTable> tables,
                                             std::span<const TableRef> tied) override;
  Result<std::vector<TableRef>> let_keys_act(
      std::span<const TargetTable> tables, std::span<const TableRef> tied, const std::string& saved,
      const std::function<Result<void>(const std::string& script)>& save) override;
  Result<std::unique_ptr<ChangeWriter>> apply_changes(std::string_view task_id) override;

 private:
  PostgresTarget(Connection session, SessionOptions options)
      : session_(std::move(session)), options_(std::move(options)), control_(options_.control), catalog_(session_) {}
  Result<void> empty_table(const TargetTable& table);

  Connection session_;
  SessionOptions options_;
  ControlSchema control_;
  PostgresCatalog catalog_;
  std::vector<TableRef> acting_;  // tables whose keys act in this session
};

}  // namespace godwit::postgres
