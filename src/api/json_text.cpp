#include "api/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace godwit {
namespace {

using nlohmann::json;

// What stands after the backslash; 0: the character stands for itself, 'u': \u00XX.
constexpr std::array<char, 128> escapes = [] {
  std::array<char, 128> out{};
  std::fill_n(out.begin(), 0x20, 'u');
  for (const auto& [character, letter] :
       {std::pair('"', '"'), {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}})
    out[static_cast<size_t>(character)] = letter;
  return out;
}();

bool is_ascii(std::string_view text) {
  unsigned char seen = 0;
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return seen < 0x80;
}

void add_escape(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += '\\';
  out += escapes[byte];
  if (escapes[byte] != 'u') return;
  out += "00";
  out += digits[byte >> 4U];
  out += digits[byte & 0xFU];
}

void add_text(std::string& out, std::string_view text) {
  if (!is_ascii(text)) {
    out += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
    return;
  }
  out += '"';
  while (!text.empty()) {
    size_t plain = 0;
    while (plain < text.size() && escapes[static_cast<unsigned char>(text[plain])] == 0) ++plain;
    out.append(text, 0, plain);
    if (plain < text.size()) add_escape(out, text[plain]);
    text.remove_prefix(std::min(plain + 1, text.size()));
  }
  out += '"';
}

template <class Number>
void add_integer(std::string& out, Number number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

// NOLINTNEXTLINE(misc-no-recursion): replies are as deep as the service model
void add(std::string& out, const json& value) {
  char separator = '{';
  switch (value.type()) {
    case json::value_t::object:
      if (value.empty()) out += separator;
      for (const auto& [name, member] : value.items()) {
        out += std::exchange(separator, ',');
        add_text(out, name);
        out += ':';
        add(out, member);
      }
      out += '}';
      return;
    case json::value_t::array:
      separator = '[';
      if (value.empty()) out += separator;
      for (const json& element : value) {
        out += std::exchange(separator, ',');
        add(out, element);
      }
      out += ']';
      return;
    case json::value_t::string:
      return add_text(out, value.get_ref<const std::string&>());
    case json::value_t::number_integer:
      return add_integer(out, value.get<int64_t>());
    case json::value_t::number_unsigned:
      return add_integer(out, value.get<uint64_t>());
    default:
      out += value.dump();
  }
}

}  // namespace

std::string json_text(const json& value) {
  std::string out;
  add(out, value);
  return out;
}

}  // namespace godwit
