#include "base/base64.h"

#include <array>
#include <cstdint>

namespace godwit {
namespace {

constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t none = 64;

std::string encode(std::string_view bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out += alphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) out += alphabet[bits << (6 - held) & 63];
  return out;
}

constexpr std::array<uint8_t, 256> values = [] {
  std::array<uint8_t, 256> made{};
  made.fill(none);
  for (uint8_t i = 0; i < 64; ++i) {
    made[static_cast<unsigned char>(plain[i])] = i;
    made[static_cast<unsigned char>(url[i])] = i;
  }
  return made;
}();

}  // namespace

std::string base64(std::string_view bytes) {
  std::string out = encode(bytes, plain);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::string base64_url(std::string_view bytes) {
  return encode(bytes, url);
}

std::optional<std::string> from_base64(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const uint8_t value = values[static_cast<unsigned char>(c)];
    if (value == none) return std::nullopt;
    bits = bits << 6 | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 255);
  }
  return out;
}

}  // namespace godwit
