#pragma once
// PostgreSQL as a target: one session. Sessions that write rows ("lane-…", "apply") run under
// session_replication_role = replica where the role may set it, and with the database's own search_path, so that
// functions in checks and defaults work as they do for applications; the others have an empty one.

#include <memory>

#include "engine/engine.h"
#include "engines/postgres/catalog.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/control_tables.h"

namespace godwit::postgres {

class PostgresTarget : public Target {
 public:
  static Result<std::unique_ptr<Target>> open(const Endpoint& endpoint, const SessionOptions& options);

  void interrupt() override { session_.cancel(); }
  Result<ServerIdentity> identity() override;
  Catalog& catalog() override { return catalog_; }
  Result<std::vector<Finding>> check(std::span<const TargetTable> tables, std::span<const ObjectDef> objects,
                                     PrepareMode mode, bool fresh) override;
  Result<std::vector<TargetTableState>> inspect(std::span<const TargetTable> tables) override;
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
  Result<void> write_suspended(std::string_view task_id, const TableRef& table, std::string_view reason,
                               bool suspended) override {
    return control_.write_suspended(session_, task_id, table, reason, suspended);
  }

  std::span<const Encoding> accepts(const TableDef& table) const override;
  Result<void> drop_tables(std::span<const TableRef> tables) override;
  Result<void> truncate(std::span<const TableRef> tables) override;
  Result<bool> build(const ObjectDef& object, std::span<const TargetTable> tables) override;
  Result<void> finish(const ObjectDef& object, std::span<const TargetTable> tables) override;
  Result<void> empty_for_reload(std::string_view task_id, const TargetTable& table) override;
  Result<void> set_sequence(const SequenceState& sequence) override;
  Result<void> add_labels(const TableRef& type, std::span<const std::string> labels) override;
  Result<bool> release_constraints(std::span<const TargetTable> tables, const std::string& saved,
                                   const std::function<Result<void>(const std::string& script)>& save) override;
  Result<void> restore_constraints(std::string_view script) override;
  Result<std::vector<std::pair<std::string, uint64_t>>> count_orphans(std::span<const TargetTable> tables) override;
  Result<void> analyze(const TableRef& table) override;

  Result<std::unique_ptr<TableWriter>> load_table(std::string_view task_id, const TargetTable& table,
                                                  const TableRange& range, Encoding encoding, LoadMode mode) override;
  Result<std::unique_ptr<ChangedKeys>> gather_keys(std::string_view task_id, const TargetTable& table,
                                                   std::shared_ptr<const TableDef> keys) override;
  Result<std::unique_ptr<ChangeWriter>> apply_changes(std::string_view task_id) override;

 private:
  PostgresTarget(Connection session, SessionOptions options)
      : session_(std::move(session)), options_(std::move(options)), control_(options_.control), catalog_(session_) {}

  Connection session_;
  SessionOptions options_;
  ControlSchema control_;
  PostgresCatalog catalog_;
};

}  // namespace godwit::postgres
