#include "data/table_def_json.h"

#include "base/hex.h"
#include "data/json_members.h"

namespace godwit {
namespace {

using nlohmann::json;

// Letters and not numbers: the order of the enumerators may change.
constexpr std::string_view identities = "nkf";

std::string hex(std::string_view bytes) {
  ByteBuffer out;
  append_hex(out, bytes);
  return std::string(out.view());
}

// What is not there keeps its default: records of earlier versions lack all of it.
void add_description(const Type& type, json& out) {
  if (type.precision) out["precision"] = *type.precision;
  if (type.scale) out["scale"] = *type.scale;
  if (type.length) out["length"] = *type.length;
  if (type.form != ValueForm::other) out["form"] = to_string(type.form);
  if (type.element != ValueForm::other) out["element"] = to_string(type.element);
  if (type.finite) out["finite"] = true;
  if (type.zero_dates) out["zero_dates"] = true;
  if (!type.dialect.empty()) out["dialect"] = type.dialect;
  if (type.labels) out["labels"] = *type.labels;
}

json column_json(const ColumnDef& column) {
  json out = {
      {"name", column.name},        {"class", to_string(column.type.type_class)}, {"native", column.type.native},
      {"type", column.type.log_id}, {"modifier", column.type.log_modifier},       {"number", column.number}};
  if (column.not_null) out["not_null"] = true;
  if (column.generated) out["generated"] = true;
  if (column.identity_always) out["identity_always"] = true;
  if (column.within_int8) out["within_int8"] = true;
  if (column.when_absent == ColumnDef::Absent::null) out["absent"] = nullptr;
  if (column.when_absent == ColumnDef::Absent::text) out["absent"] = hex(column.absent_text);  // may be any bytes
  add_description(column.type, out);
  return out;
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

std::optional<ValueForm> form_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(ValueForm::xml); ++i)
    if (to_string(static_cast<ValueForm>(i)) == name) return static_cast<ValueForm>(i);
  return std::nullopt;
}

bool read_form(const json& object, const char* key, ValueForm& out) {
  if (!object.contains(key)) return true;
  std::string name;
  if (!read_text(object, key, name)) return false;
  const std::optional<ValueForm> known = form_named(name);
  if (known) out = *known;
  return known.has_value();
}

bool read_optional(const json& object, const char* key, std::optional<int32_t>& out) {
  return !object.contains(key) || read_number(object, key, out.emplace());
}

bool read_labels(const json& object, Type& out) {
  const auto labels = object.find("labels");
  if (labels == object.end()) return true;
  if (!labels->is_array()) return false;
  std::vector<std::string> read;
  for (const json& label : *labels) {
    if (!label.is_string()) return false;
    read.push_back(label.get<std::string>());
  }
  out.labels = std::make_shared<const std::vector<std::string>>(std::move(read));
  return true;
}

bool read_description(const json& object, Type& out) {
  out.finite = flag(object, "finite");
  out.zero_dates = flag(object, "zero_dates");
  return read_optional(object, "precision", out.precision) && read_optional(object, "scale", out.scale) &&
         read_optional(object, "length", out.length) && read_form(object, "form", out.form) &&
         read_form(object, "element", out.element) && read_labels(object, out) &&
         (!object.contains("dialect") || read_text(object, "dialect", out.dialect));
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
  out.within_int8 = flag(object, "within_int8");
  if (const auto absent = object.find("absent"); absent != object.end()) {
    out.when_absent = absent->is_null() ? ColumnDef::Absent::null : ColumnDef::Absent::text;
    std::string digits;
    ByteBuffer bytes;
    if (!absent->is_null() && (!read_text(object, "absent", digits) || !append_unhex(bytes, digits))) return false;
    out.absent_text = bytes.view();
  }
  return read_description(object, out.type);
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
  if (table.last_number != 0) out["last_number"] = table.last_number;
  if (!table.collation.empty()) out["collation"] = table.collation;
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
  if ((object.contains("last_number") && !read_number(object, "last_number", out.last_number)) ||
      (object.contains("collation") && !read_text(object, "collation", out.collation)))
    return std::nullopt;
  out.identity = static_cast<RowIdentity>(which);
  out.partitioned = flag(object, "partitioned");
  out.logged = !flag(object, "unlogged");
  return out;
}

}  // namespace godwit
