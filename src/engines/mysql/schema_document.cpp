#include "engines/mysql/schema_document.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "data/acting_key_json.h"
#include "data/table_def_json.h"
#include "engines/mysql/binlog_errors.h"

namespace godwit::mysql {
namespace {

using Json = nlohmann::json;
using Kind = SchemaChange::Kind;

constexpr int known_form = 1;
constexpr std::string_view kinds = "tdlon";  // by SchemaChange::Kind

Json ref_json(const TableRef& table) {
  return {table.schema, table.name};
}

Json origin_json(const ColumnOrigin& origin) {
  Json out = {{"number", origin.number}};
  if (!origin.expression.empty()) out["expression"] = origin.expression;
  if (origin.old_rows) out["old_rows"] = *origin.old_rows;
  if (origin.literal) out["literal"] = *origin.literal;
  if (origin.identity != '\0') out["identity"] = std::string(1, origin.identity);
  return out;
}

bool read(const Json& object, const char* key, std::string& out) {
  const auto at = object.find(key);
  if (at == object.end()) return true;
  if (at->is_string()) out = at->get<std::string>();
  return at->is_string();
}

bool read(const Json& object, const char* key, std::optional<std::string>& out) {
  return !object.contains(key) || read(object, key, out.emplace());
}

bool read(const Json& object, const char* key, TableRef& out) {
  const auto at = object.find(key);
  if (at == object.end()) return true;
  if (!at->is_array() || at->size() != 2 || !(*at)[0].is_string() || !(*at)[1].is_string()) return false;
  out = {(*at)[0].get<std::string>(), (*at)[1].get<std::string>()};
  return true;
}

template <class Integer>
bool read_number(const Json& object, const char* key, Integer& out) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_number_integer()) return false;
  const auto value = at->get<int64_t>();
  if (value < static_cast<int64_t>(std::numeric_limits<Integer>::min()) ||
      value > static_cast<int64_t>(std::numeric_limits<Integer>::max()))
    return false;
  out = static_cast<Integer>(value);
  return true;
}

bool flag(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_boolean() && at->get<bool>();
}

bool read_origins(const Json& object, SchemaChange& out) {
  const auto origins = object.find("origins");
  if (origins == object.end()) return true;
  if (!origins->is_array()) return false;
  for (const Json& item : *origins) {
    ColumnOrigin& origin = out.origins.emplace_back();
    std::string identity;
    if (!item.is_object() || !read_number(item, "number", origin.number) ||
        !read(item, "expression", origin.expression) || !read(item, "old_rows", origin.old_rows) ||
        !read(item, "literal", origin.literal) || !read(item, "identity", identity))
      return false;
    if (!identity.empty()) origin.identity = identity.front();
  }
  return true;
}

bool read_notes(const Json& object, SchemaChange& out) {
  const auto notes = object.find("notes");
  if (notes == object.end()) return true;
  if (!notes->is_array()) return false;
  for (const Json& note : *notes) {
    if (!note.is_string()) return false;
    out.notes.push_back(note.get<std::string>());
  }
  return true;
}

bool read_keys(const Json& object, SchemaChange& out) {
  if (object.contains("keys_made") && !read_acting_keys(object["keys_made"], out.keys.made)) return false;
  const auto dropped = object.find("keys_dropped");
  if (dropped == object.end()) return true;
  if (!dropped->is_array()) return false;
  for (const Json& name : *dropped) {
    if (!name.is_string()) return false;
    out.keys.dropped.push_back(name.get<std::string>());
  }
  return true;
}

bool read_table(const Json& object, SchemaChange& out) {
  const auto table = object.find("table");
  if (table == object.end()) return out.kind != Kind::table;
  auto read = table_def_of(*table);
  if (!read) return false;
  out.table = *std::move(read);
  return true;
}

bool read_change(const Json& object, SchemaChange& out) {
  int form = 0;
  std::string kind;
  if (!object.is_object() || !read_number(object, "form", form) || form != known_form ||
      !read(object, "kind", kind) || kind.size() != 1)
    return false;
  const size_t at = kinds.find(kind);
  if (at == std::string_view::npos) return false;
  out.kind = static_cast<Kind>(at);
  out.rewritten = flag(object, "rewritten");
  out.replaced = flag(object, "replaced");
  return read(object, "command", out.command) && read(object, "what", out.what) && read(object, "was", out.was) &&
         read(object, "name", out.name) && read_number(object, "id", out.log_id) && read_table(object, out) &&
         read_origins(object, out) && read_notes(object, out) && read_keys(object, out);
}

}  // namespace

std::string schema_document(const SchemaChange& change) {
  Json out = {{"form", known_form},          {"kind", std::string(1, kinds[static_cast<size_t>(change.kind)])},
              {"command", change.command},   {"id", change.log_id},
              {"was", ref_json(change.was)}, {"name", ref_json(change.name)}};
  if (change.kind == Kind::table) out["table"] = to_json_value(change.table);
  if (!change.what.empty()) out["what"] = change.what;
  if (change.rewritten) out["rewritten"] = true;
  if (change.replaced) out["replaced"] = true;
  for (const ColumnOrigin& origin : change.origins) out["origins"].push_back(origin_json(origin));
  if (!change.notes.empty()) out["notes"] = change.notes;
  for (const ActingKey& key : change.keys.made) out["keys_made"].push_back(to_json_value(key));
  if (!change.keys.dropped.empty()) out["keys_dropped"] = change.keys.dropped;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<SchemaChange> parse_schema_document(std::string_view text) {
  SchemaChange out;
  if (!read_change(Json::parse(text, nullptr, false), out))
    return Failure(errors::damaged_log("a structure change that cannot be read", "the spool"));
  return out;
}

}  // namespace godwit::mysql
