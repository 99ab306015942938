#include "engines/memory/table_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engines/memory/errors.h"

namespace godwit::memory {
namespace {

constexpr size_t batch_bytes = 1 << 20;

bool number(std::string_view text, size_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

uint64_t bytes_of(const MemoryRow& row) {
  uint64_t bytes = 0;
  for (const auto& value : row) bytes += value ? value->size() : 1;
  return bytes;
}

}  // namespace

std::string range_bounds(size_t first, std::optional<size_t> last) {
  return last ? fmt::format("{}-{}", first, *last) : fmt::format("{}-", first);
}

MemoryTableReader::MemoryTableReader(State& state, std::shared_ptr<Session> session, std::vector<StoredRow> rows,
                                     std::shared_ptr<const TableDef> layout, std::vector<uint32_t> columns)
    : state_(state),
      session_(std::move(session)),
      rows_(std::move(rows)),
      layout_(std::move(layout)),
      columns_(std::move(columns)),
      rows_per_batch_(state.rows_per_batch) {}

Result<bool> MemoryTableReader::read(RowBatch& batch, std::stop_token stop) {
  batch.clear();
  batch.layout = layout_;
  batch.encoding = Encoding::canonical;
  if (stop.stop_requested()) return Failure(Error{ErrorKind::stopped, "stopped", "a stop was asked for.", ""});
  {
    const std::scoped_lock lock(state_.mutex);
    TRY(state_.check_session(*session_));
  }
  while (next_ < rows_.size() && batch.rows < rows_per_batch_ && batch.arena.size() < batch_bytes) {
    const MemoryRow& row = *rows_[next_++];
    for (const uint32_t column : columns_) {
      if (row[column])
        batch.append_value(*row[column]);
      else
        batch.append_null();
    }
    batch.end_row();
  }
  return batch.rows > 0;
}

Result<std::vector<StoredRow>> rows_of_range(const TableRange& range, const std::vector<StoredRow>& all) {
  if (range.bounds.empty()) return all;
  const std::string_view bounds = range.bounds;
  const size_t dash = bounds.find('-');
  size_t first = 0, last = all.size();
  const bool shaped = dash != std::string_view::npos && number(bounds.substr(0, dash), first) &&
                      (dash + 1 == bounds.size() || number(bounds.substr(dash + 1), last));
  if (!shaped) return Failure(errors::bad_range(range.table, range.bounds));
  last = std::min(last, all.size());
  first = std::min(first, last);
  return std::vector<StoredRow>(all.begin() + static_cast<std::ptrdiff_t>(first),
                                all.begin() + static_cast<std::ptrdiff_t>(last));
}

void split_leaf(const std::vector<StoredRow>& rows, uint64_t range_bytes, size_t range_rows, const TableRange& like,
                std::vector<TableRange>& out) {
  size_t first = 0;
  uint64_t bytes = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    bytes += bytes_of(*rows[i]);
    const bool full = bytes >= range_bytes || i + 1 - first >= range_rows;
    if (!full || i + 1 == rows.size()) continue;
    out.push_back(like);
    out.back().bounds = range_bounds(first, i + 1);
    first = i + 1;
    bytes = 0;
  }
  out.push_back(like);
  out.back().bounds = range_bounds(first, std::nullopt);
}

Result<std::vector<uint32_t>> columns_of(const TableDef& layout, const TableDef& table) {
  std::vector<uint32_t> columns;
  for (const ColumnDef& column : layout.columns) {
    const auto at = find_column(table, column.name);
    if (!at) return Failure(errors::no_column(table.ref, column.name));
    columns.push_back(*at);
  }
  return columns;
}

}  // namespace godwit::memory
