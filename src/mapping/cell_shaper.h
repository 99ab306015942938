#pragma once
// What is done inside single cells: LOB limits, changed types, masks; internal to mapping/. One thread's.

#include <string>
#include <string_view>
#include <vector>

#include "data/row_batch.h"
#include "mapping/mask.h"
#include "mapping/row_shape.h"
#include "mapping/row_shaper.h"

namespace godwit {

class CellShaper {
 public:
  // Appends what becomes of a value, NULL if it cannot be converted. `findings` null: nobody wants to know, as for
  // the old row of a change.
  void append(const ColumnShape& shape, std::string_view value, RowBatch& out, std::vector<ShapeFinding>* findings);
  // The same for a value of the column's own type: mask and change of form.
  void append_masked(const ColumnShape& shape, std::string_view value, RowBatch& out,
                     std::vector<ShapeFinding>* findings);

 private:
  void append_formed(const ColumnShape& shape, std::string_view value, RowBatch& out,
                     std::vector<ShapeFinding>* findings);

  Masker masker_;
  std::string converted_, masked_, formed_;
};

// The row under construction is the next of `out`.
ShapeFinding value_finding(const ColumnShape& shape, const RowBatch& out, std::string message);

}  // namespace godwit
