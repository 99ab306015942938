#pragma once
// MySQL and MariaDB as a target: one session. A schema of the plan is a database. Foreign keys are out of force in
// every session of a target, cascades included (foreign_key_checks = 0), so that nothing happens to a row that the
// source's log does not tell.

#include <memory>

#include "engine/engine.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/control_tables.h"
#include "engines/mysql/survey.h"
#include "engines/mysql/target_catalog.h"
#include "engines/mysql/type_class.h"

namespace godwit::mysql {

class MysqlTarget : public Target {
 public:
  static Result<std::unique_ptr<Target>> open(const Endpoint& endpoint, const SessionOptions& options);

  void interrupt() override { session_.interrupt(); }
  Result<ServerIdentity> identity() override;
  Catalog& catalog() override { return catalog_; }
  Result<std::vector<Finding>> check(std::span<const TargetTable> tables, std::span<const ObjectDef> objects,
                                     PrepareMode mode, bool fresh) override;
  Result<std::vector<TargetTableState>> inspect(std::span<const TargetTable> tables) override;
  // Keys of the source's forms would have to be read back in them; a table that lost its snapshot begins again.
  Result<ServerFacts> server_facts() override { return mysql::server_facts(session_); }
  Result<void> end_leftover_sessions() override;

  Result<void> create_control_tables() override { return control_.create(session_); }
  Result<std::optional<TaskRecord>> read_task(std::string_view task_id) override {
    return control_.read_task(session_, task_id);
  }
  Result<void> write_task(const TaskRecord& record) override {
    return control_.write_task(session_, record, packet_bytes_);
  }
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

  Result<std::vector<Type>> types_for(const TableDef& layout, TypeMapping mapping) const override;
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
  MysqlTarget(Connection session, SessionOptions options, uint64_t packet_bytes)
      : session_(std::move(session)),
        options_(std::move(options)),
        control_(options_.control),
        catalog_(session_),
        packet_bytes_(packet_bytes) {}
  ServerKind server_kind() const;

  Connection session_;
  std::vector<TableRef> acting_;  // tables whose foreign keys are in force while changes are applied
  SessionOptions options_;
  ControlSchema control_;
  TargetCatalog catalog_;
  uint64_t packet_bytes_;  // the longest statement the server takes
};

}  // namespace godwit::mysql
