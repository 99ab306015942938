#pragma once
// Which rows of a table a task moves (spec/table-mappings.md §3.2). Plain data: mapping/ reads it from the document,
// a source writes it into its SELECT, mapping/row_shaper.h judges changes by it. Both judge alike: numbers by value,
// text by its bytes, dates and times in time order, everything else for equality only.

#include <string>
#include <vector>

namespace godwit {

enum class FilterOperator { eq, gte, lte, between, null, noteq, notbetween, notnull };

struct FilterCondition {
  FilterOperator op = FilterOperator::eq;
  std::string value, end_value;  // as the document writes them; end_value of the two ranges alone
};

// A row passes when one of the inclusive (eq, gte, lte, between) and null conditions holds, if there are any, and
// every negative one (noteq, notbetween, notnull) does. A comparison with NULL does not hold.
struct ColumnFilter {
  std::string column;  // source name
  std::vector<FilterCondition> conditions;
};

// One rule's filters must all pass; a row that passes those of any rule is moved.
struct RowFilter {
  std::vector<std::vector<ColumnFilter>> rules;
};

}  // namespace godwit
