#pragma once
// What the exception tables hold of a refused row: executable SQL with literals, the key for people, the values as
// JSON (spec/control-tables.md §2). A value over 4 KiB is cut in the statement and whole in the JSON, unless it is
// over 64 MiB.

#include <optional>
#include <string>
#include <vector>

#include "engine/target.h"

namespace godwit::postgres {

// One row in layout order; `nothing` of the outer optional: the log did not carry the value.
using RowText = std::vector<std::optional<std::optional<std::string>>>;

RowText row_text(const RowBatch& batch, size_t row);

// `before` and `after` may be null as the operation has it. `error`, `code` and `position` are the caller's to fill
// in.
ParkedRow parked_row(const TargetTable& table, Op op, const RowText* before, const RowText* after);

// One row of COPY data, as a load read it.
ParkedRow parked_load_row(const TargetTable& table, std::string_view row, Encoding encoding);

}  // namespace godwit::postgres
