#pragma once
// Row filters as SQL, judged as data/row_filter.h says of the canonical text: numbers by value, text by its bytes,
// dates and times in time order, everything else for equality by its text. And values as literals that a column is
// compared with in its own order.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "data/parallel_load.h"
#include "data/row_batch.h"
#include "data/row_filter.h"
#include "data/table_def.h"

namespace godwit::mysql {

// A condition in brackets. An error of kind table when a filter names a column that `table` does not have.
Result<std::string> filter_condition(const RowFilter& filter, const TableDef& table, std::string_view prefix = "");

// Canonical text as a literal to compare the bare column with, in the column's own order; nothing: there is none
// (enums and sets are ordered by number, documents not at all).
std::optional<std::string> key_literal(const Type& type, std::string_view text);
// Whether the column's value is this one and no other that its collation takes for the same.
std::optional<std::string> same_value(const ColumnDef& column, std::string_view text, std::string_view prefix = "");

// The rows of `table` that have one of the keys `first` to `end`, in brackets. `keys`: canonical, under the names of
// `table`.
Result<std::string> any_key(const RowBatch& keys, size_t first, size_t end, const TableDef& table);

// The conditions of a rule's ranges.
Result<std::vector<std::string>> segment_conditions(const TableDef& table, const ParallelLoad& how);

}  // namespace godwit::mysql
