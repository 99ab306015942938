#include "base/hex.h"

#include <array>
#include <cstdint>

namespace godwit {
namespace {

constexpr std::string_view digits_of_value = "0123456789abcdef";
constexpr uint8_t no_digit = 0xFF;

constexpr std::array<uint8_t, 256> value_of_digit = [] {
  std::array<uint8_t, 256> out{};
  out.fill(no_digit);
  for (uint8_t i = 0; i < 10; ++i) out[static_cast<size_t>('0') + i] = i;
  for (uint8_t i = 0; i < 6; ++i) {
    out[static_cast<size_t>('a') + i] = static_cast<uint8_t>(10 + i);
    out[static_cast<size_t>('A') + i] = static_cast<uint8_t>(10 + i);
  }
  return out;
}();

}  // namespace

void append_hex(ByteBuffer& out, std::string_view bytes) {
  char* at = out.tail(2 * bytes.size());
  for (const char byte : bytes) {
    const auto value = static_cast<uint8_t>(byte);
    *at++ = digits_of_value[value >> 4U];
    *at++ = digits_of_value[value & 0xFU];
  }
  out.advance(2 * bytes.size());
}

bool append_unhex(ByteBuffer& out, std::string_view digits) {
  if (digits.size() % 2 != 0) return false;
  char* at = out.tail(digits.size() / 2);
  for (size_t i = 0; i < digits.size(); i += 2) {
    const uint8_t high = value_of_digit[static_cast<uint8_t>(digits[i])];
    const uint8_t low = value_of_digit[static_cast<uint8_t>(digits[i + 1])];
    if (high == no_digit || low == no_digit) return false;
    *at++ = static_cast<char>(high << 4U | low);
  }
  out.advance(digits.size() / 2);
  return true;
}

}  // namespace godwit
