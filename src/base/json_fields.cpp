#include "base/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace godwit {
namespace {

using nlohmann::json;

constexpr size_t shown_value_max = 40;

Error syntax_error(std::string_view what, std::string_view detail) {
  return Error{ErrorKind::usage, "json.syntax", fmt::format("{}: {}", what, detail), ""};
}

// Line and column, both from 1, of the last byte read; columns count characters, not bytes.
std::string place_of(std::string_view text, size_t bytes_read) {
  const size_t at = std::min(bytes_read > 0 ? bytes_read - 1 : 0, text.size());
  size_t line = 1, column = 1;
  for (size_t i = 0; i < at; ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      ++column;
    }
  }
  return fmt::format("line {}, column {}", line, column);
}

// The library's words without its own code and position, and without the text it read last, which may be long.
std::string plain_words(std::string_view library_message) {
  std::string words(library_message.substr(std::min(library_message.find("] ") + 2, library_message.size())));
  if (const size_t position = words.find("syntax error "); position != std::string::npos) words.erase(0, position);
  const size_t last_read = words.find("; last read: '");
  if (last_read != std::string::npos) {
    const size_t expected = words.rfind("; expected ");
    const size_t end = expected == std::string::npos || expected < last_read ? words.size() : expected;
    words.erase(last_read, end - last_read);
  }
  return words;
}

// Builds the document from the parser's events. Open containers are kept as a stack, so depth is known and bounded.
class DocumentBuilder : public nlohmann::json_sax<json> {
 public:
  explicit DocumentBuilder(std::string_view text) : text_(text) {}

  json& document() { return document_; }
  const std::string& failure() const { return failure_; }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // JSON text has none
  bool start_object(size_t) override { return open(json::object()); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(size_t) override { return open(json::array()); }
  bool end_array() override { return close(); }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    failure_ = fmt::format("{}: {}", place_of(text_, position), plain_words(error.what()));
    return false;
  }

