#pragma once
// One canonical row by a statement of its own, its bytes bound as they are: for rows whose COPY line would pass the
// gigabyte that a server can take.

#include <string_view>
#include <vector>

#include "data/row_batch.h"
#include "data/target_table.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

// Per column of the layout: its canonical cells are bytes, and so is the target's column. The user's own table may
// hold them as another type: then they go as text.
Result<std::vector<bool>> byte_columns(Connection& session, const TargetTable& table);

// `into`: the quoted name of a table with the layout's columns.
Result<void> insert_row(Connection& session, std::string_view into, const TargetTable& table,
                        const std::vector<bool>& bytes, const RowBatch& rows, size_t row);

}  // namespace godwit::postgres
