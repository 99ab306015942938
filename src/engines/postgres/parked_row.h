#pragma once
// Refused rows as the exception tables hold them (engine/parked_text.h). A value over 4 KiB is cut in the statement
// and whole in the JSON, unless it is over 64 MiB.

#include <string_view>

#include "engine/parked_text.h"

namespace godwit::postgres {

RowText row_text(const RowBatch& batch, size_t row);

ParkedRow parked_row(const TargetTable& table, Op op, const RowText* before, const RowText* after);
ParkedRow parked_row(const ChangeView& change);

// One row of COPY data, as a load read it.
ParkedRow parked_load_row(const TargetTable& table, std::string_view row, Encoding encoding);

}  // namespace godwit::postgres
