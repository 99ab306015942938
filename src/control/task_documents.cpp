#include "control/task_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_fields.h"
#include "base/text.h"
#include "control/task_faults.h"
#include "mapping/rules.h"
#include "task/settings.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr std::string_view invalid_json = "Invalid task settings JSON";
constexpr const char* group_key = "CloudWatchLogGroup";
constexpr const char* stream_key = "CloudWatchLogStream";

Result<json> read_document(std::string_view text) {
  if (trim(text).empty()) return json::object();
  auto parsed = parse_json(text, invalid_json);
  if (!parsed) return Failure(task_settings_refused(parsed.error().message));
  if (!parsed->is_object()) return Failure(task_settings_refused("it must be an object"));
  return parsed;
}

// The section, where there is one that is an object.
json* section_of(json& document, const char* name) {
  const auto at = document.find(name);
  return at == document.end() || !at->is_object() ? nullptr : &*at;
}

bool names(const json* section, const char* key) {
  return section != nullptr && section->contains(key) && !(*section)[key].is_null();
}

// Takes out what is filled in by the server, and what is an order and no setting.
struct LoggingOrders {
  bool named_a_log = false, delete_logs = false;
};

Result<LoggingOrders> take_orders(json& document) {
  LoggingOrders orders;
  json* logging = section_of(document, "Logging");
  if (logging == nullptr) return orders;
  orders.named_a_log = names(logging, group_key) || names(logging, stream_key);
  logging->erase(group_key);
  logging->erase(stream_key);
  if (names(logging, "DeleteTaskLogs")) {
    auto asked = json_boolean((*logging)["DeleteTaskLogs"], "Logging.DeleteTaskLogs");
    if (!asked) return Failure(task_settings_refused(asked.error().message));
    orders.delete_logs = *asked;
  }
  logging->erase("DeleteTaskLogs");
  return orders;
}

// Of two keys that say one thing, what the new document names stands alone.
void drop_older_twin(json& into, json& sent, const char* section, const char* first, const char* second) {
  json* older = section_of(into, section);
  const json* newer = section_of(sent, section);
  if (older == nullptr || newer == nullptr) return;
  if (names(newer, first) && !names(newer, second)) older->erase(second);
  if (names(newer, second) && !names(newer, first)) older->erase(first);
}

// Puts `sent` over `into`: objects key by key, everything else instead. null takes nothing back, except a whole
// section that is unset by it.
void merge_over(json& into, const json& sent, size_t depth = 0) {
  for (const auto& member : sent.items()) {
    json& place = into[member.key()];
    const json& value = member.value();
    if (value.is_object() && place.is_object()) {
      merge_over(place, value, depth + 1);
    } else if (depth == 1 && member.key() == "LogComponents" && value.is_array() && place.is_array()) {
      place.insert(place.end(), value.begin(), value.end());  // read by Id, the last one wins
    } else if (!value.is_null() || depth == 0 || place.is_null()) {
      place = value;
    }
  }
}

// Each component once, with its last severity, so that the document does not grow with every call.
void fold_components(json& document) {
  json* logging = section_of(document, "Logging");
  if (logging == nullptr || !logging->contains("LogComponents") || !(*logging)["LogComponents"].is_array()) return;
  json folded = json::array();
  for (const json& entry : (*logging)["LogComponents"]) {
    const auto same = std::ranges::find_if(folded, [&](const json& known) { return known["Id"] == entry["Id"]; });
    if (same == folded.end())
      folded.push_back(entry);
    else
      *same = entry;
  }
  (*logging)["LogComponents"] = std::move(folded);
}

void fill_log_names(json& echo, const LogNames& log) {
  json& logging = echo["Logging"];
  const bool published = logging["EnableLogging"] == true;
  logging[group_key] = published ? json(log.group) : json(nullptr);
  logging[stream_key] = published ? json(log.stream) : json(nullptr);
}

