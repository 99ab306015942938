#include "data/target_table.h"

namespace godwit {

bool can_have_leaves(const TargetTable& table) {
  if (table.read->columns.empty() || table.layout->columns.empty()) return true;
  return table.read->columns[0].type.dialect == table.layout->columns[0].type.dialect;
}

bool is_identity(const TargetTable& table) {
  if (table.source->ref != table.layout->ref) return false;
  size_t moved = 0;
  for (const ColumnDef& column : table.source->columns) {
    if (column.generated) continue;
    if (moved >= table.layout->columns.size() || table.layout->columns[moved].name != column.name) return false;
    ++moved;
  }
  return moved == table.layout->columns.size();
}

}  // namespace godwit
