#pragma once
// Applies windows of changes to a memory database. The window's tables are working copies until commit(), which fails
// with kind transient when another transaction has changed one of them meanwhile.

#include "engines/memory/applied_rows.h"

namespace godwit::memory {

class MemoryChangeWriter : public ChangeWriter {
 public:
  MemoryChangeWriter(State& state, std::shared_ptr<Session> session, std::string task_id);
  Result<void> begin(const Position& expected) override;
  Result<bool> apply_sets(const TargetTable& table, const NetChanges& net, std::string& why) override;
  ParkedRow describe(const ChangeView& change) const override;
  Result<Progress> apply_in_order(std::span<const ChangeView> changes) override;
  Result<void> check_constraints() override;
  Result<void> set_savepoint() override;
  Result<void> undo_to_savepoint() override;
  Result<void> truncate(std::span<const TableRef> tables) override;
  Result<void> park(std::span<const ParkedRow> rows) override;
  Result<void> note(std::span<const ParkedRow> rows) override;
  Result<void> commit(const Position& next) override;
  void rollback() override;
  Result<Position> durable(bool force) override;

 private:
  struct Window {
    std::map<TableRef, WorkingTable> tables;
    std::vector<ParkedRow> parked, noted;
  };
  Result<void> check_open();
  Result<void> check_fence() const;  // with the mutex held
  Result<WorkingTable*> working(const TableRef& ref);
  Result<bool> apply_one(const ChangeView& change);
  Result<void> commit_window();  // with the mutex held

  State& state_;
  std::shared_ptr<Session> session_;
  std::string task_id_;
  Position expected_;
  std::optional<Window> window_, savepoint_;
};

}  // namespace godwit::memory
