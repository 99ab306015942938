#pragma once
// What the exception tables hold of a refused row: executable SQL with literals, the key for people, the values as
// JSON (spec/control-tables.md §2). A value over 4 KiB is cut in the statement and whole in the JSON, unless it is
// over 16 MiB.

#include <optional>
#include <string>
#include <vector>

#include "engine/target.h"

namespace godwit::mysql {

// One row in layout order as text, bytes as hexadecimal digits behind 0x; `nothing` of the outer optional: the log
// did not carry the value.
using RowText = std::vector<std::optional<std::optional<std::string>>>;

RowText row_text(const RowBatch& batch, size_t row);

// `before` and `after` may be null as the operation has it. `error`, `code` and `position` are the caller's to fill
// in.
ParkedRow parked_row(const TargetTable& table, Op op, const RowText* before, const RowText* after);

// The first `bytes_max` bytes or fewer, bytes that are no UTF-8 written as \xNN.
std::string plain_text(std::string_view text, size_t bytes_max);

}  // namespace godwit::mysql
