#include "task/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/json_fields.h"
#include "base/text.h"
#include "task/settings_document.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr std::string_view invalid_json = "Invalid task settings JSON";
constexpr size_t log_components_max = 100;

constexpr std::array severities = {
    std::pair(std::string_view("LOGGER_SEVERITY_ERROR"), Severity::error),
    std::pair(std::string_view("LOGGER_SEVERITY_WARNING"), Severity::warning),
    std::pair(std::string_view("LOGGER_SEVERITY_INFO"), Severity::info),
    std::pair(default_log_severity, Severity::info),
    std::pair(std::string_view("LOGGER_SEVERITY_DEBUG"), Severity::debug),
    std::pair(std::string_view("LOGGER_SEVERITY_DETAILED_DEBUG"), Severity::detailed_debug),
};

Error settings_invalid(std::string_view detail) {
  return Error{ErrorKind::usage, "settings.invalid", fmt::format("{}: {}", invalid_json, detail), ""};
}

Error settings_not_supported(std::string_view detail) {
  return Error{ErrorKind::usage, "settings.not_supported", fmt::format("{}: {}", invalid_json, detail), ""};
}

Result<json> read_choice(const json& value, const std::string& path, std::string_view choices) {
  const std::vector<std::string> allowed = split(choices, '|');
  if (value.is_string() && std::ranges::find(allowed, value.get_ref<const std::string&>()) != allowed.end())
    return value;
  return Failure(
      json_value_error(path, allowed.size() == 1 ? allowed.front() : "one of " + join(allowed, ", "), value));
}

const SettingsKey* find_key(std::string_view section, std::string_view key) {
  const auto at = std::ranges::find_if(
      settings_keys(), [&](const SettingsKey& rule) { return rule.section == section && rule.key == key; });
  return at == settings_keys().end() ? nullptr : &*at;
}

std::string severity_choices() {
  std::vector<std::string> names;
  for (const auto& [name, severity] : severities) names.emplace_back(name);
  return join(names, "|");
}

bool is_section(std::string_view name) {
  return !name.empty() &&
         std::ranges::any_of(settings_keys(), [&](const SettingsKey& rule) { return rule.section == name; });
}

// Puts a document over the defaults, key by key.
class Merger {
 public:
  explicit Merger(TaskSettings& out) : out_(out), defaults_(default_settings_document()) {
    out_.effective = defaults_;
    defaults_["Godwit"] = default_godwit_settings();
  }

  Result<void> merge(const json& sent) {
    for (const auto& member : sent.items()) TRY(merge_member(member.key(), member.value()));
    TRY(settle_lob_mode(sent));
    settle_history_timeslot(sent);
    warn_about_effects(sent);
    out_.effective["Logging"].erase("DeleteTaskLogs");  // an order, not a setting
    return {};
  }

 private:
  Result<void> merge_member(const std::string& name, const json& value) {
    const auto opaque = std::ranges::find(opaque_settings_sections(), name, &OpaqueSection::name);
    if (opaque != opaque_settings_sections().end()) return merge_opaque(*opaque, value);
    if (is_section(name)) return merge_section(name, value);
    if (const SettingsKey* rule = find_key("", name)) return merge_key(*rule, value, out_.effective);
    out_.effective[name] = value;
    warn_unknown("", name);
    return {};
  }

  Result<void> merge_opaque(const OpaqueSection& section, const json& value) {
    if (!value.is_structured() && !value.is_null())
      return Failure(json_value_error(section.name, "an object", value));
    out_.effective[std::string(section.name)] = value;
    if (!value.is_null()) warn(section.name, section.note);
    return {};
  }

  Result<void> merge_section(const std::string& section, const json& value) {
    if (value.is_null()) return {};
    if (!value.is_object()) return Failure(json_value_error(section, "an object", value));
    json& into = out_.effective[section];
    if (into.is_null()) into = defaults_[section];
    for (const auto& member : value.items()) {
      if (const SettingsKey* rule = find_key(section, member.key())) {
        TRY(merge_key(*rule, member.value(), into));
      } else {
        into[member.key()] = member.value();
        warn_unknown(section, member.key());
      }
    }
    return {};
  }

