#pragma once
// The values of a table's expressions, row by row; internal to mapping/. One thread's.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mapping/cell_shaper.h"
#include "mapping/expression.h"
#include "mapping/row_shape.h"
#include "mapping/row_shaper.h"

namespace godwit {

// One cell as an expression sees it.
struct SeenCell {
  enum class State : uint8_t { value, null, unknown };  // unknown: the log does not carry it
  State state = State::null;
  std::string_view bytes;
};

// What an expression sees beside the row.
struct RowFacts {
  Op operation = Op::insert;
  std::string stream_position, commit_time, change_sequence;
};

// Of a load, and of a change.
RowFacts facts_of_load(int64_t now_us);
RowFacts facts_of_change(Op operation, const ChangeFacts& facts);

class ColumnEvaluator {
 public:
  // Errors of kind table: SQLite does not take an expression.
  static Result<std::unique_ptr<ColumnEvaluator>> open(const TableDef& source, const TableDef& read,
                                                       const RowShape& shape);

  // Appends the value of a layout column whose ColumnShape::from is `expression`. `cell_of(read column)` gives a
  // SeenCell; one that is unknown counts as NULL.
  template <class CellOf>
  void append(uint32_t column, const CellOf& cell_of, const RowFacts& facts, CellShaper& cells, RowBatch& out,
              std::vector<ShapeFinding>& findings) {
    const ShapedExpression& expression = *shape_.columns[column].expression;
    for (size_t i = 0; i < expression.sources.size(); ++i) {
      const VariableSource& source = expression.sources[i];
      if (source.kind == VariableSource::Kind::column)
        bind_cell(column, i, cell_of(source.column));
      else
        bind_fact(column, i, facts);
    }
    evaluate(column, facts, cells, out, findings);
  }

 private:
  ColumnEvaluator(const TableDef& read, const RowShape& shape) : read_(read), shape_(shape) {}
  void bind_cell(uint32_t column, size_t variable, const SeenCell& cell);
  void bind_number(Expression& expression, size_t variable, const Type& type, std::string_view text, bool as_text);
  void bind_fact(uint32_t column, size_t variable, const RowFacts& facts);
  void evaluate(uint32_t column, const RowFacts& facts, CellShaper& cells, RowBatch& out,
                std::vector<ShapeFinding>& findings);

  const TableDef& read_;
  const RowShape& shape_;
  std::unique_ptr<ExpressionEngine> engine_;
  std::vector<std::unique_ptr<Expression>> expressions_;  // by column of the layout; null: it has none
  std::string scratch_, number_;
};

}  // namespace godwit
