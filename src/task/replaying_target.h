#pragma once
// A target session whose single steps (control tables, structure, what is read) are replayed when the server asks for
// it; each is a transaction of its own. Rows are not: slices and windows are replayed by those who hold them
// (load_slice.cpp, apply.cpp).

#include <memory>
#include <utility>

#include "engine/target.h"
#include "task/replay.h"

namespace godwit {

class ReplayingTarget : public Target {
 public:
  explicit ReplayingTarget(std::unique_ptr<Target> inner) : inner_(std::move(inner)) {}

  void interrupt() override { inner_->interrupt(); }
  Catalog& catalog() override { return inner_->catalog(); }
  std::span<const Encoding> accepts(const TableDef& table) const override { return inner_->accepts(table); }
  uint64_t transaction_bytes_max() const override { return inner_->transaction_bytes_max(); }
  Result<std::vector<Type>> types_for(const TableDef& layout, TypeMapping mapping) const override {
    return inner_->types_for(layout, mapping);
  }
  bool gathers_keys() const override { return inner_->gathers_keys(); }
  std::vector<ObjectDef> planned_objects(std::span<const TargetTable> tables) const override {
    return inner_->planned_objects(tables);
  }

  Result<ServerIdentity> identity() override {
    return replayed({}, [&] { return inner_->identity(); });
  }
  Result<std::vector<Finding>> check(std::span<const TargetTable> tables, std::span<const ObjectDef> objects,
                                     PrepareMode mode, bool fresh) override {
    return replayed({}, [&] { return inner_->check(tables, objects, mode, fresh); });
  }
  Result<std::vector<TargetTableState>> inspect(std::span<const TargetTable> tables) override {
    return replayed({}, [&] { return inner_->inspect(tables); });
  }
  Result<void> end_leftover_sessions() override {
    return replayed({}, [&] { return inner_->end_leftover_sessions(); });
  }
  Result<void> create_control_tables() override {
    return replayed({}, [&] { return inner_->create_control_tables(); });
  }
  Result<std::optional<TaskRecord>> read_task(std::string_view task_id) override {
    return replayed({}, [&] { return inner_->read_task(task_id); });
  }
  Result<void> write_task(const TaskRecord& record) override {
    return replayed({}, [&] { return inner_->write_task(record); });
  }
  Result<void> forget_task(std::string_view task_id) override {
    // Done twice is done once; and after it there is nothing left that could tell whether it was done.
    return replayed({}, [&]() -> Result<void> {
      auto done = inner_->forget_task(task_id);
      if (!done && is_outcome_unknown(done.error())) done = inner_->forget_task(task_id);
      return done;
    });
  }
  Result<std::vector<LedgerLine>> read_ledger(std::string_view task_id) override {
    return replayed({}, [&] { return inner_->read_ledger(task_id); });
  }
  Result<void> forget_lines(std::string_view task_id, const TableRef& table) override {
    return replayed({}, [&] { return inner_->forget_lines(task_id, table); });
  }
  Result<std::optional<Position>> read_position(std::string_view task_id) override {
    return replayed({}, [&] { return inner_->read_position(task_id); });
  }
  Result<void> start_position(std::string_view task_id, const Position& position) override {
    return replayed({}, [&] { return inner_->start_position(task_id, position); });
  }
  Result<uint64_t> count_parked(std::string_view task_id) override {
    return replayed({}, [&] { return inner_->count_parked(task_id); });
  }
  Result<void> write_status(std::string_view task_id, const StatusRow& row) override {
    return replayed({}, [&] { return inner_->write_status(task_id, row); });
  }
  Result<void> write_suspended(std::string_view task_id, const TableRef& table, std::string_view reason,
                               bool suspended) override {
    return replayed({}, [&] { return inner_->write_suspended(task_id, table, reason, suspended); });
  }
  Result<void> add_labels(const TableRef& type, std::span<const std::string> labels) override {
    return replayed({}, [&] { return inner_->add_labels(type, labels); });
  }
  Result<void> write_history(std::string_view task_id, const HistoryRow& row) override {
    return replayed({}, [&] { return inner_->write_history(task_id, row); });
  }
  Result<std::vector<DroppedObject>> plan_rebuild(std::span<const TargetTable> tables,
                                                  const std::vector<bool>& held_rows) override {
    return replayed({}, [&] { return inner_->plan_rebuild(tables, held_rows); });
  }
  Result<void> drop_objects(std::span<const DroppedObject> objects) override {
    return replayed({}, [&] { return inner_->drop_objects(objects); });
  }
  Result<bool> restore_object(const DroppedObject& object) override {
    return replayed({}, [&] { return inner_->restore_object(object); });
  }
  Result<std::string> lock_holders() override {
    return replayed({}, [&] { return inner_->lock_holders(); });
  }
  Result<LargeObjectPlace> find_large_object(std::string_view task_id, uint32_t number) override {
    return replayed({}, [&] { return inner_->find_large_object(task_id, number); });
  }
  Result<uint64_t> large_object_size(uint32_t number) override {
    return replayed({}, [&] { return inner_->large_object_size(number); });
  }
  Result<std::string> read_large_object(uint32_t number, uint64_t offset, uint32_t length) override {
    return replayed({}, [&] { return inner_->read_large_object(number, offset, length); });
  }
  Result<void> drop_large_objects(std::string_view task_id) override {
    return replayed({}, [&] { return inner_->drop_large_objects(task_id); });
  }
  // One transaction over several calls: its caller begins it again.
  Result<void> begin_large_object(std::string_view task_id, uint32_t number, uint64_t bytes) override {
    return inner_->begin_large_object(task_id, number, bytes);
  }
  Result<void> write_large_object(uint32_t number, uint64_t offset, const std::string& hex) override {
    return inner_->write_large_object(number, offset, hex);
  }
  Result<void> commit_large_object() override { return inner_->commit_large_object(); }
  void abandon_large_object() override { inner_->abandon_large_object(); }
  Result<void> drop_tables(std::span<const TableRef> tables) override {
    return replayed({}, [&] { return inner_->drop_tables(tables); });
  }
  Result<void> truncate(std::span<const TableRef> tables) override {
    return replayed({}, [&] { return inner_->truncate(tables); });
  }
  Result<bool> build(const ObjectDef& object, std::span<const TargetTable> tables) override {
    return replayed({}, [&] { return inner_->build(object, tables); });
  }
  Result<void> empty_for_reload(std::string_view task_id, const TargetTable& table) override {
    return replayed({}, [&] { return inner_->empty_for_reload(task_id, table); });
  }
  Result<void> set_sequence(const SequenceState& sequence) override {
    return replayed({}, [&] { return inner_->set_sequence(sequence); });
  }
  Result<void> finish(const ObjectDef& object, std::span<const TargetTable> tables) override {
    return replayed({}, [&] { return inner_->finish(object, tables); });
  }
  Result<void> restore_constraints(std::string_view script) override {
    return replayed({}, [&] { return inner_->restore_constraints(script); });
  }
  Result<std::vector<std::pair<std::string, uint64_t>>> count_orphans(std::span<const TargetTable> tables) override {
    return replayed({}, [&] { return inner_->count_orphans(tables); });
  }
  Result<void> analyze(const TableRef& table) override {
    return replayed({}, [&] { return inner_->analyze(table); });
  }
  Result<std::unique_ptr<ChangedKeys>> gather_keys(std::string_view task_id, const TargetTable& table,
                                                   std::shared_ptr<const TableDef> keys) override {
    return replayed({}, [&] { return inner_->gather_keys(task_id, table, keys); });
  }
  Result<std::unique_ptr<ChangeWriter>> apply_changes(std::string_view task_id) override {
    return replayed({}, [&] { return inner_->apply_changes(task_id); });
  }

