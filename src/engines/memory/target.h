#pragma once
// A session with a memory database as the target of a task.

#include "engine/engine.h"
#include "engines/memory/catalog.h"

namespace godwit::memory {

class MemoryTarget : public Target {
 public:
  MemoryTarget(State& state, std::shared_ptr<Session> session, ControlTables control);

  void interrupt() override {}  // nothing here waits
  Result<ServerIdentity> identity() override;
  Catalog& catalog() override { return catalog_; }
  Result<std::vector<Finding>> check(std::span<const TargetTable> tables, std::span<const ObjectDef> objects,
                                     PrepareMode mode, bool fresh) override;
  Result<std::vector<TargetTableState>> inspect(std::span<const TargetTable> tables) override;
  Result<void> end_leftover_sessions() override;

  Result<void> create_control_tables() override;
  Result<std::optional<TaskRecord>> read_task(std::string_view task_id) override;
  Result<void> write_task(const TaskRecord& record) override;
  Result<void> forget_task(std::string_view task_id) override;
  Result<std::vector<LedgerLine>> read_ledger(std::string_view task_id) override;
  Result<void> forget_lines(std::string_view task_id, const TableRef& table) override;
  Result<std::optional<Position>> read_position(std::string_view task_id) override;
  Result<void> start_position(std::string_view task_id, const Position& position) override;
  Result<uint64_t> count_parked(std::string_view task_id) override;
  Result<void> write_status(std::string_view task_id, const StatusRow& row) override;
  Result<void> write_history(std::string_view task_id, const HistoryRow& row) override;
  Result<void> write_suspended(std::string_view task_id, const TableRef& table, std::string_view reason,
                               bool suspended) override;

  std::span<const Encoding> accepts(const TableDef& table) const override;
  Result<void> drop_tables(std::span<const TableRef> tables) override;
  Result<void> truncate(std::span<const TableRef> tables) override;
  Result<bool> build(const ObjectDef& object, std::span<const TargetTable> tables) override;
  Result<void> empty_for_reload(std::string_view task_id, const TargetTable& table) override;
  Result<void> set_sequence(const SequenceState& sequence) override;
  Result<void> finish(const ObjectDef& object, std::span<const TargetTable> tables) override;
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
  Result<void> usable() const;  // with the mutex held

  State& state_;
  std::shared_ptr<Session> session_;
  ControlTables control_;
  MemoryCatalog catalog_;
};

}  // namespace godwit::memory
