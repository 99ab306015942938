#pragma once
// MySQL's binary JSON to MySQL's own text, and partial updates of it. Total: depth and size are bounded.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_buffer.h"

namespace godwit::mysql {

// How whole doubles are written: "1.0", and "1" by servers before 8.0.
enum class JsonReals : uint8_t { with_point, plain };

// `binary`: as a row holds it; empty means null. False: it is damaged.
bool append_json(ByteBuffer& out, std::string_view binary, JsonReals reals);

// The document that becomes of `before` by a series of differences (PARTIAL_UPDATE_ROWS), as text. False: damaged, or
// they do not fit the document.
bool append_changed_json(ByteBuffer& out, std::string_view before, std::string_view differences, JsonReals reals);

}  // namespace godwit::mysql
