#include "mapping/structured_json.h"

namespace godwit {
namespace {

constexpr int depth_max = 7;  // PostgreSQL's arrays have at most 6 dimensions

void append_string(std::string_view text, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4U];
      out += digits[byte & 0xFU];
    } else {
      out += c;
    }
  }
  out += '"';
}

bool take_digits(std::string_view& text) {
  size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  text.remove_prefix(count);
  return count > 0;
}

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') return false;
  if (!take_digits(text)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

void append_scalar(std::string_view text, ValueForm form, std::string& out) {
  const bool numeric = form == ValueForm::integer || form == ValueForm::decimal || form == ValueForm::real;
  if (numeric && is_number(text))
    out += text;
  else if (form == ValueForm::boolean && (text == "t" || text == "f"))
    out += text == "t" ? "true" : "false";
  else if (form == ValueForm::json)
    out += text;
  else
    append_string(text, out);
}

class ArrayReader {
 public:
  ArrayReader(std::string_view text, ValueForm element, std::string& out)
      : rest_(text), element_(element), out_(out) {}

  bool run() {
    if (!rest_.starts_with('[')) return array(1) && rest_.empty();
    const size_t equals = rest_.find('=');
    if (equals == std::string_view::npos) return false;
    out_ += "{\"bounds\":";
    append_string(rest_.substr(0, equals), out_);
    out_ += ",\"elements\":";
    rest_.remove_prefix(equals + 1);
    if (!array(1) || !rest_.empty()) return false;
    out_ += '}';
    return true;
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool array(int depth) {
    if (depth > depth_max || !take('{')) return false;
    out_ += '[';
    if (take('}')) {
      out_ += ']';
      return true;
    }
    do {
      if (out_.back() != '[') out_ += ',';
      if (rest_.starts_with('{') ? !array(depth + 1) : !item()) return false;
    } while (take(','));
    out_ += ']';
    return take('}');
  }

  bool item() {
    if (take('"')) return quoted();
    const size_t end = rest_.find_first_of(",}");
    if (end == std::string_view::npos || end == 0) return false;
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (text == "NULL")
      out_ += "null";
    else
      append_scalar(text, element_, out_);
    return true;
  }

  bool quoted() {
    item_.clear();
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return false;
      item_ += rest_.front();
      rest_.remove_prefix(1);
    }
    if (!take('"')) return false;
    append_scalar(item_, element_, out_);
    return true;
  }

  std::string_view rest_;
  ValueForm element_;
  std::string& out_;
  std::string item_;
};

// A part of a range or composite, to one of `ends`, which stays: quoted in whole or in part, quotes doubled or behind
// a backslash. `present` false: it is empty and not quoted.
bool take_part(std::string_view& rest, std::string_view ends, std::string& out, bool& present) {
  out.clear();
  present = false;
  bool inside = false;
  while (!rest.empty() && (inside || ends.find(rest.front()) == std::string_view::npos)) {
    const char c = rest.front();
    rest.remove_prefix(1);
    present = true;
    if (c == '\\') {
      if (rest.empty()) return false;
      out += rest.front();
      rest.remove_prefix(1);
    } else if (c == '"' && inside && rest.starts_with('"')) {
      out += '"';
      rest.remove_prefix(1);
    } else if (c == '"') {
      inside = !inside;
    } else {
      out += c;
    }
  }
  return !inside && !rest.empty();
}

bool append_range(std::string_view& rest, ValueForm bound, std::string& part, std::string& out) {
  if (rest.starts_with("empty")) {
    rest.remove_prefix(5);
    out += "{\"empty\":true}";
    return true;
  }
  if (rest.empty() || (rest.front() != '[' && rest.front() != '(')) return false;
  const char opening = rest.front();
  rest.remove_prefix(1);
  bool present = false;
  if (!take_part(rest, ",", part, present)) return false;
  rest.remove_prefix(1);
  out += "{\"lower\":";
  present ? append_scalar(part, bound, out) : void(out += "null");
  if (!take_part(rest, "])", part, present)) return false;
  out += ",\"upper\":";
  present ? append_scalar(part, bound, out) : void(out += "null");
  out += ",\"bounds\":\"";
  out += opening;
  out += rest.front();
  out += "\"}";
  rest.remove_prefix(1);
  return true;
}

}  // namespace

bool array_to_json(std::string_view text, ValueForm element, std::string& out) {
  out.clear();
  return ArrayReader(text, element, out).run();
}

bool range_to_json(std::string_view text, ValueForm bound, std::string& out) {
  out.clear();
  std::string part;
  if (!text.starts_with('{')) return append_range(text, bound, part, out) && text.empty();
  text.remove_prefix(1);
  out += '[';
  while (!text.empty() && text.front() != '}') {
    if (out.size() > 1) {
      if (text.front() != ',') return false;
      text.remove_prefix(1);
      out += ',';
    }
    if (!append_range(text, bound, part, out)) return false;
  }
  out += ']';
  return text == "}";
}

bool composite_to_json(std::string_view text, std::string& out) {
  out.clear();
  if (!text.starts_with('(')) return false;
  text.remove_prefix(1);
  std::string part;
  bool present = false;
  if (text == ")") {  // no fields, or one that is NULL
    out += "[null]";
    return true;
  }
  out += '[';
  for (;;) {
    if (!take_part(text, ",)", part, present)) return false;
    present ? append_string(part, out) : void(out += "null");
    const char end = text.front();
    text.remove_prefix(1);
    if (end == ')') break;
    out += ',';
  }
  out += ']';
  return text.empty();
}

}  // namespace godwit
