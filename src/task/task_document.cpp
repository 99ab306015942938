#include "task/task_document.h"

#include <nlohmann/json.hpp>

#include "data/acting_key_json.h"
#include "data/table_def_json.h"

namespace godwit {
namespace {

using nlohmann::json;

json to_json_value(const TableRecord& table) {
  json slices = json::array();
  for (const TableRange& slice : table.slices)
    slices.push_back({slice.leaf.schema, slice.leaf.name, slice.bounds, slice.storage_id});
  json out = {{"schema", table.table.schema}, {"name", table.table.name},
              {"created", table.created},     {"was_empty", table.was_empty},
              {"slices", std::move(slices)},  {"snapshot", table.snapshot.text},
              {"structure", table.structure}, {"rebuild", table.rebuild},
              {"suspended", table.suspended}, {"suspend_reason", table.suspend_reason},
              {"updates", table.updates},     {"deletes", table.deletes},
              {"merges", table.merges},       {"pending", table.pending}};
  if (table.clearing) out["clearing"] = true;
  if (!table.target.name.empty()) out["target"] = {table.target.schema, table.target.name};
  if (table.definition) out["definition"] = to_json_value(*table.definition);
  if (table.target_definition) out["target_definition"] = to_json_value(*table.target_definition);
  if (table.altering)
    out["altering"] = {{"definition", to_json_value(table.altering->definition)},
                       {"at", table.altering->at.text},
                       {"reload", table.altering->reload},
                       {"gone", table.altering->gone}};
  if (table.altering && table.altering->target_definition)
    out["altering"]["target_definition"] = to_json_value(*table.altering->target_definition);
  if (table.may_be) out["may_be"] = {{"schema", table.may_be->schema}, {"name", table.may_be->name}};
  return out;
}

json to_json_value(const DroppedObject& object) {
  return {{"schema", object.table.schema}, {"table", object.table.name}, {"on", object.on},
          {"kind", object.kind},           {"name", object.name},        {"drop", object.drop},
          {"restore", object.restore}};
}

std::string text(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}
bool flag(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_boolean() && at->get<bool>();
}
uint64_t number(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_number_unsigned() ? at->get<uint64_t>() : 0;
}

bool is_slice(const json& slice) {
  if (!slice.is_array() || slice.size() != 4) return false;
  for (const json& part : slice)
    if (!part.is_string()) return false;
  return true;
}

bool read_name(const json& pair, TableRef& out) {
  if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) return false;
  out = {pair[0].get<std::string>(), pair[1].get<std::string>()};
  return true;
}

bool read_definitions(const json& object, TableRecord& out) {
  if (object.contains("definition")) {
    out.definition = table_def_of(object["definition"]);
    if (!out.definition) return false;
  }
  if (object.contains("target_definition")) {
    out.target_definition = table_def_of(object["target_definition"]);
    if (!out.target_definition) return false;
  }
  if (object.contains("may_be")) {
    if (!object["may_be"].is_object()) return false;
    out.may_be = TableRef{text(object["may_be"], "schema"), text(object["may_be"], "name")};
  }
  if (!object.contains("altering")) return true;
  const json& altering = object["altering"];
  if (!altering.is_object() || !altering.contains("definition")) return false;
  std::optional<TableDef> definition = table_def_of(altering["definition"]);
  if (!definition) return false;
  out.altering = {std::move(*definition), {text(altering, "at")}, flag(altering, "reload"), flag(altering, "gone")};
  if (!altering.contains("target_definition")) return true;
  out.altering->target_definition = table_def_of(altering["target_definition"]);
  return out.altering->target_definition.has_value();
}

bool read_table(const json& object, TableRecord& out) {
  if (!object.is_object() || !object.contains("slices") || !object["slices"].is_array()) return false;
  out.table = {text(object, "schema"), text(object, "name")};
  out.created = flag(object, "created");
  out.was_empty = flag(object, "was_empty");
  out.snapshot.text = text(object, "snapshot");
  out.structure = text(object, "structure");
  out.rebuild = flag(object, "rebuild");
  out.suspended = text(object, "suspended");
  out.suspend_reason = text(object, "suspend_reason");
  out.updates = number(object, "updates");
  out.deletes = number(object, "deletes");
  out.merges = static_cast<uint32_t>(number(object, "merges"));
  out.pending = flag(object, "pending");
  out.clearing = flag(object, "clearing");
  if (object.contains("target") && !read_name(object["target"], out.target)) return false;
  if (!read_definitions(object, out)) return false;
  for (const json& slice : object["slices"]) {
    if (!is_slice(slice)) return false;
    TableRange range;
    range.table = out.table;
    range.leaf = {slice[0].get<std::string>(), slice[1].get<std::string>()};
    range.bounds = slice[2].get<std::string>();
    range.storage_id = slice[3].get<std::string>();
    range.index = static_cast<uint32_t>(out.slices.size());
    range.of = static_cast<uint32_t>(object["slices"].size());
    out.slices.push_back(std::move(range));
  }
  return true;
}

bool read_texts(const json& object, const char* key, std::vector<std::string>& out) {
  if (!object.contains(key)) return true;
  for (const json& text : object[key]) {
    if (!text.is_string()) return false;
    out.push_back(text.get<std::string>());
  }
  return true;
}

bool read_dropped(const json& object, DroppedObject& out) {
  if (!object.is_object() || !object.contains("restore") || !object["restore"].is_array()) return false;
  out.table = {text(object, "schema"), text(object, "table")};
  out.on = text(object, "on");
  out.kind = text(object, "kind");
  out.name = text(object, "name");
  out.drop = text(object, "drop");
  for (const json& statement : object["restore"]) {
    if (!statement.is_string()) return false;
    out.restore.push_back(statement.get<std::string>());
  }
  return true;
}

json to_json_value(const std::vector<ActingKey>& keys) {
  json out = json::array();
  for (const ActingKey& key : keys) out.push_back(to_json_value(key));
  return out;
}

bool read_keys(const json& root, TaskDocument& out) {
  if (root.contains("source_keys") && !read_acting_keys(root["source_keys"], out.source_keys.emplace())) return false;
  if (!root.contains("altering_keys")) return true;
  const json& altering = root["altering_keys"];
  if (!altering.is_object() || !altering.contains("keys")) return false;
  out.altering_keys.emplace().at.text = text(altering, "at");
  return read_acting_keys(altering["keys"], out.altering_keys->keys);
}

Failure damaged() {
  return Failure(
      Error{ErrorKind::fatal, "task.record",
            "the record of this task in godwit_task on the target cannot be read; it was changed by hand or by "
            "another version. Run the task with --restart, or under another --task-id.",
            ""});
}

}  // namespace

