#pragma once
// One change at a time on a working copy of a table: what the table writer and the change writer share.

#include "engine/target.h"
#include "engines/memory/state.h"

namespace godwit::memory {

// A table as one transaction sees it.
struct WorkingTable {
  TableContent content;
  uint64_t base_version = 0;  // of the table it was copied from
  RowFilter refuse;           // may be empty
};

// With the state's mutex held.
Result<WorkingTable> copy_table(State& state, const TableRef& ref);

// A stored row from a batch's row. Columns the layout lacks are NULL, or as in `old` where there is one; so are cells
// that the log did not carry. `columns`: for each of the layout, its index in the table.
Result<MemoryRow> stored_row(const WorkingTable& table, std::span<const uint32_t> columns, const RowBatch& batch,
                             size_t row, const MemoryRow* old);
Result<void> insert_row(WorkingTable& table, MemoryRow row);

// False: an UPDATE or DELETE found no row. Errors of kind data and conflict leave no trace.
Result<bool> apply_change(WorkingTable& table, std::span<const uint32_t> columns, const ChangeView& change);
// Whether an UPDATE gives the row another key.
bool changes_key(const ChangeView& change);

// What the exception tables hold of a row; error, code and position are left out.
ParkedRow describe_row(const ChangeView& change);

}  // namespace godwit::memory
