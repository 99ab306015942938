#pragma once
// Refused rows as the exception tables hold them (engine/parked_text.h). A value over 4 KiB is cut in the statement
// and whole in the JSON, unless it is over 16 MiB; bytes are hexadecimal digits behind 0x.

#include <string>

#include "engine/parked_text.h"

namespace godwit::mysql {

RowText row_text(const RowBatch& batch, size_t row);

ParkedRow parked_row(const TargetTable& table, Op op, const RowText* before, const RowText* after);
ParkedRow parked_row(const ChangeView& change);

// The first `bytes_max` bytes or fewer, bytes that are no UTF-8 written as \xNN.
std::string plain_text(std::string_view text, size_t bytes_max);
// The same; what is cut says so at its end.
std::string cut_text(std::string_view text, size_t bytes_max);

}  // namespace godwit::mysql
