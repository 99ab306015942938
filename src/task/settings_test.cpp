#include "task/settings.h"

#include <gtest/gtest.h>

#include "base/json_fields.h"
#include "base/text.h"

namespace godwit {
namespace {

using nlohmann::json;

json section_of(const json& document, std::string_view name) {
  return document.value(std::string(name), json());
}

TEST(Settings, an_empty_document_means_the_defaults) {
  for (const std::string_view text : {"", " \n", "{}"}) {
    const auto settings = parse_settings(text);
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_TRUE(settings->warnings.empty()) << join(settings->warnings, "\n");
    EXPECT_TRUE(settings->target_metadata.full_lob_mode);
    EXPECT_FALSE(settings->target_metadata.limited_size_lob_mode);
    EXPECT_EQ(settings->full_load_settings.target_table_prep_mode, PrepareMode::do_nothing);
    EXPECT_EQ(settings->full_load_settings.max_full_load_sub_tasks, 8);
    EXPECT_EQ(settings->change_processing_tuning.memory_limit_total_mb, 1024);
    EXPECT_EQ(settings->error_behavior.data_masking_error_policy, RecordAction::stop_task);
    EXPECT_EQ(settings->error_behavior.apply_error_delete_policy, RecordAction::ignore_record);
    EXPECT_EQ(settings->error_behavior.event_error_policy, RecordAction::ignore_record);
    EXPECT_EQ(settings->error_behavior.recoverable_error_throttling_max_s, 1800);
    EXPECT_EQ(settings->godwit.memory_mb, 128);
    EXPECT_EQ(settings->godwit.spool_mb, 1000);
    EXPECT_EQ(settings->godwit.slice_mb, 64);
    EXPECT_EQ(settings->logging.components.size(), component_count);
    EXPECT_EQ(settings->effective["Logging"]["LogComponents"].size(), 19U);
    EXPECT_TRUE(settings->effective["TTSettings"].is_null());
    EXPECT_FALSE(settings->effective.contains("Godwit"));
  }
}

TEST(Settings, the_defaults_of_the_types_are_those_of_the_document) {
  const TaskSettings typed;
  const auto parsed = parse_settings(R"({"Godwit": {}})");
  ASSERT_TRUE(parsed);
  const auto& a = typed.error_behavior;
  const auto& b = parsed->error_behavior;
  EXPECT_EQ(a.data_error_policy, b.data_error_policy);
  EXPECT_EQ(a.table_error_escalation_policy, b.table_error_escalation_policy);
  EXPECT_EQ(a.apply_error_insert_policy, b.apply_error_insert_policy);
  EXPECT_EQ(a.apply_error_update_policy, b.apply_error_update_policy);
  EXPECT_EQ(a.full_load_ignore_conflicts, b.full_load_ignore_conflicts);
  EXPECT_EQ(typed.change_processing_tuning.batch_apply_timeout_max_s,
            parsed->change_processing_tuning.batch_apply_timeout_max_s);
  EXPECT_EQ(typed.change_processing_tuning.recovery_timeout_min,
            parsed->change_processing_tuning.recovery_timeout_min);
  EXPECT_EQ(typed.full_load_settings.commit_rate, parsed->full_load_settings.commit_rate);
  EXPECT_EQ(typed.validation_settings.failure_max_count, parsed->validation_settings.failure_max_count);
  EXPECT_EQ(parsed->effective["Godwit"], *parse_json(R"({"MemoryMB": 128, "SpoolMB": 1000, "SliceMB": 64,
            "TargetIndexes": "keep", "SecondaryObjects": "all", "TypeMapping": "lossless", "ZeroDates": "null"})",
                                                     "x"));
}

