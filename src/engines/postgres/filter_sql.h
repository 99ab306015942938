#pragma once
// Row filters as SQL, judged as data/row_filter.h says: numbers by value, text by its bytes, dates and times in time
// order, everything else for equality by its text.

#include <string>
#include <string_view>

#include "base/result.h"
#include "data/row_filter.h"
#include "data/table_def.h"

namespace godwit::postgres {

// A value of a document and what it is compared with, both of one type with the order that filters mean.
struct Comparable {
  std::string column;   // SQL of the column's side
  std::string type;     // of the value
  std::string collate;  // behind the column; may be empty
};
// `prefix` stands before the column's name ("t." or nothing).
Comparable comparable(const ColumnDef& column, std::string_view prefix);
std::string typed_literal(const Comparable& as, std::string_view value);

// A condition in brackets. An error of kind table when a filter names a column that `table` does not have.
Result<std::string> filter_condition(const RowFilter& filter, const TableDef& table, std::string_view prefix);

}  // namespace godwit::postgres
