#include "control/log_line.h"

#include "base/clock.h"
#include "base/text.h"

namespace godwit {
namespace {

size_t digits_at(std::string_view text, size_t at, size_t most) {
  size_t count = 0;
  while (count < most && at + count < text.size() && is_digit(text[at + count])) ++count;
  return count;
}

// Bytes of the UTF-8 character at the text's start; 0: there is none.
size_t utf8_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  const unsigned second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool outside = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || outside ? 0 : length;
}

}  // namespace

std::optional<LogLineStart> log_line_start(std::string_view line) {
  constexpr size_t stamp_bytes = 19, sequence_digits_max = 20;
  line = line.substr(0, log_line_start_bytes_max);
  size_t at = digits_at(line, 0, sequence_digits_max);
  if (at > 0 && line.substr(at, 2) == ": ")
    at += 2;
  else
    at = 0;
  if (line.size() < at + stamp_bytes || line[at + 10] != 'T') return std::nullopt;
  int64_t us = 0;
  if (!parse_utc(line.substr(at, stamp_bytes), us)) return std::nullopt;
  size_t end = at + stamp_bytes;
  int64_t micros = 0;
  if (end < line.size() && (line[end] == ':' || line[end] == '.')) {
    const size_t digits = digits_at(line, end + 1, 6);
    if (digits == 0) return std::nullopt;
    for (size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < digits ? line[end + 1 + i] - '0' : 0);
    end += 1 + digits;
  }
  if (line.substr(end, 2) != " [") return std::nullopt;
  return LogLineStart{(us + micros) / 1000, at};
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = utf8_bytes(text);
    if (length == 0)
      out += "\xEF\xBF\xBD";
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace godwit
