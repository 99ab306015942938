#include "data/target_table.h"

namespace godwit {

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
