#pragma once
// Loads one slice into a memory database.

#include <set>

#include "engines/memory/applied_rows.h"

namespace godwit::memory {

class MemoryTableWriter : public TableWriter {
 public:
  struct Slice {
    std::string task_id;
    TargetTable table;
    uint32_t index = 0;
  };
  // With the state's mutex held. An error of kind superseded when the ledger holds the slice.
  static Result<std::unique_ptr<MemoryTableWriter>> open(State& state, std::shared_ptr<Session> session, Slice slice,
                                                         LoadMode mode);
  // Deletes the rows that have one of these keys, in the order of the layout's key.
  void erase_keys(const std::set<MemoryRow>& keys);
  Result<void> write(const RowBatch& batch, RowErrors* refused) override;
  Result<void> park(std::span<const ParkedRow> rows) override;
  Result<void> note(std::span<const ParkedRow> rows) override;
  ParkedRow describe(const RowBatch& batch, size_t row) const override;
  Result<void> finish(uint64_t rows_read, const Position& snapshot) override;
  void abandon() override;

 private:
  // `columns`: for each column of the layout, its index in the table.
  MemoryTableWriter(State& state, std::shared_ptr<Session> session, Slice slice, WorkingTable working,
                    std::vector<uint32_t> columns, LoadMode mode);
  static Result<void> check_ledger(State& state, const Slice& slice);
  std::vector<uint32_t> key_columns() const;
  void erase_from(TableContent& content) const;
  bool is_there(const TableContent& content, const MemoryRow& row) const;
  Result<void> write_row(const RowBatch& batch, size_t row);
  Result<void> merge_rows(Table& into);

  State& state_;
  std::shared_ptr<Session> session_;
  Slice slice_;
  WorkingTable working_;
  std::vector<uint32_t> columns_;
  LoadMode mode_;
  bool open_ = true;
  std::set<MemoryRow> erased_;
  std::vector<StoredRow> written_;
  uint64_t refused_ = 0, passed_over_ = 0;
  std::vector<ParkedRow> parked_, noted_;
};

}  // namespace godwit::memory
