#pragma once
// Slices that a table-settings rule asks for (spec/table-mappings.md §5.1). The bounds of a range are its condition
// behind a question mark; it needs no more to be read again.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/parallel_load.h"
#include "data/table_def.h"

namespace godwit::postgres {

inline bool is_segment(std::string_view bounds) {
  return bounds.starts_with('?');
}
inline std::string segment_condition(std::string_view bounds) {
  return "(" + std::string(bounds.substr(1)) + ")";
}

// The bounds of the N + 1 segments that N boundaries make, in order. Rows with NULL in one of the columns are in
// none. An error of kind table: the table has no such column.
Result<std::vector<std::string>> segment_bounds(const TableDef& table, const ParallelLoad& how);

}  // namespace godwit::postgres