TEST(Settings, values_are_typed_and_echoed_canonically) {
  const auto settings = parse_settings(R"({
    "TargetMetadata": {"TargetSchema": "core", "TaskRecoveryTableEnabled": "true"},
    "FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD", "MaxFullLoadSubTasks": "49",
                         "StopTaskCachedChangesApplied": true},
    "ControlTablesSettings": {"ControlSchema": "ctl", "StatusTableEnabled": true},
    "ErrorBehavior": {"ApplyErrorInsertPolicy": "INSERT_RECORD", "TableErrorPolicy": "STOP_TASK",
                      "RecoverableErrorCount": 0},
    "Godwit": {"MemoryMB": 256, "TargetIndexes": "rebuild", "SecondaryObjects": "none"}})");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_TRUE(settings->warnings.empty()) << join(settings->warnings, "\n");
  EXPECT_EQ(settings->target_metadata.target_schema, "core");
  EXPECT_TRUE(settings->target_metadata.task_recovery_table_enabled);
  EXPECT_EQ(settings->full_load_settings.target_table_prep_mode, PrepareMode::truncate_before_load);
  EXPECT_EQ(settings->full_load_settings.max_full_load_sub_tasks, 49);
  EXPECT_TRUE(settings->full_load_settings.stop_task_cached_changes_applied);
  EXPECT_EQ(settings->control_tables_settings.control_schema, "ctl");
  EXPECT_TRUE(settings->control_tables_settings.status_table_enabled);
  EXPECT_EQ(settings->error_behavior.apply_error_insert_policy, RecordAction::insert_record);
  EXPECT_EQ(settings->error_behavior.table_error_policy, RecordAction::stop_task);
  EXPECT_EQ(settings->error_behavior.recoverable_error_count, 0);
  EXPECT_EQ(settings->godwit.memory_mb, 256);
  EXPECT_EQ(settings->godwit.target_indexes, TargetIndexes::rebuild);
  EXPECT_EQ(settings->godwit.secondary_objects, SecondaryObjects::none);
  EXPECT_EQ(settings->effective["FullLoadSettings"]["MaxFullLoadSubTasks"], json(49));
  EXPECT_EQ(settings->effective["TargetMetadata"]["TaskRecoveryTableEnabled"], json(true));
  EXPECT_EQ(settings->effective["Godwit"]["SliceMB"], json(64));
}

TEST(Settings, wrong_values_name_section_and_key) {
  std::string too_many_components = R"({"Logging": {"LogComponents": [{"Id": "x"})";
  for (int i = 0; i < 100; ++i) too_many_components += R"(,{"Id": "x"})";
  too_many_components += "]}}";
  const struct {
    std::string_view document, message;
  } cases[] = {
      {"{", "Invalid task settings JSON: line 1, column 2: "},
      {"[]", "Invalid task settings JSON: must be an object, not an array"},
      {R"({"TargetMetadata": 7})", "Invalid task settings JSON: TargetMetadata: must be an object, not 7"},
      {R"({"TargetMetadata": {"SupportLobs": "yes"}})",
       "Invalid task settings JSON: TargetMetadata.SupportLobs: must be true or false, not \"yes\""},
      {R"({"TargetMetadata": {"TargetSchema": 1}})",
       "Invalid task settings JSON: TargetMetadata.TargetSchema: must be a string, not 1"},
      {R"({"FullLoadSettings": {"MaxFullLoadSubTasks": 50}})",
       "Invalid task settings JSON: FullLoadSettings.MaxFullLoadSubTasks: must be an integer from 1 to 49, not 50"},
      {R"({"FullLoadSettings": {"CommitRate": 0}})",
       "Invalid task settings JSON: FullLoadSettings.CommitRate: must be an integer from 1 to 50000, not 0"},
      {R"({"FullLoadSettings": {"TargetTablePrepMode": "drop"}})",
       "Invalid task settings JSON: FullLoadSettings.TargetTablePrepMode: must be one of DO_NOTHING, "
       "DROP_AND_CREATE, "
       "TRUNCATE_BEFORE_LOAD, not \"drop\""},
      {R"({"ErrorBehavior": {"TableErrorEscalationPolicy": "SUSPEND_TABLE"}})",
       "Invalid task settings JSON: ErrorBehavior.TableErrorEscalationPolicy: must be STOP_TASK, not "
       "\"SUSPEND_TABLE\""},
      {R"({"ErrorBehavior": {"ApplyErrorDeletePolicy": "INSERT_RECORD"}})",
       "Invalid task settings JSON: ErrorBehavior.ApplyErrorDeletePolicy: must be one of IGNORE_RECORD"},
      {R"({"Godwit": {"MemoryMB": 63}})",
       "Invalid task settings JSON: Godwit.MemoryMB: must be an integer from 64 to 65536, not 63"},
      {R"({"Godwit": {"SpoolMB": 10000001}})",
       "Invalid task settings JSON: Godwit.SpoolMB: must be an integer from 1 to 1000000"},
      {R"({"Godwit": {"SliceMB": 0}})",
       "Invalid task settings JSON: Godwit.SliceMB: must be an integer from 1 to 4096, not 0"},
      {R"({"Logging": {"LogComponents": [{"Severity": "LOGGER_SEVERITY_INFO"}]}})",
       "Invalid task settings JSON: Logging.LogComponents[0].Id: must be the name of a component, not null"},
      {too_many_components, "Invalid task settings JSON: Logging.LogComponents: holds 101 components; at most 100"},
      {R"({"Logging": {"LogComponents": [{"Id": "IO", "Severity": "DEBUG"}]}})",
       "Invalid task settings JSON: Logging.LogComponents[\"IO\"].Severity: must be one of LOGGER_SEVERITY_ERROR"},
      {R"({"TTSettings": "on"})", "Invalid task settings JSON: TTSettings: must be an object, not \"on\""},
      {R"({"FailTaskWhenCleanTaskResourceFailed": 3})",
       "Invalid task settings JSON: FailTaskWhenCleanTaskResourceFailed: must be true or false, not 3"},
  };
  for (const auto& c : cases) {
    const auto settings = parse_settings(c.document);
    ASSERT_FALSE(settings) << c.document;
    EXPECT_EQ(settings.error().kind, ErrorKind::usage);
    EXPECT_TRUE(settings.error().message.starts_with(c.message)) << settings.error().message;
  }
}

