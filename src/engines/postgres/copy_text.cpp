#include "engines/postgres/copy_text.h"

#include <array>
#include <cstring>

#include "base/byte_reader.h"
#include "base/hex.h"

namespace godwit::postgres {
namespace {

// For each byte: the letter after the backslash, or 0 when it needs none.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> table{};
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['\v'] = 'v';
  table['\\'] = '\\';
  return table;
}
constexpr std::array<char, 256> escapes = make_escapes();

int octal(char c) {
  return c >= '0' && c <= '7' ? c - '0' : -1;
}

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// \ooo and \xhh: up to three octal or two hexadecimal digits; `at` is on the first digit.
char numeric_escape(std::string_view text, size_t& at, int base, size_t digits_max) {
  int value = 0;
  for (size_t i = 0; i < digits_max && at < text.size(); ++i, ++at) {
    const int digit = base == 8 ? octal(text[at]) : hexadecimal(text[at]);
    if (digit < 0) break;
    value = value * base + digit;
  }
  return static_cast<char>(value);
}

}  // namespace

void append_copy_value(ByteBuffer& out, std::string_view value) {
  size_t clean = 0;  // start of the run that needs no escape
  for (size_t at = 0; at < value.size(); ++at) {
    const char escape = escapes[static_cast<unsigned char>(value[at])];
    if (escape == 0) continue;
    out.append(value.substr(clean, at - clean));
    out.push_back('\\');
    out.push_back(escape);
    clean = at + 1;
  }
  out.append(value.substr(clean));
}

void append_text(ByteBuffer& out, const ColumnDef& column, std::string_view value) {
  if (!holds_bytes(column)) return out.append(value);
  out.append("\\x", 2);
  append_hex(out, value);
}

void append_copy_text(ByteBuffer& out, const ColumnDef& column, std::string_view value) {
  if (!holds_bytes(column)) return append_copy_value(out, value);
  out.append("\\\\x", 3);
  append_hex(out, value);
}

void append_unescaped(ByteBuffer& out, std::string_view field) {
  for (size_t at = 0; at < field.size();) {
    const void* found = std::memchr(field.data() + at, '\\', field.size() - at);
    const size_t slash =
        found == nullptr ? field.size() : static_cast<size_t>(static_cast<const char*>(found) - field.data());
    out.append(field.substr(at, slash - at));
    if (slash == field.size()) return;
    if (slash + 1 == field.size()) return out.push_back('\\');
    at = slash + 1;
    const char letter = field[at];
    constexpr std::string_view letters = "bfnrtv", bytes = "\b\f\n\r\t\v";
    if (octal(letter) >= 0) {
      out.push_back(numeric_escape(field, at, 8, 3));
    } else if (letter == 'x' && at + 1 < field.size() && hexadecimal(field[at + 1]) >= 0) {
      ++at;
      out.push_back(numeric_escape(field, at, 16, 2));
    } else {
      const size_t known = letters.find(letter);
      out.push_back(known == std::string_view::npos ? letter : bytes[known]);
      ++at;
    }
  }
}

std::vector<std::optional<std::string>> split_copy_line(std::string_view line) {
  std::vector<std::optional<std::string>> out;
  size_t start = 0;
  for (;;) {
    const size_t tab = line.find('\t', start);
    const std::string_view field = line.substr(start, tab == std::string_view::npos ? tab : tab - start);
    if (field == "\\N") {
      out.emplace_back(std::nullopt);
    } else {
      ByteBuffer value;
      append_unescaped(value, field);
      out.emplace_back(std::string(value.view()));
    }
    if (tab == std::string_view::npos) return out;
    start = tab + 1;
  }
}

std::string_view take_copy_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = end == std::string_view::npos ? text : text.substr(0, end + 1);
  text.remove_prefix(line.size());
  return line;
}

std::string_view take_copy_tuple(std::string_view& data) {
  ByteReader in(data);
  uint16_t fields = 0;
  if (!in.u16(fields)) return {};
  for (uint16_t i = 0; i < fields; ++i) {
    int32_t length = 0;
    std::string_view value;
    if (!in.i32(length) || (length > 0 && !in.bytes(static_cast<size_t>(length), value))) return {};
  }
  const std::string_view tuple = data.substr(0, data.size() - in.left());
  data.remove_prefix(tuple.size());
  return tuple;
}

}  // namespace godwit::postgres
