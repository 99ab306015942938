#pragma once
// Changes of one table as its shape wants them; internal to mapping/, the contract is RowShaper::shape_change.

#include <optional>
#include <vector>

#include "mapping/cell_shaper.h"
#include "mapping/column_evaluator.h"
#include "mapping/errors.h"

namespace godwit {

SeenCell seen(const RowBatch& batch, const Cell& cell);

class ChangeShaper {
 public:
  ChangeShaper(const RowShape& shape, bool old_rows_are_whole, CellShaper& cells, ColumnEvaluator& evaluator)
      : shape_(shape),
        cells_(cells),
        evaluator_(evaluator),
        may_look_up_(!old_rows_are_whole && may_look_up(shape)) {}

  // Not for truncates.
  std::optional<Change> shape(const Change& change, const RowBatch& in, const ChangeFacts& facts, RowBatch& out,
                              std::vector<ShapeFinding>& findings);

 private:
  struct Images;  // the change under way
  std::optional<Change> insert(const Images& images, RowBatch& out, std::vector<ShapeFinding>& findings);
  std::optional<Change> update(const Images& images, RowBatch& out, std::vector<ShapeFinding>& findings);
  std::optional<Change> erase(const Images& images, RowBatch& out, std::vector<ShapeFinding>& findings);

  // Each appends a row and answers its number.
  uint32_t append_new(const Images& images, bool whole, RowBatch& out, std::vector<ShapeFinding>& findings);
  uint32_t append_old(const Images& images, RowBatch& out);
  uint32_t append_finder(const Images& images, RowBatch& out);
  uint32_t append_mark(const Images& images, RowBatch& out, std::vector<ShapeFinding>& findings);
  void append_cell(const ColumnShape& shape, const SeenCell& cell, RowBatch& out,
                   std::vector<ShapeFinding>* findings);
  void append_before_image(const Images& images, const ColumnShape& shape, RowBatch& out);
  void append_expression(const Images& images, uint32_t column, RowBatch& out, std::vector<ShapeFinding>& findings);
  static bool lacks_value(const Images& images, const ColumnShape& shape);
  bool needs_look_up(const Images& images) const;
  static bool may_look_up(const RowShape& shape);

  const RowShape& shape_;
  CellShaper& cells_;
  ColumnEvaluator& evaluator_;
  // A row that was looked up is the source's of a later time: what the log then says of it may be done already.
  const bool may_look_up_;
};

}  // namespace godwit