  Result<void> merge_key(const SettingsKey& rule, const json& value, json& into) {
    if (value.is_null()) return {};
    const std::string path = json_path(rule.section, rule.key);
    json& place = into[std::string(rule.key)];
    switch (rule.allowed.kind) {
      case AllowedValue::Kind::boolean:
        place = TRY(json_boolean(value, path));
        break;
      case AllowedValue::Kind::integer:
        place = TRY(json_integer(value, path, rule.allowed.lowest, rule.allowed.highest));
        break;
      case AllowedValue::Kind::text:
        place = TRY(json_text(value, path));
        break;
      case AllowedValue::Kind::choice:
        place = TRY(read_choice(value, path, rule.allowed.choices));
        break;
      case AllowedValue::Kind::log_components:
        TRY(merge_log_components(value, path, place));
        break;
    }
    return {};
  }

  // By Id, so that components a document does not name keep their severity.
  Result<void> merge_log_components(const json& value, const std::string& path, json& into) {
    if (!value.is_array()) return Failure(json_value_error(path, "an array", value));
    if (value.size() > log_components_max)
      return Failure(settings_invalid(
          fmt::format("{}: holds {} components; at most {} are allowed", path, value.size(), log_components_max)));
    for (size_t i = 0; i < value.size(); ++i) {
      const JsonFields fields = TRY(JsonFields::of(value[i], json_path(path, i)));
      const std::optional<std::string> id = TRY(fields.text("Id"));
      if (!id || id->empty())
        return Failure(json_value_error(fields.path_of("Id"), "the name of a component", nullptr));
      // The server merges documents before they come here: an index would not be that of the one that was sent.
      const std::string named = fmt::format("{}[{}]", path, json_for_people(*id));
      json severity = default_log_severity;
      if (const json* written = fields.find("Severity"))
        severity = TRY(read_choice(*written, json_path(named, "Severity"), severity_choices()));
      warn_about_component(named, *id, severity == default_log_severity);
      const auto known = std::ranges::find_if(into, [&](const json& entry) { return entry["Id"] == *id; });
      if (known != into.end())
        (*known)["Severity"] = severity;
      else
        into.push_back({{"Id", *id}, {"Severity", severity}});
    }
    return {};
  }

  void warn_about_component(std::string_view path, std::string_view id, bool is_default) {
    const auto known = known_log_components();
    if (std::ranges::find(known, id) == known.end())
      warn(path, fmt::format("the component {} is not known and has no lines", json_for_people(id)));
    else if (!is_default && !is_ours(id))
      warn(path, fmt::format("the component {} has no lines in Godwit's log", id));
  }

  static bool is_ours(std::string_view id) {
    for (size_t i = 0; i < component_count; ++i)
      if (to_string(static_cast<Component>(i)) == id) return true;
    return false;
  }

  // The mode that a document names decides and the other one follows (spec §1).
  Result<void> settle_lob_mode(const json& sent) {
    json& metadata = out_.effective["TargetMetadata"];
    const bool names_full = names(sent, "TargetMetadata", "FullLobMode");
    const bool names_limited = names(sent, "TargetMetadata", "LimitedSizeLobMode");
    if (names_full && !names_limited) metadata["LimitedSizeLobMode"] = !metadata["FullLobMode"].get<bool>();
    if (names_limited && !names_full) metadata["FullLobMode"] = !metadata["LimitedSizeLobMode"].get<bool>();
    const bool full = metadata["FullLobMode"].get<bool>(), limited = metadata["LimitedSizeLobMode"].get<bool>();
    if (full && limited)
      return Failure(
          settings_invalid("TargetMetadata.FullLobMode: must not be true together with LimitedSizeLobMode. Set one "
                           "of them to false."));
    if (!full && !limited && metadata["SupportLobs"].get<bool>())
      return Failure(
          settings_invalid("TargetMetadata.FullLobMode: must not be false together with LimitedSizeLobMode while "
                           "SupportLobs is true. Set one of them to true, or SupportLobs to false."));
    if (limited && metadata["LobMaxSize"] == 0)
      return Failure(
          settings_invalid("TargetMetadata.LobMaxSize: must be an integer from 1 to 102400 while LimitedSizeLobMode "
                           "is true, not 0"));
    if (names(sent, "TargetMetadata", "LobMaxSize") && !names_full && !names_limited)
      warn("TargetMetadata.LobMaxSize", "without effect by itself: it needs LimitedSizeLobMode set to true");
    return {};
  }

