#pragma once
// JSON documents that people and other programs write (task settings, table mappings), read without trust: no input
// makes these functions throw, crash or recurse deeply. Every error is of kind usage and names the place by its path
// ("$.rules[3].object-locator.schema-name"), what is allowed there and what was found.
//
// The leniency is DMS's: true and false may come as the strings "true" and "false", integers as decimal strings, and
// null means absent. Of duplicate keys the last one wins.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace godwit {

// Deeper documents are refused, so that walking one cannot exhaust the stack.
inline constexpr size_t json_depth_max = 100;

// One whole JSON value. A malformed text gives "<what>: line 3, column 12: <what was found and expected>"; the column
// counts characters, from 1.
Result<nlohmann::json> parse_json(std::string_view text, std::string_view what);

// The path of a member or an element: "$" and "rules" give "$.rules", then 3 gives "$.rules[3]". Under the empty path
// a member's path is its own name. Names with other characters than letters, digits, '-' and '_' are quoted: $["a
// b"].
std::string json_path(std::string_view parent, std::string_view key);
std::string json_path(std::string_view parent, size_t index);

// A value as it stands in a message: short ones as they are written, others by their kind ("an object").
std::string json_for_people(const nlohmann::json& value);

Error json_value_error(std::string_view path, std::string_view allowed, const nlohmann::json& found);

// One value by its type; `path` is for the message.
Result<bool> json_boolean(const nlohmann::json& value, std::string_view path);
Result<int64_t> json_integer(const nlohmann::json& value, std::string_view path, int64_t lowest, int64_t highest);
Result<std::string> json_text(const nlohmann::json& value, std::string_view path);

// One object of a document and where it stands. The document must outlive it. Cheap to copy.
class JsonFields {
 public:
  // An error unless `value` is an object; null counts as an empty one.
  static Result<JsonFields> of(const nlohmann::json& value, std::string path);

  const std::string& path() const { return path_; }
  std::string path_of(std::string_view key) const { return json_path(path_, key); }
  std::vector<std::string> keys() const;
  // The member, or null pointer when it is absent or null.
  const nlohmann::json* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }

  // Nothing when the member is absent or null.
  Result<std::optional<bool>> boolean(std::string_view key) const;
  Result<std::optional<int64_t>> integer(std::string_view key, int64_t lowest, int64_t highest) const;
  Result<std::optional<std::string>> text(std::string_view key) const;
  Result<std::optional<JsonFields>> object(std::string_view key) const;
  // The elements of an array of objects; empty when the member is absent or null.
  Result<std::vector<JsonFields>> objects(std::string_view key) const;
  // The elements of an array of strings; empty when the member is absent or null.
  Result<std::vector<std::string>> texts(std::string_view key) const;

 private:
  JsonFields(const nlohmann::json& object, std::string path) : object_(&object), path_(std::move(path)) {}
  Result<const nlohmann::json*> array(std::string_view key) const;

  const nlohmann::json* object_;
  std::string path_;
};

}  // namespace godwit