TEST(Settings, the_lob_mode_that_is_named_decides) {
  const struct {
    std::string_view metadata;
    bool full, limited;
    std::string_view warning;  // the beginning of the only one; empty: none
  } cases[] = {
      {"{}", true, false, ""},
      {R"({"LimitedSizeLobMode": true, "LobMaxSize": 64})", false, true, ""},
      {R"({"LimitedSizeLobMode": false})", true, false, ""},
      {R"({"FullLobMode": true, "LobMaxSize": 32})", true, false, ""},
      {R"({"FullLobMode": false})", false, true, ""},
      {R"({"FullLobMode": false, "LimitedSizeLobMode": true})", false, true, ""},
      {R"({"FullLobMode": null, "LimitedSizeLobMode": "true"})", false, true, ""},
      {R"({"FullLobMode": false, "LimitedSizeLobMode": false, "SupportLobs": false})", false, false, ""},
      {R"({"LobMaxSize": 64})", true, false, "TargetMetadata.LobMaxSize: without effect by itself"},
      {R"({"LobMaxSize": 32})", true, false, "TargetMetadata.LobMaxSize: without effect by itself"},
      {R"({"LobMaxSize": 0, "FullLobMode": true})", true, false, ""},
  };
  for (const auto& c : cases) {
    const auto settings = parse_settings("{\"TargetMetadata\": " + std::string(c.metadata) + "}");
    ASSERT_TRUE(settings) << c.metadata << settings.error().message;
    EXPECT_EQ(settings->target_metadata.full_lob_mode, c.full) << c.metadata;
    EXPECT_EQ(settings->target_metadata.limited_size_lob_mode, c.limited) << c.metadata;
    EXPECT_EQ(settings->effective["TargetMetadata"]["FullLobMode"], json(c.full));
    EXPECT_EQ(settings->effective["TargetMetadata"]["LimitedSizeLobMode"], json(c.limited));
    EXPECT_EQ(settings->warnings.size(), c.warning.empty() ? 0U : 1U) << c.metadata;
    EXPECT_TRUE(join(settings->warnings, "\n").starts_with(c.warning)) << join(settings->warnings, "\n");
  }
}

TEST(Settings, what_does_not_go_together_is_refused) {
  const struct {
    std::string_view document, path;
  } cases[] = {
      {R"({"TargetMetadata": {"FullLobMode": true, "LimitedSizeLobMode": true}})", "TargetMetadata.FullLobMode"},
      {R"({"TargetMetadata": {"FullLobMode": false, "LimitedSizeLobMode": false}})", "TargetMetadata.FullLobMode"},
      {R"({"TargetMetadata": {"LimitedSizeLobMode": true, "LobMaxSize": 0}})", "TargetMetadata.LobMaxSize"},
      {R"({"FullLoadSettings": {"StopTaskCachedChangesApplied": true, "StopTaskCachedChangesNotApplied": true}})",
       "FullLoadSettings.StopTaskCachedChangesApplied"},
      {R"({"ValidationSettings": {"ValidationOnly": true}})",
       "ValidationSettings.ValidationOnly: needs EnableValidation"},
      {R"({"ValidationSettings": {"ValidationOnly": true, "EnableValidation": true},
           "FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE"}})",
       "ValidationSettings.ValidationOnly: needs FullLoadSettings.TargetTablePrepMode"},
      {R"({"ValidationSettings": {"ValidationOnly": true, "EnableValidation": true}})",
       "ValidationSettings.ValidationOnly: data validation is not carried out"},
      {R"({"TargetMetadata": {"BatchApplyEnabled": true},
           "LoopbackPreventionSettings": {"EnableLoopbackPrevention": true}})",
       "LoopbackPreventionSettings.EnableLoopbackPrevention: must not be true together"},
      {R"({"LoopbackPreventionSettings": {"EnableLoopbackPrevention": "true"}})",
       "LoopbackPreventionSettings.EnableLoopbackPrevention: not carried out"},
  };
  for (const auto& c : cases) {
    const auto settings = parse_settings(c.document);
    ASSERT_FALSE(settings) << c.document;
    EXPECT_EQ(settings.error().kind, ErrorKind::usage);
    EXPECT_TRUE(settings.error().message.starts_with("Invalid task settings JSON: " + std::string(c.path)))
        << settings.error().message;
  }
}