  // The echo carries the key in both spellings; the upper-case one wins.
  void settle_history_timeslot(const json& sent) {
    json& control = out_.effective["ControlTablesSettings"];
    const bool names_lower = names(sent, "ControlTablesSettings", "historyTimeslotInMinutes") &&
                             !names(sent, "ControlTablesSettings", "HistoryTimeslotInMinutes");
    const json value = control[names_lower ? "historyTimeslotInMinutes" : "HistoryTimeslotInMinutes"];
    control["HistoryTimeslotInMinutes"] = control["historyTimeslotInMinutes"] = value;
  }

  void warn_about_effects(const json& sent) {
    for (const SettingsKey& rule : settings_keys()) {
      if (rule.note.empty()) continue;
      const bool is_sent = names(sent, rule.section, rule.key);
      if (rule.note_always ? is_sent : differs_from_default(rule)) warn(json_path(rule.section, rule.key), rule.note);
    }
  }

  bool differs_from_default(const SettingsKey& rule) const {
    const json* now = member(out_.effective, rule.section, rule.key);
    if (now == nullptr) return false;
    const json* before = member(defaults_, rule.section, rule.key);
    return before != nullptr ? *now != *before : *now != false && !now->is_null();
  }

  // The key's value, or null pointer; the document itself stands for the section without a name.
  static const json* member(const json& document, std::string_view section, std::string_view key) {
    const json* in = &document;
    if (!section.empty()) {
      const auto at = document.find(section);
      if (at == document.end() || !at->is_object()) return nullptr;
      in = &*at;
    }
    const auto at = in->find(key);
    return at == in->end() ? nullptr : &*at;
  }
  static bool names(const json& sent, std::string_view section, std::string_view key) {
    const json* value = member(sent, section, key);
    return value != nullptr && !value->is_null();
  }

  void warn(std::string_view path, std::string_view note) {
    out_.warnings.push_back(fmt::format("{}: {}", path, note));
  }

  void warn_unknown(std::string_view section, const std::string& key) {
    std::string note = "unknown; kept in the document, without effect";
    const std::string lower = lower_ascii(key);
    for (const SettingsKey& rule : settings_keys()) {
      const std::string_view known = section.empty() ? rule.section : rule.key;
      if ((section.empty() || rule.section == section) && lower_ascii(known) == lower) {
        note += fmt::format(". Write it as {}", known);
        break;
      }
    }
    warn(json_path(section, key), note);
  }

  TaskSettings& out_;
  json defaults_;
};

// --- from the effective document to values; every member is there and of its type ---

constexpr std::array record_actions = {
    std::pair(std::string_view("IGNORE_RECORD"), RecordAction::ignore_record),
    std::pair(std::string_view("LOG_ERROR"), RecordAction::log_error),
    std::pair(std::string_view("SUSPEND_TABLE"), RecordAction::suspend_table),
    std::pair(std::string_view("STOP_TASK"), RecordAction::stop_task),
    std::pair(std::string_view("INSERT_RECORD"), RecordAction::insert_record),
    std::pair(std::string_view("UPDATE_RECORD"), RecordAction::update_record),
};

