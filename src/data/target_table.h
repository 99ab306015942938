#pragma once
// The plan of one table: what is read from the source and where it goes. mapping/ makes it, engines carry it out.

#include <memory>

#include "data/table_def.h"

namespace godwit {

// layout->columns[i] takes the values of read->columns[i]; both have the same length and order.
struct TargetTable {
  std::shared_ptr<const TableDef> source;  // as the source's catalog has it, every column
  std::shared_ptr<const TableDef>
      read;  // the columns that are moved, under source names; generated ones are not among them
  std::shared_ptr<const TableDef>
      layout;  // the same columns under target names; its key is the key changes are applied by
};

// True when neither schema, table nor column names differ and no column is left out.
bool is_identity(const TargetTable& table);

}  // namespace godwit
