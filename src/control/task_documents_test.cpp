#include "control/task_documents.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace godwit {
namespace {

using nlohmann::json;

const LogNames log = log_names("pool", "ABC");

json echo_of(const SettingsChange& change) {
  return json::parse(change.texts.echo);
}

SettingsChange created(std::string_view given = "") {
  auto change = create_settings(given, "full-load-and-cdc", log);
  EXPECT_TRUE(change) << change.error().message;
  return change ? *std::move(change) : SettingsChange{};
}

SettingsChange modified(const SettingsChange& before, std::string_view given) {
  auto change = modify_settings(before.texts, given, "full-load-and-cdc", log);
  EXPECT_TRUE(change) << change.error().message;
  return change ? *std::move(change) : SettingsChange{};
}

TEST(TaskDocuments, the_whole_document_is_echoed_and_the_worker_is_told_what_was_asked_for_alone) {
  const SettingsChange change = created(R"({"FullLoadSettings":{"CommitRate":"500"}})");
  const json echo = echo_of(change);
  EXPECT_EQ(echo["FullLoadSettings"]["CommitRate"], 500);
  EXPECT_EQ(echo["FullLoadSettings"]["MaxFullLoadSubTasks"], 8);
  EXPECT_TRUE(echo.contains("TTSettings") && echo["TTSettings"].is_null());
  EXPECT_EQ(echo["Logging"]["LogComponents"].size(), 19);
  EXPECT_EQ(change.texts.sent, R"({"FullLoadSettings":{"CommitRate":"500"}})");
  EXPECT_EQ(created().texts.sent, "");
}

TEST(TaskDocuments, log_names_are_shown_while_logging_is_on) {
  const SettingsChange off = created();
  EXPECT_TRUE(echo_of(off)["Logging"]["CloudWatchLogGroup"].is_null());
  const SettingsChange on = modified(off, R"({"Logging":{"EnableLogging":true}})");
  EXPECT_EQ(echo_of(on)["Logging"]["CloudWatchLogGroup"], "dms-tasks-pool");
  EXPECT_EQ(echo_of(on)["Logging"]["CloudWatchLogStream"], "dms-task-ABC");
  const auto moved = with_log_names(on.texts.echo, log_names("other", "ABC"));
  EXPECT_EQ(json::parse(*moved)["Logging"]["CloudWatchLogGroup"], "dms-tasks-other");
  // What Describe answered may be sent back.
  EXPECT_EQ(modified(on, on.texts.echo).texts.echo, on.texts.echo);
}

TEST(TaskDocuments, later_calls_are_merged_over_earlier_ones) {
  SettingsChange change = created(R"({"TargetMetadata":{"FullLobMode":true},"Logging":{"LogComponents":[
      {"Id":"TARGET_LOAD","Severity":"LOGGER_SEVERITY_DEBUG"}]}})");
  change = modified(change, R"({"TargetMetadata":{"LimitedSizeLobMode":true,"LobMaxSize":63}})");
  change = modified(change, R"({"Logging":{"LogComponents":[
      {"Id":"TARGET_APPLY","Severity":"LOGGER_SEVERITY_ERROR"},
      {"Id":"TARGET_LOAD","Severity":"LOGGER_SEVERITY_WARNING"}]}})");
  const json echo = echo_of(change);
  EXPECT_EQ(echo["TargetMetadata"]["LimitedSizeLobMode"], true);
  EXPECT_EQ(echo["TargetMetadata"]["FullLobMode"], false);
  EXPECT_EQ(echo["TargetMetadata"]["LobMaxSize"], 63);
  EXPECT_EQ(echo["Logging"]["LogComponents"][3]["Severity"], "LOGGER_SEVERITY_WARNING");
  EXPECT_EQ(echo["Logging"]["LogComponents"][9]["Severity"], "LOGGER_SEVERITY_ERROR");
  EXPECT_EQ(json::parse(change.texts.sent)["Logging"]["LogComponents"].size(), 2);  // each component once
}

TEST(TaskDocuments, either_spelling_of_the_history_timeslot_replaces_the_other) {
  SettingsChange change = created(R"({"ControlTablesSettings":{"HistoryTimeslotInMinutes":7}})");
  change = modified(change, R"({"ControlTablesSettings":{"historyTimeslotInMinutes":9}})");
  EXPECT_EQ(echo_of(change)["ControlTablesSettings"]["HistoryTimeslotInMinutes"], 9);
  EXPECT_EQ(echo_of(change)["ControlTablesSettings"]["historyTimeslotInMinutes"], 9);
}

TEST(TaskDocuments, null_unsets_a_section_and_leaves_a_key) {
  SettingsChange change = created(R"({"TTSettings":{"EnableTT":true},"FullLoadSettings":{"CommitRate":500}})");
  change = modified(change, R"({"TTSettings":null,"FullLoadSettings":{"CommitRate":null}})");
  EXPECT_TRUE(echo_of(change)["TTSettings"].is_null());
  EXPECT_EQ(echo_of(change)["FullLoadSettings"]["CommitRate"], 500);
}