Result<void> check_for_type(const json& echo, std::string_view migration_type) {
  const auto at = echo.find("BeforeImageSettings");
  if (at == echo.end() || !at->is_object() || !at->contains("EnableBeforeImage")) return {};
  const auto enabled = json_boolean((*at)["EnableBeforeImage"], "BeforeImageSettings.EnableBeforeImage");
  if (!enabled) return Failure(task_settings_refused(enabled.error().message));
  if (*enabled && migration_type == "full-load") return Failure(before_image_without_changes());
  return {};
}

// Two echoes that differ in severities and the names of the log at most.
bool differ_in_logging_alone(std::string_view before, const json& after) {
  json first = json::parse(before, nullptr, false), second = after;
  for (json* echo : {&first, &second}) {
    json* logging = section_of(*echo, "Logging");
    if (logging == nullptr) return false;
    for (const char* key : {"LogComponents", group_key, stream_key}) logging->erase(key);
  }
  return first == second;
}

// `sent`: the whole of what was asked for, ready to be read.
Result<SettingsChange> settle(json sent, std::string_view migration_type, const LogNames& log) {
  SettingsChange change;
  change.texts.sent = sent.empty() ? "" : sent.dump();
  auto settings = parse_settings(change.texts.sent);
  if (!settings) return Failure(task_settings_refused(settings.error().message));
  fold_components(sent);  // after the reader has found every entry sound
  change.texts.sent = sent.empty() ? "" : sent.dump();
  TRY(check_for_type(settings->effective, migration_type));
  fill_log_names(settings->effective, log);
  change.texts.echo = settings->effective.dump();
  change.warnings = std::move(settings->warnings);
  change.severities = settings->logging.components;
  change.fails_on_clean_up = settings->effective["FailTaskWhenCleanTaskResourceFailed"] == true;
  return change;
}

}  // namespace

LogNames log_names(std::string_view instance_identifier, std::string_view task_id) {
  return {fmt::format("dms-tasks-{}", instance_identifier), fmt::format("dms-task-{}", task_id)};
}

Result<SettingsChange> create_settings(std::string_view given, std::string_view migration_type, const LogNames& log) {
  json sent = TRY(read_document(given));
  const LoggingOrders orders = TRY(take_orders(sent));
  if (orders.named_a_log) return Failure(log_names_on_create());
  return settle(std::move(sent), migration_type, log);
}

Result<SettingsChange> modify_settings(const SettingsTexts& stored, std::string_view given,
                                       std::string_view migration_type, const LogNames& log) {
  json sent = TRY(read_document(given));
  const LoggingOrders orders = TRY(take_orders(sent));
  json whole = TRY(read_document(stored.sent));
  drop_older_twin(whole, sent, "TargetMetadata", "FullLobMode", "LimitedSizeLobMode");
  drop_older_twin(whole, sent, "ControlTablesSettings", "HistoryTimeslotInMinutes", "historyTimeslotInMinutes");
  merge_over(whole, sent);
  SettingsChange change = TRY(settle(std::move(whole), migration_type, log));
  change.delete_logs = orders.delete_logs;
  change.only_logging = differ_in_logging_alone(stored.echo, json::parse(change.texts.echo));
  if (auto alone = parse_settings(sent.dump())) change.warnings = std::move(alone->warnings);
  return change;
}

Result<std::string> with_log_names(std::string_view echo, const LogNames& log) {
  json document = TRY(read_document(echo));
  fill_log_names(document, log);
  return document.dump();
}

bool fails_on_clean_up(std::string_view echo) {
  const json document = json::parse(echo, nullptr, false);
  return document.is_object() && document.value("FailTaskWhenCleanTaskResourceFailed", false);
}

Result<std::vector<std::string>> check_mappings(std::string_view document) {
  auto rules = parse_rules(document);
  if (!rules) return Failure(mappings_refused(rules.error().message));
  return std::move(rules)->warnings;
}

}  // namespace godwit
