#pragma once
// One slice into the target: ledger line, rows by LOAD DATA from memory a few MiB at a time, one commit (engine.md
// §2, §4). Nothing in the transaction commits by itself. A merging one looks first which keys are there (engine.md
// §5).

#include <memory>
#include <string>

#include "engine/target.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/control_tables.h"
#include "engines/mysql/row_loading.h"

namespace godwit::mysql {

class MysqlTableWriter : public TableWriter {
 public:
  static Result<std::unique_ptr<TableWriter>> open(Connection& session, const ControlSchema& control,
                                                   std::string_view task_id, const TargetTable& table,
                                                   const TableRange& range, LoadMode mode, uint64_t packet_bytes);
  ~MysqlTableWriter() override { abandon(); }
  Result<void> write(const RowBatch& batch, RowErrors* refused) override;
  Result<void> park(std::span<const ParkedRow> rows) override;
  Result<void> note(std::span<const ParkedRow> rows) override;
  ParkedRow describe(const RowBatch& batch, size_t row) const override;
  Result<void> finish(uint64_t rows_read, const Position& snapshot) override;
  void abandon() override;

 private:
  MysqlTableWriter(Connection& session, const ControlSchema& control, std::string task_id, TargetTable table,
                   TableRange range, LoadMode mode, RowLoading loading);
  Result<void> fence();
  Result<void> flush();
  Result<void> write_carefully(const RowBatch& batch, RowErrors* refused);
  Result<void> insert_rows(const RowBatch& batch, size_t first, size_t count, RowErrors* refused);
  Result<void> insert_row(const RowBatch& batch, size_t row, RowErrors* refused);
  Result<void> insert_without_labels(const RowBatch& batch, size_t row, const Error& why);
  Result<void> load_row(const RowBatch& batch, size_t row);
  Result<bool> is_there(const RowBatch& batch, size_t row, std::span<const uint32_t> columns);
  Result<void> merge(const RowBatch& batch, RowErrors* refused);
  Result<std::vector<bool>> keys_there(const RowBatch& batch, size_t first, size_t count);

  Connection& session_;
  const ControlSchema& control_;
  std::string task_id_;
  TargetTable table_;
  TableRange range_;
  LoadMode mode_;
  RowLoading loading_;
  bool open_ = false;
  uint64_t written_ = 0, refused_ = 0;
  ByteBuffer lines_;  // gathered, not yet sent
  uint64_t gathered_ = 0;
};

// The name of a unique index of exactly these columns, in any order, with the primary key before others; empty: none.
Result<std::string> unique_index_of(Connection& session, const TableDef& layout, std::span<const uint32_t> columns);

}  // namespace godwit::mysql
