#pragma once
// Big-endian integers appended to a ByteBuffer: the counterpart of ByteReader.

#include <cstdint>

#include "base/byte_buffer.h"

namespace godwit {

template <class Int>
void append_big_endian(ByteBuffer& out, Int value) {
  char* at = out.tail(sizeof(Int));
  const auto raw = static_cast<uint64_t>(value);
  for (size_t i = 0; i < sizeof(Int); ++i) at[i] = static_cast<char>(raw >> (8 * (sizeof(Int) - 1 - i)));
  out.advance(sizeof(Int));
}

}  // namespace godwit