 private:
  // References into an object stay valid; an array grows only while the elements put before are closed.
  template <class Value>
  json& place(Value&& value) {
    if (open_.empty()) return document_ = std::forward<Value>(value);
    json& parent = *open_.back();
    if (parent.is_object()) return parent[key_] = std::forward<Value>(value);
    parent.push_back(std::forward<Value>(value));
    return parent.back();
  }
  template <class Value>
  bool put(Value&& value) {
    place(json(std::forward<Value>(value)));
    return true;
  }
  bool open(json container) {
    if (open_.size() >= json_depth_max) {
      failure_ = fmt::format("it is nested more than {} levels deep", json_depth_max);
      return false;
    }
    open_.push_back(&place(std::move(container)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  json document_;
  std::vector<json*> open_;
  std::string key_;
  std::string failure_;
};

bool is_plain_name(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// Whole numbers only, whichever way they are written; nothing for anything else or beyond 64 bits.
std::optional<int64_t> whole_number(const json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    return number <= INT64_MAX ? std::optional(static_cast<int64_t>(number)) : std::nullopt;
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    constexpr double exact_max = 9007199254740992.0;  // 2^53: above it a double skips integers
    if (std::trunc(number) != number || std::abs(number) > exact_max) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string allowed_integers(int64_t lowest, int64_t highest) {
  if (highest == INT64_MAX) return fmt::format("an integer of {} or more", lowest);
  return fmt::format("an integer from {} to {}", lowest, highest);
}

}  // namespace

Result<json> parse_json(std::string_view text, std::string_view what) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return Failure(syntax_error(what, "it is empty, expected a JSON document"));
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos)  // which the parser takes for the end
    return Failure(syntax_error(what, fmt::format("character {} is NUL, which JSON does not have", nul + 1)));
  DocumentBuilder builder(text);
  if (!json::sax_parse(text.begin(), text.end(), &builder)) return Failure(syntax_error(what, builder.failure()));
  return std::move(builder.document());
}

std::string json_path(std::string_view parent, std::string_view key) {
  if (!is_plain_name(key))
    return fmt::format("{}[{}]", parent, json(key).dump(-1, ' ', false, json::error_handler_t::replace));
  return parent.empty() ? std::string(key) : fmt::format("{}.{}", parent, key);
}

std::string json_path(std::string_view parent, size_t index) {
  return fmt::format("{}[{}]", parent, index);
}

std::string json_for_people(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > shown_value_max && value.is_string())
    return fmt::format("a string of {} bytes", value.get_ref<const std::string&>().size());
  return text;
}

Error json_value_error(std::string_view path, std::string_view allowed, const json& found) {
  return Error{ErrorKind::usage, "json.value",
               fmt::format("{}: must be {}, not {}", path, allowed, json_for_people(found)), ""};
}

Result<bool> json_boolean(const json& value, std::string_view path) {
  if (value.is_boolean()) return value.get<bool>();
  if (value == "true") return true;
  if (value == "false") return false;
  return Failure(json_value_error(path, "true or false", value));
}

Result<int64_t> json_integer(const json& value, std::string_view path, int64_t lowest, int64_t highest) {
  const std::optional<int64_t> number = whole_number(value);
  if (!number || *number < lowest || *number > highest)
    return Failure(json_value_error(path, allowed_integers(lowest, highest), value));
  return *number;
}

Result<std::string> json_text(const json& value, std::string_view path) {
  if (!value.is_string()) return Failure(json_value_error(path, "a string", value));
  return value.get<std::string>();
}

Result<JsonFields> JsonFields::of(const json& value, std::string path) {
  static const json nothing = json::object();
  if (value.is_null()) return JsonFields(nothing, std::move(path));
  if (!value.is_object()) return Failure(json_value_error(path, "an object", value));
  return JsonFields(value, std::move(path));
}

std::vector<std::string> JsonFields::keys() const {
  std::vector<std::string> keys;
  for (const auto& member : object_->items()) keys.push_back(member.key());
  return keys;
}

const json* JsonFields::find(std::string_view key) const {
  const auto at = object_->find(key);
  return at == object_->end() || at->is_null() ? nullptr : &*at;
}

Result<std::optional<bool>> JsonFields::boolean(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  bool flag = TRY(json_boolean(*value, path_of(key)));
  return flag;
}

Result<std::optional<int64_t>> JsonFields::integer(std::string_view key, int64_t lowest, int64_t highest) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  int64_t number = TRY(json_integer(*value, path_of(key), lowest, highest));
  return number;
}

Result<std::optional<std::string>> JsonFields::text(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  std::string text = TRY(json_text(*value, path_of(key)));
  return text;
}

Result<std::optional<JsonFields>> JsonFields::object(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) return std::nullopt;
  JsonFields fields = TRY(JsonFields::of(*value, path_of(key)));
  return fields;
}

Result<const json*> JsonFields::array(std::string_view key) const {
  static const json nothing = json::array();
  const json* value = find(key);
  if (value == nullptr) return &nothing;
  if (!value->is_array()) return Failure(json_value_error(path_of(key), "an array", *value));
  return value;
}

Result<std::vector<JsonFields>> JsonFields::objects(std::string_view key) const {
  const json* elements = TRY(array(key));
  std::vector<JsonFields> out;
  for (size_t i = 0; i < elements->size(); ++i) {
    JsonFields element = TRY(of((*elements)[i], json_path(path_of(key), i)));
    out.push_back(std::move(element));
  }
  return out;
}

Result<std::vector<std::string>> JsonFields::texts(std::string_view key) const {
  const json* elements = TRY(array(key));
  std::vector<std::string> out;
  for (size_t i = 0; i < elements->size(); ++i) {
    std::string element = TRY(json_text((*elements)[i], json_path(path_of(key), i)));
    out.push_back(std::move(element));
  }
  return out;
}

}  // namespace godwit