TEST(Settings, what_a_document_asks_for_and_does_not_get_is_named_by_its_path) {
  const struct {
    std::string_view document, path;  // empty: no warning
  } cases[] = {
      {R"({"Extra": {"a": [1]}})", "Extra: unknown"},
      {R"({"Extra": null})", "Extra: unknown"},
      {R"({"errorBehavior": {}})",
       "errorBehavior: unknown; kept in the document, without effect. Write it as ErrorBehavior"},
      {R"({"TargetMetadata": {"ResumeFetchForXRows": 5}})", "TargetMetadata.ResumeFetchForXRows: unknown"},
      {R"({"TargetMetadata": {"targetschema": "x"}})",
       "TargetMetadata.targetschema: unknown; kept in the document, without effect. Write it as TargetSchema"},
      {R"({"TargetMetadata": {"BatchApplyEnabled": true}})",
       "TargetMetadata.BatchApplyEnabled: does not choose the algorithm"},
      {R"({"TargetMetadata": {"BatchApplyEnabled": false, "LobChunkSize": 64, "ParallelLoadThreads": "0"}})", ""},
      {R"({"TargetMetadata": {"ParallelLoadThreads": 4}})", "TargetMetadata.ParallelLoadThreads: without effect"},
      {R"({"TargetMetadata": {"InlineLobMaxSize": 16}})", ""},
      {R"({"FullLoadSettings": {"CommitRate": 500}})", "FullLoadSettings.CommitRate: does not cut"},
      {R"({"FullLoadSettings": {"TransactionConsistencyTimeout": 60}})",
       "FullLoadSettings.TransactionConsistencyTimeout: when"},
      {R"({"StreamBufferSettings": {"StreamBufferCount": 9}})",
       "StreamBufferSettings.StreamBufferCount: without effect"},
      {R"({"ChangeProcessingTuning": {"MinTransactionSize": 5}})",
       "ChangeProcessingTuning.MinTransactionSize: delays nothing"},
      {R"({"ChangeProcessingTuning": {"BatchSplitSize": 5}})",
       "ChangeProcessingTuning.BatchSplitSize: caps a window"},
      {R"({"ChangeProcessingTuning": {"MemoryLimitTotal": 4096}})",
       "ChangeProcessingTuning.MemoryLimitTotal: is at most a cap"},
      {R"({"ValidationSettings": {"EnableValidation": true}})",
       "ValidationSettings.EnableValidation: without effect: data validation is not carried out by this version"},
      {R"({"CharacterSetSettings": {"CharacterReplacements": []}})", "CharacterSetSettings: without effect"},
      {R"({"CharacterSetSettings": null, "ResyncSettings": null, "TTSettings": null, "Logging": null})", ""},
      {R"({"Logging": {"EnableLogContext": true}})", "Logging.EnableLogContext: without effect"},
      {R"({"Logging": {"CloudWatchLogGroup": null, "CloudWatchLogStream": null}})", ""},
      {R"({"Logging": {"CloudWatchLogGroup": "g"}})", "Logging.CloudWatchLogGroup: without effect: it is read-only"},
      {R"({"Logging": {"DeleteTaskLogs": true}})", "Logging.DeleteTaskLogs: without effect here"},
      {R"({"Logging": {"LogComponents": [{"Id": "NEW_ONE", "Severity": "LOGGER_SEVERITY_INFO"}]}})",
       "Logging.LogComponents[\"NEW_ONE\"]: the component \"NEW_ONE\" is not known"},
      {R"({"Logging": {"LogComponents": [{"Id": "ADDONS", "Severity": "LOGGER_SEVERITY_DEFAULT"}]}})", ""},
      {R"({"Logging": {"LogComponents": [{"Id": "ADDONS", "Severity": "LOGGER_SEVERITY_DEBUG"}]}})",
       "Logging.LogComponents[\"ADDONS\"]: the component ADDONS has no lines"},
      {R"({"FailTaskWhenCleanTaskResourceFailed": true})", ""},
  };
  for (const auto& c : cases) {
    const auto settings = parse_settings(c.document);
    ASSERT_TRUE(settings) << c.document << settings.error().message;
    EXPECT_EQ(settings->warnings.size(), c.path.empty() ? 0U : 1U) << c.document << "\n"
                                                                   << join(settings->warnings, "\n");
    EXPECT_TRUE(join(settings->warnings, "\n").starts_with(c.path)) << join(settings->warnings, "\n");
  }
}

