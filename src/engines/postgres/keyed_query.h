#pragma once
// The rows of a table that have one of some keys, as SQL.

#include <string>

#include "data/row_batch.h"

namespace godwit::postgres {

// SELECT of the layout's columns. `keys`: canonical rows of the key's columns, under the names of `table`.
std::string keyed_query(const RowBatch& keys, const TableDef& table, const TableDef& layout);

}  // namespace godwit::postgres
