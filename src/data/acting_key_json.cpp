#include "data/acting_key_json.h"

#include "data/json_members.h"

namespace godwit {
namespace {

using nlohmann::json;

bool read_pair(const json& value, std::string& first, std::string& second) {
  if (!value.is_array() || value.size() != 2 || !value[0].is_string() || !value[1].is_string()) return false;
  first = value[0].get<std::string>();
  second = value[1].get<std::string>();
  return true;
}

bool read_table(const json& object, const char* key, TableRef& out) {
  const auto at = object.find(key);
  return at != object.end() && read_pair(*at, out.schema, out.name);
}

}  // namespace

json to_json_value(const ActingKey& key) {
  json columns = json::array();
  for (const auto& [own, other] : key.columns) columns.push_back({own, other});
  return {{"child", {key.child.schema, key.child.name}},
          {"parent", {key.parent.schema, key.parent.name}},
          {"columns", std::move(columns)},
          {"on_delete", key.on_delete},
          {"on_update", key.on_update},
          {"name", key.name}};
}

std::optional<ActingKey> acting_key_of(const json& value) {
  ActingKey out;
  if (!value.is_object() || !read_table(value, "child", out.child) || !read_table(value, "parent", out.parent) ||
      !read_text(value, "on_delete", out.on_delete) || !read_text(value, "on_update", out.on_update) ||
      !read_text(value, "name", out.name))
    return std::nullopt;
  const auto columns = value.find("columns");
  if (columns == value.end() || !columns->is_array()) return std::nullopt;
  for (const json& column : *columns) {
    auto& [own, other] = out.columns.emplace_back();
    if (!read_pair(column, own, other)) return std::nullopt;
  }
  return out;
}

bool read_acting_keys(const json& value, std::vector<ActingKey>& out) {
  if (!value.is_array()) return false;
  for (const json& item : value) {
    std::optional<ActingKey> key = acting_key_of(item);
    if (!key) return false;
    out.push_back(*std::move(key));
  }
  return true;
}

}  // namespace godwit
