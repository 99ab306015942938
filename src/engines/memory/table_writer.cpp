#include "engines/memory/table_writer.h"

#include <algorithm>

#include "engines/memory/errors.h"
#include "engines/memory/table_reader.h"

namespace godwit::memory {

MemoryTableWriter::MemoryTableWriter(State& state, std::shared_ptr<Session> session, Slice slice,
                                     WorkingTable working, std::vector<uint32_t> columns, LoadMode mode)
    : state_(state),
      session_(std::move(session)),
      slice_(std::move(slice)),
      working_(std::move(working)),
      columns_(std::move(columns)),
      mode_(mode) {}

Result<std::unique_ptr<MemoryTableWriter>> MemoryTableWriter::open(State& state, std::shared_ptr<Session> session,
                                                                   Slice slice, LoadMode mode) {
  TRY(check_ledger(state, slice));
  WorkingTable working = TRY(copy_table(state, slice.table.layout->ref));
  std::vector<uint32_t> columns = TRY(columns_of(*slice.table.layout, *working.content.def()));
  return std::unique_ptr<MemoryTableWriter>(new MemoryTableWriter(state, std::move(session), std::move(slice),
                                                                  std::move(working), std::move(columns), mode));
}

// Of the key, as indexes in the table.
std::vector<uint32_t> MemoryTableWriter::key_columns() const {
  std::vector<uint32_t> out;
  if (slice_.table.layout->key)
    for (const uint32_t column : slice_.table.layout->key->columns) out.push_back(columns_[column]);
  return out;
}

void MemoryTableWriter::erase_keys(const std::set<MemoryRow>& keys) {
  erased_ = keys;
  erase_from(working_.content);
}

void MemoryTableWriter::erase_from(TableContent& content) const {
  const std::vector<uint32_t> key = key_columns();
  for (const MemoryRow& values : erased_)
    if (const StoredRow row = content.find(key, values)) content.erase(row);
}

bool MemoryTableWriter::is_there(const TableContent& content, const MemoryRow& row) const {
  const std::vector<uint32_t> key = key_columns();
  MemoryRow values;
  for (const uint32_t column : key) values.push_back(row[column]);
  return mode_.merging && content.find(key, values) != nullptr;
}

Result<void> MemoryTableWriter::check_ledger(State& state, const Slice& slice) {
  const bool done = std::ranges::any_of(state.tasks[slice.task_id].ledger, [&](const LedgerLine& line) {
    return line.table == slice.table.source->ref && line.slice == slice.index;
  });
  if (done) return Failure(errors::slice_done(slice.table.source->ref, slice.index));
  return {};
}

Result<void> MemoryTableWriter::write_row(const RowBatch& batch, size_t row) {
  MemoryRow values = TRY(stored_row(working_, columns_, batch, row, nullptr));
  if (is_there(working_.content, values)) {
    ++passed_over_;
    return {};
  }
  auto stored = std::make_shared<const MemoryRow>(std::move(values));
  TRY(working_.content.insert(stored));
  written_.push_back(std::move(stored));
  return {};
}

Result<void> MemoryTableWriter::write(const RowBatch& batch, RowErrors* refused) {
  if (!open_) return Failure(errors::no_transaction());
  if (batch.encoding != Encoding::canonical || (refused != nullptr && !mode_.careful))
    return Failure(errors::wrong_encoding(slice_.table.layout->ref));
  {
    const std::scoped_lock lock(state_.mutex);
    TRY(state_.check_session(*session_));
  }
  for (size_t row = 0; row < batch.rows; ++row) {
    const Result<void> written = write_row(batch, row);
    if (written) continue;
    if (refused == nullptr) return written;
    ++refused_;
    const ChangeView change{&slice_.table, Op::insert, nullptr, &batch, Change::no_row, static_cast<uint32_t>(row)};
    refused->push_back({written.error(), describe_row(change)});
  }
  return {};
}

Result<void> MemoryTableWriter::park(std::span<const ParkedRow> rows) {
  if (!open_) return Failure(errors::no_transaction());
  parked_.insert(parked_.end(), rows.begin(), rows.end());
  return {};
}

Result<void> MemoryTableWriter::note(std::span<const ParkedRow> rows) {
  if (!open_) return Failure(errors::no_transaction());
  noted_.insert(noted_.end(), rows.begin(), rows.end());
  return {};
}

ParkedRow MemoryTableWriter::describe(const RowBatch& batch, size_t row) const {
  return describe_row({&slice_.table, Op::insert, nullptr, &batch, Change::no_row, static_cast<uint32_t>(row)});
}

// Other slices of the table may have been committed since this one was opened.
Result<void> MemoryTableWriter::merge_rows(Table& into) {
  if (into.version == working_.base_version) {
    into.content = std::move(working_.content);
    return {};
  }
  TableContent merged = into.content;
  erase_from(merged);
  for (const StoredRow& row : written_)
    if (!is_there(merged, *row)) TRY(merged.insert(row));
  into.content = std::move(merged);
  return {};
}

Result<void> MemoryTableWriter::finish(uint64_t rows_read, const Position& snapshot) {
  if (!open_) return Failure(errors::no_transaction());
  open_ = false;
  const TableRef& source = slice_.table.source->ref;
  const uint64_t taken = written_.size() + passed_over_;
  if (rows_read != taken + refused_)
    return Failure(errors::count_mismatch(source, slice_.index, rows_read, taken + refused_));
  const std::scoped_lock lock(state_.mutex);
  TRY(state_.before_commit(*session_));
  TRY(check_ledger(state_, slice_));
  Table& table = *TRY(state_.find_table(slice_.table.layout->ref));
  TRY(merge_rows(table));
  table.version = state_.next_number++;
  state_.tasks[slice_.task_id].ledger.push_back({source, slice_.index, rows_read, taken, refused_, snapshot});
  for (ParkedRow& row : parked_) state_.parked.push_back({slice_.task_id, std::move(row)});
  for (ParkedRow& row : noted_) state_.noted.push_back({slice_.task_id, std::move(row)});
  return state_.after_commit(*session_);
}

void MemoryTableWriter::abandon() {
  open_ = false;
}

}  // namespace godwit::memory