TEST(Settings, unknown_keys_are_echoed_as_sent) {
  const auto settings = parse_settings(R"({"Extra": {"a": [1, "true"]}, "TargetMetadata": {"New": "5"},
    "TTSettings": {"EnableTT": "false"}, "Logging": {"DeleteTaskLogs": true}})");
  ASSERT_TRUE(settings);
  EXPECT_EQ(section_of(settings->effective, "Extra").dump(), R"({"a":[1,"true"]})");
  EXPECT_EQ(settings->effective["TargetMetadata"]["New"], "5");
  EXPECT_EQ(settings->effective["TTSettings"].dump(), R"({"EnableTT":"false"})");
  EXPECT_FALSE(settings->effective["Logging"].contains("DeleteTaskLogs"));
}

TEST(Settings, the_echo_read_again_gives_the_same_echo) {
  const auto first =
      parse_settings(R"({"TargetMetadata": {"LimitedSizeLobMode": true}, "X": 1, "Godwit": {"SliceMB": "32"},
    "Logging": {"LogComponents": [{"Id": "SORTER", "Severity": "LOGGER_SEVERITY_DEBUG"}]}})");
  ASSERT_TRUE(first);
  const auto second = parse_settings(first->effective.dump());
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(first->effective, second->effective);
}

TEST(Settings, log_components_are_merged_by_id) {
  const auto settings = parse_settings(R"({"Logging": {"LogComponents": [
    {"Id": "TARGET_APPLY", "Severity": "LOGGER_SEVERITY_DETAILED_DEBUG"}, {"Id": "MINE", "Severity": null},
    {"Id": "SORTER", "Severity": "LOGGER_SEVERITY_ERROR"}]}})");
  ASSERT_TRUE(settings) << settings.error().message;
  const json& echoed = settings->effective["Logging"]["LogComponents"];
  ASSERT_EQ(echoed.size(), 20U);
  EXPECT_EQ(echoed[0]["Id"], "TRANSFORMATION");
  EXPECT_EQ(echoed[9].dump(), R"({"Id":"TARGET_APPLY","Severity":"LOGGER_SEVERITY_DETAILED_DEBUG"})");
  EXPECT_EQ(echoed[19].dump(), R"({"Id":"MINE","Severity":"LOGGER_SEVERITY_DEFAULT"})");
  for (const auto& [component, severity] : settings->logging.components)
    EXPECT_EQ(severity, component == Component::target_apply ? Severity::detailed_debug
                        : component == Component::sorter     ? Severity::error
                                                             : Severity::info)
        << to_string(component);
}

TEST(Settings, the_history_timeslot_is_echoed_in_both_spellings) {
  const struct {
    std::string_view sent;
    int64_t minutes;
  } cases[] = {{R"({"historyTimeslotInMinutes": 7})", 7},
               {R"({"HistoryTimeslotInMinutes": 8})", 8},
               {R"({"historyTimeslotInMinutes": 7, "HistoryTimeslotInMinutes": 8})", 8},
               {"{}", 5}};
  for (const auto& c : cases) {
    const auto settings = parse_settings("{\"ControlTablesSettings\": " + std::string(c.sent) + "}");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->control_tables_settings.history_timeslot_minutes, c.minutes);
    EXPECT_EQ(settings->effective["ControlTablesSettings"]["HistoryTimeslotInMinutes"], json(c.minutes));
    EXPECT_EQ(settings->effective["ControlTablesSettings"]["historyTimeslotInMinutes"], json(c.minutes));
  }
}

TEST(Settings, update_record_keeps_lob_columns) {
  const auto settings = parse_settings(R"({"ErrorBehavior": {"ApplyErrorUpdatePolicy": "UPDATE_RECORD"}})");
  ASSERT_TRUE(settings);
  EXPECT_TRUE(settings->target_metadata.support_lobs);
  EXPECT_EQ(settings->error_behavior.apply_error_update_policy, RecordAction::update_record);
  EXPECT_TRUE(settings->warnings.empty());
}

TEST(Settings, actions_have_the_names_of_dms) {
  EXPECT_EQ(to_string(RecordAction::ignore_record), "IGNORE_RECORD");
  EXPECT_EQ(to_string(RecordAction::update_record), "UPDATE_RECORD");
}

}  // namespace
}  // namespace godwit