class Section {
 public:
  Section(const json& document, std::string_view name) : section_(*document.find(name)) {}

  bool flag(std::string_view key) const { return section_.find(key)->get<bool>(); }
  int64_t number(std::string_view key) const { return section_.find(key)->get<int64_t>(); }
  std::string text(std::string_view key) const { return section_.find(key)->get<std::string>(); }
  RecordAction action(std::string_view key) const {
    const std::string name = text(key);
    for (const auto& [known, action] : record_actions)
      if (known == name) return action;
    return RecordAction::ignore_record;  // "IGNORE"
  }

 private:
  const json& section_;
};

void fill_target_metadata(const Section& from, TargetMetadataSettings& to) {
  to.target_schema = from.text("TargetSchema");
  to.support_lobs = from.flag("SupportLobs");
  to.full_lob_mode = from.flag("FullLobMode");
  to.limited_size_lob_mode = from.flag("LimitedSizeLobMode");
  to.lob_max_size_kb = from.number("LobMaxSize");
  to.batch_apply_enabled = from.flag("BatchApplyEnabled");
  to.task_recovery_table_enabled = from.flag("TaskRecoveryTableEnabled");
}

void fill_full_load(const Section& from, FullLoadSettings& to) {
  const std::string mode = from.text("TargetTablePrepMode");
  to.target_table_prep_mode = mode == "DROP_AND_CREATE"        ? PrepareMode::drop_and_create
                              : mode == "TRUNCATE_BEFORE_LOAD" ? PrepareMode::truncate_before_load
                                                               : PrepareMode::do_nothing;
  to.create_pk_after_full_load = from.flag("CreatePkAfterFullLoad");
  to.stop_task_cached_changes_applied = from.flag("StopTaskCachedChangesApplied");
  to.stop_task_cached_changes_not_applied = from.flag("StopTaskCachedChangesNotApplied");
  to.max_full_load_sub_tasks = from.number("MaxFullLoadSubTasks");
  to.transaction_consistency_timeout_s = from.number("TransactionConsistencyTimeout");
  to.commit_rate = from.number("CommitRate");
}

void fill_logging(const json& from, LoggingSettings& to) {
  to.enable_logging = from["EnableLogging"].get<bool>();
  to.enable_log_context = from["EnableLogContext"].get<bool>();
  for (size_t i = 0; i < component_count; ++i) {
    const auto component = static_cast<Component>(i);
    for (const json& entry : from["LogComponents"]) {
      if (entry["Id"] != to_string(component)) continue;
      for (const auto& [name, severity] : severities)
        if (entry["Severity"] == name) to.components.emplace_back(component, severity);
    }
  }
}

void fill_control_tables(const Section& from, ControlTablesSettings& to) {
  to.control_schema = from.text("ControlSchema");
  to.history_timeslot_minutes = from.number("HistoryTimeslotInMinutes");
  to.history_table_enabled = from.flag("HistoryTableEnabled");
  to.suspended_tables_table_enabled = from.flag("SuspendedTablesTableEnabled");
  to.status_table_enabled = from.flag("StatusTableEnabled");
  to.full_load_exception_table_enabled = from.flag("FullLoadExceptionTableEnabled");
}

void fill_tuning(const Section& from, ChangeProcessingTuning& to) {
  to.batch_apply_timeout_min_s = from.number("BatchApplyTimeoutMin");
  to.batch_apply_timeout_max_s = from.number("BatchApplyTimeoutMax");
  to.batch_apply_memory_limit_mb = from.number("BatchApplyMemoryLimit");
  to.batch_split_size = from.number("BatchSplitSize");
  to.min_transaction_size = from.number("MinTransactionSize");
  to.commit_timeout_s = from.number("CommitTimeout");
  to.memory_limit_total_mb = from.number("MemoryLimitTotal");
  to.memory_keep_time_s = from.number("MemoryKeepTime");
  to.statement_cache_size = from.number("StatementCacheSize");
  to.recovery_timeout_min = from.number("RecoveryTimeout");
}

