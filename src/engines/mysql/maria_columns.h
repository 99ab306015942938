#pragma once
// Values of the column types that MariaDB alone has. The log strips zeros from the end of the fixed ones.

#include <string_view>

#include "base/byte_buffer.h"

namespace godwit::mysql {

struct ColumnCodec;

// Each false: the value is damaged.
bool append_uuid(ByteBuffer& out, std::string_view raw);
bool append_inet4(ByteBuffer& out, std::string_view raw);
bool append_inet6(ByteBuffer& out, std::string_view raw);
// A value of a COMPRESSED column.
bool append_compressed(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out);

}  // namespace godwit::mysql
