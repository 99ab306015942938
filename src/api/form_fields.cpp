#include "api/form_fields.h"

#include <fmt/format.h>

#include "base/text.h"

namespace godwit {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool coded = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    if (coded) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

void take_fields(std::string_view text, size_t fields_max, std::map<std::string, std::string, std::less<>>& fields) {
  while (!text.empty() && fields.size() < fields_max) {
    const std::string_view field = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(field.size() + 1, text.size()));
    if (field.empty()) continue;
    const size_t equals = field.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : field.substr(equals + 1);
    fields[decoded(field.substr(0, equals))] = decoded(value);
  }
}

}  // namespace

std::map<std::string, std::string, std::less<>> form_fields(const HttpRequest& request, size_t fields_max) {
  std::map<std::string, std::string, std::less<>> fields;
  take_fields(request.query(), fields_max, fields);
  const std::string* type = request.header("content-type");
  if (type != nullptr && lower_ascii(*type).starts_with("application/x-www-form-urlencoded"))
    take_fields(request.body, fields_max, fields);
  return fields;
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}

}  // namespace godwit