void fill_ddl_policy(const Section& from, DdlHandlingPolicy& to) {
  to.handle_source_table_dropped = from.flag("HandleSourceTableDropped");
  to.handle_source_table_truncated = from.flag("HandleSourceTableTruncated");
  to.handle_source_table_altered = from.flag("HandleSourceTableAltered");
}

void fill_error_behavior(const Section& from, ErrorBehavior& to) {
  to.data_error_policy = from.action("DataErrorPolicy");
  to.data_truncation_error_policy = from.action("DataTruncationErrorPolicy");
  to.data_masking_error_policy = from.action("DataMaskingErrorPolicy");
  to.data_error_escalation_policy = from.action("DataErrorEscalationPolicy");
  to.data_error_escalation_count = from.number("DataErrorEscalationCount");
  to.event_error_policy = from.action("EventErrorPolicy");
  to.table_error_policy = from.action("TableErrorPolicy");
  to.table_error_escalation_policy = from.action("TableErrorEscalationPolicy");
  to.table_error_escalation_count = from.number("TableErrorEscalationCount");
  to.recoverable_error_count = from.number("RecoverableErrorCount");
  to.recoverable_error_interval_s = from.number("RecoverableErrorInterval");
  to.recoverable_error_throttling = from.flag("RecoverableErrorThrottling");
  to.recoverable_error_throttling_max_s = from.number("RecoverableErrorThrottlingMax");
  to.recoverable_error_stop_retry_after_throttling_max = from.flag("RecoverableErrorStopRetryAfterThrottlingMax");
  to.apply_error_delete_policy = from.action("ApplyErrorDeletePolicy");
  to.apply_error_insert_policy = from.action("ApplyErrorInsertPolicy");
  to.apply_error_update_policy = from.action("ApplyErrorUpdatePolicy");
  to.apply_error_escalation_policy = from.action("ApplyErrorEscalationPolicy");
  to.apply_error_escalation_count = from.number("ApplyErrorEscalationCount");
  to.apply_error_fail_on_truncation_ddl = from.flag("ApplyErrorFailOnTruncationDdl");
  to.full_load_ignore_conflicts = from.flag("FullLoadIgnoreConflicts");
  to.fail_on_no_tables_captured = from.flag("FailOnNoTablesCaptured");
}

void fill_validation(const Section& from, ValidationSettings& to) {
  to.enable_validation = from.flag("EnableValidation");
  to.thread_count = from.number("ThreadCount");
  to.partition_size = from.number("PartitionSize");
  to.failure_max_count = from.number("FailureMaxCount");
  to.table_failure_max_count = from.number("TableFailureMaxCount");
  to.record_failure_delay_min = from.number("RecordFailureDelayInMinutes");
  to.skip_lob_columns = from.flag("SkipLobColumns");
  to.validation_partial_lob_size_kb = from.number("ValidationPartialLobSize");
  to.validation_only = from.flag("ValidationOnly");
}

void fill_godwit(const Section& from, GodwitSettings& to) {
  to.memory_mb = from.number("MemoryMB");
  to.spool_mb = from.number("SpoolMB");
  to.slice_mb = from.number("SliceMB");
  to.target_indexes = from.text("TargetIndexes") == "rebuild" ? TargetIndexes::rebuild : TargetIndexes::keep;
  to.secondary_objects = from.text("SecondaryObjects") == "none" ? SecondaryObjects::none : SecondaryObjects::all;
  to.type_mapping = from.text("TypeMapping") == "dms" ? TypeMapping::dms : TypeMapping::lossless;
  const std::string zero_dates = from.text("ZeroDates");
  to.zero_dates = zero_dates == "error"  ? ZeroDates::error
                  : zero_dates == "null" ? ZeroDates::null
                                         : ZeroDates::first;
}

