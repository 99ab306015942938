#pragma once
// Rows of a slice, out of the snapshot they were cut from.

#include "engine/source.h"
#include "engines/memory/state.h"

namespace godwit::memory {

// "first-last" and "first-" for the last slice of a leaf: row numbers in the order in which TableContent gives them.
std::string range_bounds(size_t first, std::optional<size_t> last);

class MemoryTableReader : public TableReader {
 public:
  // `columns`: for each column wanted, its index in a stored row.
  MemoryTableReader(State& state, std::shared_ptr<Session> session, std::vector<StoredRow> rows,
                    std::shared_ptr<const TableDef> layout, std::vector<uint32_t> columns);
  Result<bool> read(RowBatch& batch, std::stop_token stop) override;
  uint64_t rows_sent() const override { return next_; }

 private:
  State& state_;
  std::shared_ptr<Session> session_;
  std::vector<StoredRow> rows_;
  std::shared_ptr<const TableDef> layout_;
  std::vector<uint32_t> columns_;
  size_t rows_per_batch_;
  size_t next_ = 0;
};

// The rows of the slice, out of all rows of its leaf.
Result<std::vector<StoredRow>> rows_of_range(const TableRange& range, const std::vector<StoredRow>& all);
// Cuts the rows of one leaf after `range_bytes` bytes or `range_rows` rows; the last slice is open-ended.
void split_leaf(const std::vector<StoredRow>& rows, uint64_t range_bytes, size_t range_rows, const TableRange& like,
                std::vector<TableRange>& out);
// For each column of `layout`, the index of the column of that name in `table`.
Result<std::vector<uint32_t>> columns_of(const TableDef& layout, const TableDef& table);

}  // namespace godwit::memory
