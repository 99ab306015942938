#pragma once
// Row filters over stored rows, judged as data/row_filter.h says.

#include <vector>

#include "base/result.h"
#include "data/row_filter.h"
#include "engines/memory/row_store.h"

namespace godwit::memory {

// Drops the rows that do not pass; null: none.
Result<void> keep_passing(const godwit::RowFilter* filter, const TableDef& table, std::vector<StoredRow>& rows);

}  // namespace godwit::memory