void fill(TaskSettings& out) {
  const json& document = out.effective;
  fill_target_metadata(Section(document, "TargetMetadata"), out.target_metadata);
  fill_full_load(Section(document, "FullLoadSettings"), out.full_load_settings);
  fill_logging(document["Logging"], out.logging);
  fill_control_tables(Section(document, "ControlTablesSettings"), out.control_tables_settings);
  fill_tuning(Section(document, "ChangeProcessingTuning"), out.change_processing_tuning);
  fill_ddl_policy(Section(document, "ChangeProcessingDdlHandlingPolicy"), out.change_processing_ddl_handling_policy);
  fill_error_behavior(Section(document, "ErrorBehavior"), out.error_behavior);
  fill_validation(Section(document, "ValidationSettings"), out.validation_settings);
  if (document.contains("Godwit")) fill_godwit(Section(document, "Godwit"), out.godwit);
}

// --- settings that do not go together (spec §17) ---

Result<void> check_validation_only(const TaskSettings& settings) {
  if (!settings.validation_settings.validation_only) return {};
  if (!settings.validation_settings.enable_validation)
    return Failure(settings_invalid("ValidationSettings.ValidationOnly: needs EnableValidation set to true"));
  if (settings.full_load_settings.target_table_prep_mode != PrepareMode::do_nothing)
    return Failure(
        settings_invalid("ValidationSettings.ValidationOnly: needs FullLoadSettings.TargetTablePrepMode DO_NOTHING"));
  return Failure(
      settings_not_supported("ValidationSettings.ValidationOnly: data validation is not carried out by this version, "
                             "and a task that ignored the key "
                             "would write rows to the target. Set it to false to have the rows moved."));
}

Result<void> check_loopback(const TaskSettings& settings) {
  const JsonFields section =
      TRY(JsonFields::of(settings.effective["LoopbackPreventionSettings"], "LoopbackPreventionSettings"));
  const std::optional<bool> enabled = TRY(section.boolean("EnableLoopbackPrevention"));
  if (!enabled.value_or(false)) return {};
  if (settings.target_metadata.batch_apply_enabled)
    return Failure(
        settings_invalid("LoopbackPreventionSettings.EnableLoopbackPrevention: must not be true together with "
                         "TargetMetadata.BatchApplyEnabled"));
  return Failure(
      settings_not_supported("LoopbackPreventionSettings.EnableLoopbackPrevention: not carried out by this version, "
                             "and without it two tasks that face "
                             "each other would send every change round for ever. Run one direction only."));
}

Result<void> check_together(TaskSettings& settings) {
  const FullLoadSettings& load = settings.full_load_settings;
  if (load.stop_task_cached_changes_applied && load.stop_task_cached_changes_not_applied)
    return Failure(
        settings_invalid("FullLoadSettings.StopTaskCachedChangesApplied: must not be true together with "
                         "StopTaskCachedChangesNotApplied. The task can stop at one of the two moments only."));
  TRY(check_validation_only(settings));
  TRY(check_loopback(settings));
  return {};
}

}  // namespace

std::string_view to_string(RecordAction action) {
  return record_actions[static_cast<size_t>(action)].first;
}

Result<TaskSettings> parse_settings(std::string_view json_text) {
  json sent = json::object();
  if (!trim(json_text).empty()) {
    Result<json> parsed = parse_json(json_text, invalid_json);
    if (!parsed) return Failure(std::move(parsed).error());
    sent = *std::move(parsed);
  }
  if (!sent.is_object()) return Failure(json_value_error(invalid_json, "an object", sent));
  TaskSettings settings;
  const auto named = [](Error error) {
    return error.code == "json.value" ? settings_invalid(error.message) : std::move(error);
  };
  if (Result<void> merged = Merger(settings).merge(sent); !merged) return Failure(named(std::move(merged).error()));
  fill(settings);
  if (Result<void> checked = check_together(settings); !checked) return Failure(named(std::move(checked).error()));
  return settings;
}

}  // namespace godwit
