#pragma once
// The plan of one table: what is read from the source and where it goes. mapping/ makes it, engines carry it out.

#include <memory>
#include <vector>

#include "data/parallel_load.h"
#include "data/row_filter.h"
#include "data/table_def.h"

namespace godwit {

struct RowShape;  // mapping/row_shape.h

// Without a shape layout->columns[i] takes the values of read->columns[i], and both have the same length and order.
// With one, mapping/row_shaper.h makes rows of `layout` of rows of `read`, whose columns may be others: what the
// filter and expressions need is read too, what rules add or compute is in the layout alone. Targets look at the
// layout only.
struct TargetTable {
  std::shared_ptr<const TableDef> source;     // as the source's catalog has it, every column
  std::shared_ptr<const TableDef> read;       // the columns that are read, under source names; never generated ones
  std::shared_ptr<const TableDef> layout;     // the columns that are written, under target names; its key is the key
                                              // changes are applied by
  std::shared_ptr<const RowFilter> filter{};  // null: every row
  std::shared_ptr<const RowShape> shape{};    // null: cell by cell, as it is
  std::shared_ptr<const ParallelLoad> parallel_load{};  // null: no rule asks for one
  // What the source computes and the rules let move, under target names and with the types of a target of another
  // dialect, which may compute them too (engine/foreign_objects.h). Neither read nor written. `number` is the
  // source's.
  std::vector<ColumnDef> computed{};
  // The target names of all that the source computes and no rule leaves out, where nothing else has the name: a plain
  // column of the name would stay NULL.
  std::vector<std::string> unwritten{};
  // Numbers of the moved columns whose values the layout has as they are read, as far as the target can have them.
  std::vector<int16_t> as_read{};
};

// Whether the target can have the source's partitions: its types are the source's own.
bool can_have_leaves(const TargetTable& table);

// True when neither schema, table nor column names differ and no column is left out.
bool is_identity(const TargetTable& table);

}  // namespace godwit
