#pragma once
// What the exception tables hold of a refused row: executable SQL with literals, the key for people, the values as
// JSON (spec/control-tables.md §2). How a dialect writes names and values is the engine's.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/target.h"

namespace godwit {

// One row in layout order as text; `nothing` of the outer optional: the log did not carry the value.
using RowText = std::vector<std::optional<std::optional<std::string>>>;

struct ParkedDialect {
  std::string (*quote_name)(std::string_view name) = nullptr;
  std::string (*quote_table)(const TableRef& table) = nullptr;
  // A value's text out of a batch; a very long one is cut, and says so.
  std::string (*value)(const ColumnDef& column, std::string_view value) = nullptr;
  // What stands for it in a statement.
  std::string (*literal)(const ColumnDef& column, const std::optional<std::string>& value) = nullptr;
  // The first `bytes_max` bytes or fewer, as the exception tables can hold them.
  std::string (*printable)(std::string_view text, size_t bytes_max) = nullptr;
  // The same for a member of the JSON object.
  std::string (*json_value)(std::string_view text) = nullptr;
};

constexpr size_t parked_literal_bytes_max = 4096;

RowText row_text(const RowBatch& batch, size_t row, const ParkedDialect& dialect);

// `before` and `after` may be null as the operation has it. `error`, `code` and `position` are the caller's to fill
// in.
ParkedRow parked_row(const TargetTable& table, Op op, const RowText* before, const RowText* after,
                     const ParkedDialect& dialect);
ParkedRow parked_row(const ChangeView& change, const ParkedDialect& dialect);

}  // namespace godwit