  // Where part of it was done before the replay, the script for that part is kept.
  Result<bool> release_constraints(std::span<const TargetTable> tables, const std::string& saved,
                                   const std::function<Result<void>(const std::string& script)>& save) override {
    std::string kept = saved;
    return replayed({}, [&] {
      return inner_->release_constraints(tables, std::string(kept), [&](const std::string& script) -> Result<void> {
        TRY(save(script));
        kept = script;
        return {};
      });
    });
  }
  Result<std::vector<ActingKey>> acting_keys(std::span<const TargetTable> tables,
                                             std::span<const TableRef> tied) override {
    return replayed({}, [&] { return inner_->acting_keys(tables, tied); });
  }
  Result<std::vector<TableRef>> let_keys_act(
      std::span<const TargetTable> tables, std::span<const TableRef> tied, const std::string& saved,
      const std::function<Result<void>(const std::string& script)>& save) override {
    std::string kept = saved;
    return replayed({}, [&] {
      return inner_->let_keys_act(tables, tied, std::string(kept), [&](const std::string& script) -> Result<void> {
        TRY(save(script));
        kept = script;
        return {};
      });
    });
  }
  // A slice's transaction: its caller replays it.
  Result<std::unique_ptr<TableWriter>> load_table(std::string_view task_id, const TargetTable& table,
                                                  const TableRange& range, Encoding encoding,
                                                  LoadMode mode) override {
    return inner_->load_table(task_id, table, range, encoding, mode);
  }

 private:
  std::unique_ptr<Target> inner_;
};

}  // namespace godwit
