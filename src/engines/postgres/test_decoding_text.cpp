#include "engines/postgres/test_decoding_text.h"

#include <algorithm>
#include <charconv>

#include "base/clock.h"

namespace godwit::postgres::text_line {
namespace {

// Past the closing quote of what an opening one has begun; false: there is none.
bool skip_quoted(std::string_view& text, char quote, bool& doubled) {
  size_t at = 0;
  for (;;) {
    at = text.find(quote, at);
    if (at == std::string_view::npos) return false;
    if (at + 1 >= text.size() || text[at + 1] != quote) break;
    doubled = true;
    at += 2;
  }
  text.remove_prefix(at + 1);
  return true;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool number(std::string_view& text, uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

// Up to the "]:" that ends a type: brackets nest, and quoted names may hold anything.
bool type_text(std::string_view& text, std::string_view& out) {
  const std::string_view whole = text;
  size_t depth = 1;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    bool doubled = false;
    if (c == '"' && !skip_quoted(text, '"', doubled)) return false;
    if (c == '[') ++depth;
    if (c != ']' || --depth > 0) continue;
    out = whole.substr(0, whole.size() - text.size() - 1);
    return literal(text, ":");
  }
  return false;
}

}  // namespace

bool literal(std::string_view& text, std::string_view wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

bool skip_name(std::string_view& text) {
  bool doubled = false;
  if (literal(text, "\"")) return skip_quoted(text, '"', doubled);
  size_t length = 0;
  while (length < text.size() && is_plain(text[length])) ++length;
  text.remove_prefix(length);
  return length > 0;
}

bool name(std::string_view& text, std::string& out) {
  const std::string_view whole = text;
  if (!skip_name(text)) return false;
  std::string_view taken = whole.substr(0, whole.size() - text.size());
  out.clear();
  if (taken.front() != '"') {
    out = taken;
    return true;
  }
  taken = taken.substr(1, taken.size() - 2);
  for (size_t i = 0; i < taken.size(); ++i) {
    out += taken[i];
    if (taken[i] == '"') ++i;
  }
  return true;
}

bool skip_table(std::string_view& text) {
  return skip_name(text) && literal(text, ".") && skip_name(text);
}

bool table(std::string_view& text, TableRef& out) {
  return name(text, out.schema) && literal(text, ".") && name(text, out.name);
}

bool column_head(std::string_view& text, ColumnHead& out) {
  const std::string_view whole = text;
  if (!name(text, out.name) || !literal(text, "[") || !type_text(text, out.type)) return false;
  out.whole = whole.substr(0, whole.size() - text.size());
  return true;
}

bool value(std::string_view& text, Value& out) {
  out = {};
  const bool bits = literal(text, "B'");
  if (bits || literal(text, "'")) {
    const std::string_view whole = text;
    if (!skip_quoted(text, '\'', out.doubled)) return false;
    out.form = bits ? Form::bits : Form::quoted;
    out.bytes = whole.substr(0, whole.size() - text.size() - 1);
    return true;
  }
  out.bytes = text.substr(0, text.find(' '));
  text.remove_prefix(out.bytes.size());
  if (out.bytes.empty()) return false;
  if (out.bytes == "null")
    out.form = Form::null;
  else
    out.form = out.bytes == "unchanged-toast-datum" ? Form::unchanged : Form::bare;
  return true;
}

void append_undoubled(std::string& out, std::string_view quoted) {
  size_t at = 0;
  while (at < quoted.size()) {
    const size_t quote = std::min(quoted.find('\'', at), quoted.size());
    const size_t end = std::min(quote + 1, quoted.size());
    out.append(quoted.substr(at, end - at));
    at = quote + 2;
  }
}

bool begin(std::string_view text, Begin& out) {
  return literal(text, "BEGIN ") && number(text, out.xid) && text.empty();
}

bool commit(std::string_view text, Commit& out) {
  if (!literal(text, "COMMIT ") || !number(text, out.xid) || !literal(text, " (at ") || !text.ends_with("+00)"))
    return false;
  text.remove_suffix(4);
  return parse_utc(text, out.commit_us);
}

}  // namespace godwit::postgres::text_line
