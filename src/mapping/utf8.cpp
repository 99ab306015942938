#include "mapping/utf8.h"

namespace godwit {
namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

size_t character_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text.front());
  const size_t wanted = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  size_t length = 1;
  while (length < wanted && length < text.size() && is_continuation(text[length])) ++length;
  return length == wanted ? length : 1;
}

size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); text.remove_prefix(character_bytes(text))) ++count;
  return count;
}

std::string_view cut_at_character(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  size_t at = bytes;
  for (size_t back = 0; back < 3 && at > 0 && is_continuation(text[at]); ++back) --at;
  return text.substr(0, is_continuation(text[at]) ? bytes : at);
}

}  // namespace godwit