std::string to_json(const TaskDocument& document) {
  json tables = json::array();
  for (const TableRecord& table : document.tables) tables.push_back(to_json_value(table));
  json dropped = json::array();
  for (const DroppedObject& object : document.dropped) dropped.push_back(to_json_value(object));
  json out = {{"version", 1},
              {"worker", document.worker},
              {"source_system", document.source_system},
              {"source_database", document.source_database},
              {"target_system", document.target_system},
              {"target_database", document.target_database},
              {"type", document.type},
              {"mapping_hash", document.mapping_hash},
              {"shape_hash", document.shape_hash},
              {"capture", document.capture},
              {"capture_way", document.capture_way},
              {"users_slot", document.users_slot},
              {"start", document.start.text},
              {"loaded_at", document.loaded_at.text},
              {"snapshot_id", document.snapshot_id},
              {"snapshot_position", document.snapshot_position.text},
              {"tables", std::move(tables)},
              {"dropped", std::move(dropped)},
              {"owes_stop", document.owes_stop},
              {"failed_objects", document.failed_objects},
              {"standing", document.standing},
              {"has_orphans", document.has_orphans},
              {"restore_script", document.restore_script}};
  if (document.fresh_run != 0) out["fresh_run"] = document.fresh_run;
  if (document.source_keys) out["source_keys"] = to_json_value(*document.source_keys);
  if (document.altering_keys)
    out["altering_keys"] = {{"keys", to_json_value(document.altering_keys->keys)},
                            {"at", document.altering_keys->at.text}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<TaskDocument> parse_task_document(const std::string& source) {
  const json root = json::parse(source, nullptr, false);
  if (!root.is_object() || number(root, "version") != 1 || !root.contains("tables") || !root["tables"].is_array())
    return damaged();
  TaskDocument out;
  out.worker = text(root, "worker");
  out.source_system = text(root, "source_system");
  out.source_database = text(root, "source_database");
  out.target_system = text(root, "target_system");
  out.target_database = text(root, "target_database");
  out.fresh_run = static_cast<int64_t>(number(root, "fresh_run"));
  out.type = text(root, "type");
  out.mapping_hash = text(root, "mapping_hash");
  out.shape_hash = text(root, "shape_hash");
  out.capture = text(root, "capture");
  out.capture_way = text(root, "capture_way");
  out.users_slot = flag(root, "users_slot");
  out.start.text = text(root, "start");
  out.loaded_at.text = text(root, "loaded_at");
  out.snapshot_id = text(root, "snapshot_id");
  out.snapshot_position.text = text(root, "snapshot_position");
  out.restore_script = text(root, "restore_script");
  out.owes_stop = flag(root, "owes_stop");
  out.has_orphans = flag(root, "has_orphans");
  if (!read_texts(root, "failed_objects", out.failed_objects) || !read_texts(root, "standing", out.standing))
    return damaged();
  if (!read_keys(root, out)) return damaged();
  if (root.contains("dropped"))
    for (const json& object : root["dropped"])
      if (!read_dropped(object, out.dropped.emplace_back())) return damaged();
  for (const json& table : root["tables"])
    if (!read_table(table, out.tables.emplace_back())) return damaged();
  return out;
}

}  // namespace godwit
