#include "mapping/table_draft.h"

#include <algorithm>

#include "mapping/errors.h"

namespace godwit {

TableDef TableDraft::layout() const {
  TableDef table = source;
  table.columns = columns;
  table.key = key;
  table.identity = identity;
  return table;
}

void TableDraft::warn(std::string warning) {
  if (std::ranges::find(warnings, warning) == warnings.end()) warnings.push_back(std::move(warning));
}

Result<uint32_t> TableDraft::read_column(std::string_view name, std::string_view what) {
  const std::optional<uint32_t> column = find_column(source, name);
  if (!column) return Failure(mapped_column_missing(source.ref, name, what));
  if (source.columns[*column].generated) return Failure(mapped_column_generated(source.ref, name, what));
  const auto at = std::ranges::find(read, *column);
  if (at != read.end()) return static_cast<uint32_t>(at - read.begin());
  read.push_back(*column);
  return static_cast<uint32_t>(read.size() - 1);
}

std::optional<uint32_t> TableDraft::moved_index(uint32_t source_column) const {
  const auto end = read.begin() + static_cast<std::ptrdiff_t>(moved);
  const auto at = std::find(read.begin(), end, source_column);
  if (at == end) return std::nullopt;
  return static_cast<uint32_t>(at - read.begin());
}

Result<void> TableDraft::add_column(ColumnDef column, ColumnShape column_shape, std::string reason) {
  const auto [other, is_new] = reason_of_name.emplace(column.name, reason);
  if (!is_new) return Failure(mapped_columns_collide(source.ref, column.name, other->second, reason));
  columns.push_back(std::move(column));
  shape.columns.push_back(std::move(column_shape));
  return {};
}

}  // namespace godwit
