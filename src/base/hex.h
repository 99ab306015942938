#pragma once
// Bytes as hexadecimal digits and back.

#include <string_view>

#include "base/byte_buffer.h"

namespace godwit {

// Two lower-case digits a byte.
void append_hex(ByteBuffer& out, std::string_view bytes);

// Appends what the digits say, of either case. False, and nothing is appended: an odd count, or no digit.
bool append_unhex(ByteBuffer& out, std::string_view digits);

}  // namespace godwit
