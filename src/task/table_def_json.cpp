#include "task/table_def_json.h"

namespace godwit {
namespace {

using nlohmann::json;

// Letters and not numbers: the order of the enumerators may change.
constexpr std::string_view identities = "nkf";

json column_json(const ColumnDef& column) {
  json out = {
      {"name", column.name},        {"class", to_string(column.type.type_class)}, {"native", column.type.native},
      {"type", column.type.log_id}, {"modifier", column.type.log_modifier},       {"number", column.number}};
  if (column.not_null) out["not_null"] = true;
  if (column.generated) out["generated"] = true;
  if (column.identity_always) out["identity_always"] = true;
  return out;
}

bool read_text(const json& object, const char* key, std::string& out) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_string()) return false;
  out = at->get<std::string>();
  return true;
}

template <class Integer>
bool read_number(const json& object, const char* key, Integer& out) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_number_integer()) return false;
  const auto value = at->get<int64_t>();
  out = static_cast<Integer>(value);
  return static_cast<int64_t>(out) == value;
}

bool flag(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_boolean() && at->get<bool>();
}

std::optional<TypeClass> class_of(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(TypeClass::nclob); ++i)
    if (to_string(static_cast<TypeClass>(i)) == name) return static_cast<TypeClass>(i);
  return std::nullopt;
}

bool read_column(const json& object, ColumnDef& out) {
  std::string type_class;
  if (!object.is_object() || !read_text(object, "name", out.name) || !read_text(object, "class", type_class) ||
      !read_text(object, "native", out.type.native) || !read_number(object, "type", out.type.log_id) ||
      !read_number(object, "modifier", out.type.log_modifier) || !read_number(object, "number", out.number))
    return false;
  const std::optional<TypeClass> known = class_of(type_class);
  if (!known) return false;
  out.type.type_class = *known;
  out.not_null = flag(object, "not_null");
  out.generated = flag(object, "generated");
  out.identity_always = flag(object, "identity_always");
  return true;
}

bool read_columns(const json& object, TableDef& out) {
  const auto columns = object.find("columns");
  if (columns == object.end() || !columns->is_array()) return false;
  for (const json& column : *columns)
    if (!read_column(column, out.columns.emplace_back())) return false;
  return true;
}

bool read_key(const json& object, TableDef& out) {
  const auto key = object.find("key");
  if (key == object.end()) return true;
  const auto columns = object.find("key_columns");
  if (!key->is_string() || columns == object.end() || !columns->is_array()) return false;
  out.key = KeyDef{key->get<std::string>(), {}};
  for (const json& column : *columns) {
    if (!column.is_number_unsigned() || column.get<uint64_t>() >= out.columns.size()) return false;
    out.key->columns.push_back(column.get<uint32_t>());
  }
  return true;
}

bool read_leaves(const json& object, TableDef& out) {
  const auto leaves = object.find("leaves");
  if (leaves == object.end()) return true;
  if (!leaves->is_array()) return false;
  for (const json& leaf : *leaves) {
    LeafDef& def = out.leaves.emplace_back();
    if (!leaf.is_object() || !read_text(leaf, "schema", def.ref.schema) || !read_text(leaf, "name", def.ref.name) ||
        !read_number(leaf, "id", def.log_id))
      return false;
  }
  return true;
}

}  // namespace

json to_json_value(const TableDef& table) {
  json columns = json::array(), leaves = json::array();
  for (const ColumnDef& column : table.columns) columns.push_back(column_json(column));
  for (const LeafDef& leaf : table.leaves)
    leaves.push_back({{"schema", leaf.ref.schema}, {"name", leaf.ref.name}, {"id", leaf.log_id}});
  json out = {{"schema", table.ref.schema},
              {"name", table.ref.name},
              {"id", table.log_id},
              {"identity", std::string(1, identities[static_cast<size_t>(table.identity)])},
              {"columns", std::move(columns)}};
  if (table.key) {
    out["key"] = table.key->name;
    out["key_columns"] = table.key->columns;
  }
  if (table.partitioned) out["partitioned"] = true;
  if (!table.logged) out["unlogged"] = true;
  if (!table.leaves.empty()) out["leaves"] = std::move(leaves);
  return out;
}

std::optional<TableDef> table_def_of(const json& object) {
  TableDef out;
  std::string identity;
  if (!object.is_object() || !read_text(object, "schema", out.ref.schema) ||
      !read_text(object, "name", out.ref.name) || !read_number(object, "id", out.log_id) ||
      !read_text(object, "identity", identity) || identity.size() != 1)
    return std::nullopt;
  const size_t which = identities.find(identity);
  if (which == std::string_view::npos || !read_columns(object, out) || !read_key(object, out) ||
      !read_leaves(object, out))
    return std::nullopt;
  out.identity = static_cast<RowIdentity>(which);
  out.partitioned = flag(object, "partitioned");
  out.logged = !flag(object, "unlogged");
  return out;
}

}  // namespace godwit
