#pragma once
// A row filter made ready for judging canonical cells (data/row_filter.h says how values compare). Immutable; shared
// between threads.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/row_batch.h"
#include "data/row_filter.h"
#include "mapping/civil_time.h"

namespace godwit {

// `unknown` where the log does not carry a value that decides.
enum class Truth : uint8_t { no, unknown, yes };

Truth both(Truth a, Truth b);
Truth either(Truth a, Truth b);

// One side of a comparison, in the form its FilterComparison needs.
struct Operand {
  std::string text = {};  // canonical
  double real = 0;
  Moment moment = {};
  bool padded = false;  // trailing blanks of cells do not count
};

// False: the text is no value of such a column. `text` becomes canonical.
bool read_operand(const Type& type, std::string_view written, Operand& out);

// Below, equal, above. `cell` is canonical text of the type; what cannot be read compares as greatest. Not for
// FilterComparison::none.
int compare_with(const Type& type, FilterComparison comparison, std::string_view cell, const Operand& operand);

struct Predicate {
  struct Condition {
    FilterOperator op = FilterOperator::eq;
    Operand value, end_value;
  };
  struct Column {
    uint32_t column = 0;  // of the rows that are judged
    Type type;
    FilterComparison comparison = FilterComparison::text;
    std::vector<Condition> conditions;
  };
  std::vector<std::vector<Column>> rules;  // all of one, of any
};

// One cell of a row that is judged.
struct JudgedCell {
  bool known = true;
  bool null = false;
  std::string_view text;
};

Truth judge(const Predicate::Column& column, const JudgedCell& cell);

// `cell_of(column)` gives a JudgedCell.
template <class CellOf>
Truth judge(const Predicate& predicate, const CellOf& cell_of) {
  Truth any = Truth::no;
  for (const std::vector<Predicate::Column>& rule : predicate.rules) {
    Truth all = Truth::yes;
    for (const Predicate::Column& column : rule) {
      all = both(all, judge(column, cell_of(column.column)));
      if (all == Truth::no) break;
    }
    any = either(any, all);
    if (any == Truth::yes) break;
  }
  return any;
}

}  // namespace godwit
