#pragma once
// One slice into the target: ledger line, rows by COPY … FROM STDIN, one commit (engine.md §2, §4). A merging one
// copies into a temporary table and inserts from there, ON CONFLICT of the key DO NOTHING (engine.md §5).

#include <memory>
#include <optional>
#include <string>

#include "engine/target.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/control_tables.h"
#include "engines/postgres/copy_binary.h"

namespace godwit::postgres {

class PostgresTableWriter : public TableWriter {
 public:
  static Result<std::unique_ptr<TableWriter>> open(Connection& session, const ControlSchema& control,
                                                   std::string_view task_id, const TargetTable& table,
                                                   const TableRange& range, Encoding encoding, LoadMode mode);
  ~PostgresTableWriter() override { abandon(); }
  Result<void> write(const RowBatch& batch, RowErrors* refused) override;
  Result<void> park(std::span<const ParkedRow> rows) override;
  Result<void> note(std::span<const ParkedRow> rows) override;
  ParkedRow describe(const RowBatch& batch, size_t row) const override;
  Result<void> finish(uint64_t rows_read, const Position& snapshot) override;
  void abandon() override;

 private:
  PostgresTableWriter(Connection& session, const ControlSchema& control, std::string task_id, TargetTable table,
                      TableRange range, Encoding encoding, LoadMode mode);
  Result<void> fence();
  Result<void> make_stage();
  Result<void> start_copy(const std::string& sql);
  Result<void> send(std::string_view bytes);
  Result<void> choose_wire();
  Result<void> stream(const RowBatch& batch);
  Result<uint64_t> end_copy();
  Result<uint64_t> finish_copy();
  Result<void> write_notes();
  Result<uint64_t> copy_once(const std::string& sql, std::string_view bytes);
  Result<uint64_t> take(std::string_view bytes);
  Result<uint64_t> merge_stage(uint64_t rows);
  Result<void> write_giant(const RowBatch& batch, RowErrors* refused);
  Result<void> insert(const RowBatch& batch, size_t row);
  Result<bool> is_there(std::string_view row);
  Result<bool> is_there_by_values(std::string_view row);
  Result<void> write_rows(std::string_view bytes, RowErrors& refused);

  Connection& session_;
  const ControlSchema& control_;
  std::string task_id_;
  TargetTable table_;
  TableRange range_;
  Encoding encoding_;  // of the batches
  Encoding wire_;      // what COPY gets: canonical rows are written as text, or binary while that serves
  std::optional<BinaryTuples> tuples_;  // writes canonical rows as binary
  LoadMode mode_;
  bool open_ = false, copying_ = false;
  uint64_t written_ = 0, refused_ = 0;
  std::string into_;  // the table, or the stage
  std::string copy_sql_;
  std::vector<ParkedRow> notes_;  // wait while COPY has the session
  size_t notes_bytes_ = 0;
  ByteBuffer text_;                                // a canonical batch as COPY lines or tuples
  std::optional<std::vector<bool>> byte_columns_;  // of giant canonical rows, once there was one
  std::string merge_sql_;                          // from the stage into the table, for a merging writer
};

}  // namespace godwit::postgres
