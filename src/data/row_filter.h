#pragma once
// Which rows of a table a task moves (spec/table-mappings.md §3.2). Plain data: mapping/ reads it from the document,
// a source writes it into its SELECT, mapping/row_shaper.h judges changes by it. Both judge alike: numbers by value,
// text by its bytes, dates and times in time order, everything else for equality only.

#include <string>
#include <vector>

#include "data/type.h"

namespace godwit {

enum class FilterOperator { eq, gte, lte, between, null, noteq, notbetween, notnull };

// Conditions that must all hold; of the others one is enough.
constexpr bool is_negative(FilterOperator op) {
  return op == FilterOperator::noteq || op == FilterOperator::notbetween || op == FilterOperator::notnull;
}

// How the values of a column are compared. A plan's operands are canonical text of that kind: source and shaper judge
// alike when the source compares so too.
enum class FilterComparison {
  number,   // integers, numeric, money: by value, whatever the scale; NaN is greatest. Operands are plain decimals,
            // NaN, Infinity or -Infinity
  real,     // as numbers of the column's own width; NaN is greatest
  text,     // by the bytes of the UTF-8 text (C collation); trailing blanks of a char(n) do not count
  boolean,  // f before t
  date,     // in time order, as are the two below; operands as PostgreSQL writes them in ISO style, UTC
  time,
  datetime,
  identity,  // uuid, enum, inet, json …: = and <> of the canonical text (col::text), nothing else
  none,      // bytes: NULL or not
};

FilterComparison filter_comparison(const Type& type);

struct FilterCondition {
  FilterOperator op = FilterOperator::eq;
  // As the document writes them; in a plan as FilterComparison says. end_value of the two ranges alone.
  std::string value = {}, end_value = {};
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
