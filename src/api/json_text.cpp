#include "api/json_text.h"

#include <array>
#include <string_view>

namespace godwit {
namespace {

using nlohmann::json;

// Bytes that stand for themselves inside a JSON string: ASCII without controls, '"' and '\'.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> table{};
  for (size_t byte = 0x20; byte < 0x7f; ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}();

std::string thorough(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// False, and `out` as it was: there is a byte that needs more than a backslash.
bool append_quickly(std::string_view text, std::string& out) {
  const size_t before = out.size();
  bool quick = true;
  out.resize_and_overwrite(before + 2 * text.size() + 2, [&](char* buffer, size_t) {
    char* to = buffer + before;
    *to++ = '"';
    for (const char c : text) {
      if (!plain[static_cast<unsigned char>(c)]) {
        if (c != '"' && c != '\\' && c != '\n') {
          quick = false;
          return before;
        }
        *to++ = '\\';
      }
      *to++ = c == '\n' ? 'n' : c;
    }
    *to++ = '"';
    return static_cast<size_t>(to - buffer);
  });
  return quick;
}

void append_text(const std::string& text, std::string& out) {
  if (!append_quickly(text, out)) out += thorough(json(text));
}

void append(const json& value, std::string& out) {
  if (value.is_string()) return append_text(value.get_ref<const std::string&>(), out);
  char separator = 0;
  const auto separate = [&] {
    if (separator != 0) out += separator;
    separator = ',';
  };
  if (value.is_object()) {
    out += '{';
    for (const auto& [key, member] : value.items()) {
      separate();
      append_text(key, out);
      out += ':';
      append(member, out);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const json& element : value) {
      separate();
      append(element, out);
    }
    out += ']';
  } else {
    out += thorough(value);
  }
}

}  // namespace

std::string json_text(const json& value) {
  std::string out;
  append(value, out);
  return out;
}

}  // namespace godwit