TEST(TaskDocuments, unknown_keys_and_validation_are_kept_and_warned_about) {
  const SettingsChange change =
      created(R"({"Nonesuch":{"a":1},"ValidationSettings":{"EnableValidation":true},"FullLoadSettings":{"Odd":2}})");
  EXPECT_EQ(echo_of(change)["Nonesuch"]["a"], 1);
  EXPECT_EQ(echo_of(change)["FullLoadSettings"]["Odd"], 2);
  EXPECT_EQ(echo_of(change)["ValidationSettings"]["EnableValidation"], true);
  for (const std::string_view path : {"Nonesuch", "FullLoadSettings.Odd", "ValidationSettings.EnableValidation"})
    EXPECT_EQ(std::ranges::count_if(change.warnings, [&](const auto& line) { return line.starts_with(path); }), 1)
        << path;
  EXPECT_TRUE(modified(change, R"({"FullLoadSettings":{"MaxFullLoadSubTasks":7}})").warnings.empty());  // told once
}

TEST(TaskDocuments, severities_alone_are_told_from_other_changes) {
  const SettingsChange before = created(R"({"Logging":{"EnableLogging":true}})");
  const std::pair<std::string_view, bool> rows[] = {
      {R"({"Logging":{"LogComponents":[{"Id":"SORTER","Severity":"LOGGER_SEVERITY_DEBUG"}]}})", true},
      {R"({"Logging":{"DeleteTaskLogs":true}})", true},
      {R"({})", true},
      {R"({"Logging":{"EnableLogging":false}})", false},
      {R"({"FullLoadSettings":{"CommitRate":7}})", false},
      {R"({"FullLoadSettings":{"CommitRate":10000}})", true},  // as it is
  };
  for (const auto& [given, only] : rows) EXPECT_EQ(modified(before, given).only_logging, only) << given;
  const SettingsChange deletes = modified(before, R"({"Logging":{"DeleteTaskLogs":true}})");
  EXPECT_TRUE(deletes.delete_logs);
  EXPECT_FALSE(echo_of(deletes)["Logging"].contains("DeleteTaskLogs"));
  EXPECT_EQ(deletes.texts.sent.find("DeleteTaskLogs"), std::string::npos);
}

TEST(TaskDocuments, bad_settings_are_refused_in_the_words_clients_know) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{", "Invalid task settings JSON"},
      {"[]", "Invalid task settings JSON"},
      {R"({"FullLoadSettings":{"CommitRate":"many"}})", "Invalid task settings JSON: FullLoadSettings.CommitRate"},
      {R"({"FullLoadSettings":{"CommitRate":0}})", "Invalid task settings JSON: FullLoadSettings.CommitRate"},
      {R"({"Logging":{"CloudWatchLogGroup":"mine"}})",
       "Task Settings CloudWatchLogGroup or CloudWatchLogStream cannot be set on create."},
      {R"({"TargetMetadata":{"FullLobMode":true,"LimitedSizeLobMode":true}})", "Invalid task settings JSON"},
      {R"({"BeforeImageSettings":{"EnableBeforeImage":true}})",
       "Invalid task settings JSON: BeforeImageSettings.EnableBeforeImage"},
      {R"({"Logging":{"DeleteTaskLogs":"perhaps"}})", "Invalid task settings JSON: Logging.DeleteTaskLogs"},
  };
  for (const auto& [given, words] : rows) {
    const auto change = create_settings(given, "full-load", log);
    ASSERT_FALSE(change) << given;
    EXPECT_EQ(change.error().code, "InvalidParameterValueException") << given;
    EXPECT_TRUE(change.error().message.starts_with(words)) << change.error().message;
  }
}

TEST(TaskDocuments, clean_up_failures_matter_where_the_document_says_so) {
  EXPECT_FALSE(fails_on_clean_up(created().texts.echo));
  EXPECT_TRUE(fails_on_clean_up(created(R"({"FailTaskWhenCleanTaskResourceFailed":true})").texts.echo));
}

TEST(TaskDocuments, mappings_are_checked_before_they_are_stored) {
  EXPECT_TRUE(check_mappings(
      R"({"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","rule-action":"include",
          "object-locator":{"schema-name":"s","table-name":"%"}}]})"));
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{", "Invalid Table Mappings document. Invalid json"},
      {"{}", "Valid Table mappings is required"},
      {R"({"rules":[]})", "Valid Table mappings is required"},
  };
  for (const auto& [given, words] : rows) {
    const auto checked = check_mappings(given);
    ASSERT_FALSE(checked) << given;
    EXPECT_EQ(checked.error().code, "InvalidParameterValueException");
    EXPECT_TRUE(checked.error().message.starts_with(words)) << checked.error().message;
  }
}

}  // namespace
}  // namespace godwit
