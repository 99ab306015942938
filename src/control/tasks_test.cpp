#include "control/tasks.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "control/task_fixture.h"
#include "control/task_removal.h"
#include "control/worker_errors.h"

namespace godwit {
namespace {

using nlohmann::json;

class TasksTest : public TaskFixture {};

TEST_F(TasksTest, a_new_task_shows_creating_once_and_is_ready) {
  NewTask wanted = new_task("My-Task");
  wanted.tags = {{"team", "a"}};
  const auto made = create_task(*environment_, wanted);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->status, "creating");
  const std::string arn = task_arn(*environment_, *made);
  EXPECT_EQ(status(arn), "ready");
  EXPECT_EQ(stored(arn).identifier, "my-task");
  EXPECT_EQ(stored(arn).table_mappings, wanted.table_mappings);
  EXPECT_EQ(tags_of(*environment_, arn)->size(), 1);
  EXPECT_EQ(events(arn), std::vector<int64_t>{74});
}

TEST_F(TasksTest, what_a_task_cannot_be_made_of_is_refused_and_leaves_nothing) {
  put_instance("BUSY", "modifying");
  EndpointInput files = input("files");
  files.engine_name = "s3";
  const auto s3 = create_endpoint(*environment_, files, {});
  ASSERT_TRUE(s3) << s3.error().message;
  const std::string s3_arn = endpoint_arn(*environment_, *s3);
  struct Case {
    std::string_view what;
    std::function<void(NewTask&)> spoil;
    std::string_view code;
  };
  const Case cases[] = {
      {"name", [](NewTask& task) { task.identifier = "a--b"; }, "InvalidParameterValueException"},
      {"type", [](NewTask& task) { task.migration_type = "sync"; }, "InvalidParameterValueException"},
      {"sides", [](NewTask& task) { std::swap(task.source_endpoint_arn, task.target_endpoint_arn); },
       "InvalidParameterValueException"},
      {"endpoint", [](NewTask& task) { task.source_endpoint_arn += "X"; }, "ResourceNotFoundFault"},
      {"instance", [](NewTask& task) { task.instance_arn += "X"; }, "ResourceNotFoundFault"},
      {"busy instance", [&](NewTask& task) { task.instance_arn = instance("BUSY"); }, "InvalidResourceStateFault"},
      {"mappings", [](NewTask& task) { task.table_mappings = "{}"; }, "InvalidParameterValueException"},
      {"settings", [](NewTask& task) { task.settings = "{"; }, "InvalidParameterValueException"},
      {"position", [](NewTask& task) { task.cdc.start_position = "0/1"; }, "InvalidParameterCombinationException"},
      {"no changes", [&](NewTask& task) { task.source_endpoint_arn = s3_arn; }, "InvalidParameterValueException"},
      {"tag", [](NewTask& task) { task.tags = {{"aws:mine", "x"}}; }, "InvalidParameterValueException"},
      {"resource id", [](NewTask& task) { task.resource_identifier = "-"; }, "InvalidParameterValueException"},
  };
  for (const Case& one : cases) {
    NewTask wanted = new_task();
    one.spoil(wanted);
    const auto made = create_task(*environment_, wanted);
    ASSERT_FALSE(made) << one.what;
    EXPECT_EQ(made.error().code, one.code) << one.what << ": " << made.error().message;
  }
  EXPECT_EQ(count_tasks(*database_).value(), 0);
  make();
  EXPECT_EQ(create_task(*environment_, new_task("ONE")).error().code, "ResourceAlreadyExistsFault");
}

// State by call: what each answers (spec/api.md §5).
TEST_F(TasksTest, each_call_is_allowed_in_its_states_alone) {
  using enum TaskStatus;
  put_instance("OTHER", "available");
  const std::string arn = make();
  const auto answer = [](const auto& result) -> std::string {
    return result ? std::string(result->status) : result.error().code;
  };
  const std::string no = "InvalidResourceStateFault";
  struct Row {
    TaskStatus status;
    std::string start, stop, modify, move, remove;
  };
  const Row rows[] = {
      {ready, "starting", no, "modifying", "moving", "deleting"},
      {stopped, "starting", no, "modifying", "moving", "deleting"},
      {failed, "starting", no, "modifying", "moving", "deleting"},
      {failed_move, "starting", no, "modifying", "moving", "deleting"},
      {starting, no, "stopping", no, no, no},
      {running, no, "stopping", no, no, no},
      {stopping, no, no, no, no, no},
      {creating, no, no, no, no, no},
      {modifying, no, no, no, no, "deleting"},
      {moving, no, no, no, no, "deleting"},
      {testing, no, no, no, no, "deleting"},
      {deleting, no, no, no, no, no},
  };
  workers_.keeps_removing = true;
  const StoredTask as_made = stored(arn);
  for (const Row& row : rows) {
    const auto in_state = [&] {
      StoredTask task = as_made;
      task.status = to_string(row.status);
      task.run = 1;
      EXPECT_TRUE(update_task(*database_, task));
    };
    TaskChange change;
    change.table_mappings = new_task().table_mappings + " ";
    in_state();
    EXPECT_EQ(answer(start(arn, "resume-processing")), row.start) << to_string(row.status);
    in_state();
    EXPECT_EQ(answer(stop_task(*environment_, arn)), row.stop) << to_string(row.status);
    in_state();
    EXPECT_EQ(answer(modify_task(*environment_, arn, change)), row.modify) << to_string(row.status);
    in_state();
    EXPECT_EQ(answer(move_task(*environment_, arn, instance("OTHER"))), row.move) << to_string(row.status);
    in_state();
    EXPECT_EQ(answer(remove_task(*environment_, arn)), row.remove) << to_string(row.status);
  }
}

TEST_F(TasksTest, modify_answers_modifying_and_leaves_the_task_as_it_rested) {
  const std::string arn = make();
  TaskChange change;
  change.identifier = "Two";
  change.migration_type = "cdc";
  change.settings = R"({"FullLoadSettings":{"CommitRate":7}})";
  change.cdc.stop_position = "commit_time:2026-01-01T00:00:00";
  const auto modified = modify_task(*environment_, arn, change);
  ASSERT_TRUE(modified) << modified.error().message;
  EXPECT_EQ(modified->status, "modifying");
  const StoredTask task = stored(arn);
  EXPECT_EQ(task.status, "ready");
  EXPECT_EQ(task.identifier, "two");
  EXPECT_EQ(task.migration_type, "cdc");
  EXPECT_EQ(task.cdc_stop_position, "commit_time:2026-01-01T00:00:00");
  EXPECT_EQ(json::parse(task.settings)["FullLoadSettings"]["CommitRate"], 7);
  EXPECT_EQ(events(arn), (std::vector<int64_t>{74, 80}));
}

TEST_F(TasksTest, the_type_of_a_task_that_has_run_stays) {
  const std::string arn = run();
  end(arn);
  TaskChange change;
  change.migration_type = "full-load-and-cdc";
  EXPECT_TRUE(modify_task(*environment_, arn, change));  // Terraform sends it with every update
  change.migration_type = "cdc";
  EXPECT_EQ(modify_task(*environment_, arn, change).error().code, "InvalidParameterCombinationException");
}

TEST_F(TasksTest, a_running_task_takes_severities_and_orders_alone) {
  const std::string arn = run();
  const std::string log = task_folder(*environment_, id(arn)) + "/task.log";
  std::filesystem::create_directories(task_folder(*environment_, id(arn)));
  std::ofstream(log) << "a line\n";
  TaskChange change;
  change.settings = R"({"Logging":{"LogComponents":[{"Id":"TARGET_LOAD","Severity":"LOGGER_SEVERITY_DEBUG"}]}})";
  const auto modified = modify_task(*environment_, arn, change);
  ASSERT_TRUE(modified) << modified.error().message;
  EXPECT_EQ(modified->status, "running");
  EXPECT_NE(std::ranges::find(workers_.severities, std::pair(Component::target_load, Severity::debug)),
            workers_.severities.end());
  EXPECT_TRUE(std::filesystem::exists(log));
  change.settings = R"({"Logging":{"DeleteTaskLogs":true}})";
  EXPECT_TRUE(modify_task(*environment_, arn, change));
  EXPECT_FALSE(std::filesystem::exists(log));
  change.settings = R"({"FullLoadSettings":{"CommitRate":7}})";
  const auto refusal = modify_task(*environment_, arn, change);
  ASSERT_FALSE(refusal);
  EXPECT_EQ(refusal.error().message,
            "Replication Task, excluding logging severity task settings, cannot be modified while it is running "
            "state");
  EXPECT_EQ(stored(arn).settings, modified->settings);
}

TEST_F(TasksTest, a_moved_task_keeps_its_name_and_logs_to_the_group_of_its_new_instance) {
  put_instance("OTHER", "available");
  NewTask wanted = new_task();
  wanted.settings = R"({"Logging":{"EnableLogging":true}})";
  const std::string arn = task_arn(*environment_, create_task(*environment_, wanted).value());
  const auto moved = move_task(*environment_, arn, instance("OTHER"));
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(moved->status, "moving");
  EXPECT_EQ(moved->instance_id, "INSTANCE");
  EXPECT_EQ(stored(arn).instance_id, "OTHER");
  EXPECT_EQ(status(arn), "ready");
  EXPECT_EQ(json::parse(stored(arn).settings)["Logging"]["CloudWatchLogGroup"], "dms-tasks-name-OTHER");
  EXPECT_EQ(move_task(*environment_, arn, instance("OTHER")).error().code, "InvalidResourceStateFault");
  ASSERT_TRUE(rename_log_groups(*environment_, "OTHER", "renamed"));
  EXPECT_EQ(json::parse(stored(arn).settings)["Logging"]["CloudWatchLogGroup"], "dms-tasks-renamed");
}

TEST_F(TasksTest, a_deleted_task_takes_its_traces_and_folder_along) {
  const std::string arn = run();
  end(arn);
  std::filesystem::create_directories(task_folder(*environment_, id(arn)));
  const auto removed = remove_task(*environment_, arn);
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(removed->status, "deleting");
  background_.drain();
  EXPECT_EQ(workers_.removed, std::vector<std::string>{id(arn)});
  EXPECT_EQ(stored(arn).id, "");
  EXPECT_FALSE(std::filesystem::exists(task_folder(*environment_, id(arn))));
  EXPECT_EQ(events(arn).back(), 73);
  EXPECT_EQ(remove_task(*environment_, arn).error().code, "ResourceNotFoundFault");
  const std::string never_ran = make("two");
  ASSERT_TRUE(remove_task(*environment_, never_ran));
  background_.drain();
  EXPECT_EQ(workers_.removed.size(), 1);  // nothing of it is on any server
  EXPECT_EQ(stored(never_ran).id, "");
}

TEST_F(TasksTest, folders_that_a_server_had_no_time_to_remove_are_removed_at_the_next_start) {
  const std::string kept = task_folder(*environment_, "KEPT"), aside = task_folder(*environment_, ".removed-X-7");
  for (const std::string& folder : {kept, aside}) std::filesystem::create_directories(folder + "/spool");
  remove_folders_put_aside(*environment_);
  EXPECT_TRUE(std::filesystem::exists(kept));
  EXPECT_FALSE(std::filesystem::exists(aside));
}

TEST_F(TasksTest, a_deletion_that_the_store_does_not_take_keeps_the_folder_and_is_stored_later) {
  const std::string arn = run();
  end(arn);
  const std::string captures = task_folder(*environment_, id(arn)) + "/captures.json";
  std::filesystem::create_directories(task_folder(*environment_, id(arn)));
  std::ofstream(captures) << "{}";
  workers_.keeps_removing = true;
  ASSERT_TRUE(remove_task(*environment_, arn));
  background_.drain();
  ASSERT_TRUE(database_->run("CREATE TRIGGER refusal BEFORE DELETE ON tasks BEGIN SELECT RAISE(ABORT, 'disk'); END"));
  workers_.end_removal({});
  EXPECT_EQ(status(arn), "deleting");
  EXPECT_TRUE(std::filesystem::exists(captures));
  ASSERT_TRUE(database_->run("DROP TRIGGER refusal"));
  background_.drain();
  EXPECT_EQ(stored(arn).id, "");
  EXPECT_FALSE(std::filesystem::exists(task_folder(*environment_, id(arn))));
  EXPECT_EQ(std::ranges::count(events(arn), 73), 1);
}

TEST_F(TasksTest, a_folder_that_was_put_aside_for_a_deletion_that_was_not_stored_gets_its_name_back) {
  const std::string arn = make();
  const std::string of_this = task_folder(*environment_, id(arn));
  const auto aside = [&](int64_t at_us) {
    return task_folder(*environment_, ".removed-" + id(arn) + "-" + std::to_string(at_us));
  };
  const std::string of_an_earlier_one = aside(stored(arn).created_us - 1);
  std::filesystem::create_directories(of_an_earlier_one);
  std::filesystem::create_directories(aside(clock_us_ + 1) + "/spool");
  remove_folders_put_aside(*environment_);
  EXPECT_TRUE(std::filesystem::exists(of_this + "/spool"));
  EXPECT_FALSE(std::filesystem::exists(aside(clock_us_ + 1)));
  EXPECT_FALSE(std::filesystem::exists(of_an_earlier_one));
}

TEST_F(TasksTest, a_task_whose_ends_cannot_be_opened_stays_when_it_is_deleted_and_says_why) {
  const std::string secret = folder_ + "/secrets/db.json";
  const auto write = [&] {
    std::ofstream(secret) << R"({"username":"u","password":"geheim","host":"h","port":5432})";
    std::filesystem::permissions(secret, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  };
  write();
  EndpointInput from;
  from.identifier = "by-secret";
  from.type = "source";
  from.engine_name = "postgres";
  from.database_name = "d";
  from.settings["PostgreSQLSettings"] = {{"SecretsManagerSecretId", "db"}};
  const auto endpoint = create_endpoint(*environment_, from, {});
  ASSERT_TRUE(endpoint) << endpoint.error().message;
  NewTask wanted = new_task();
  wanted.source_endpoint_arn = endpoint_arn(*environment_, *endpoint);
  reach(wanted.source_endpoint_arn);
  const std::string arn = task_arn(*environment_, create_task(*environment_, wanted).value());
  const auto started = start(arn);
  ASSERT_TRUE(started) << started.error().message;
  end(arn, WorkerState::failed, "FATAL_ERROR");
  std::filesystem::create_directories(task_folder(*environment_, id(arn)));
  std::filesystem::remove(secret);
  ASSERT_TRUE(remove_task(*environment_, arn));
  background_.drain();
  EXPECT_EQ(status(arn), "failed");
  EXPECT_NE(stored(arn).last_failure.find("Nothing of the task was removed"), std::string::npos);
  EXPECT_NE(stored(arn).last_failure.find("secret db"), std::string::npos) << stored(arn).last_failure;
  EXPECT_EQ(std::ranges::count(events(arn), 82), 1);
  EXPECT_TRUE(std::filesystem::exists(task_folder(*environment_, id(arn))));
  EXPECT_TRUE(workers_.removed.empty());
  write();
  ASSERT_TRUE(remove_task(*environment_, arn));
  background_.drain();
  EXPECT_EQ(stored(arn).id, "");
  EXPECT_EQ(workers_.removed.size(), 1);
}

TEST_F(TasksTest, a_job_that_is_due_later_lets_others_pass_and_keeps_no_end_waiting) {
  std::atomic<int> first = 0, later = 0;
  Background one(1);
  one.start([&](const std::stop_token&) { ++later; }, std::chrono::hours(1));
  one.start([&](const std::stop_token&) { ++first; });
  while (first == 0) std::this_thread::yield();
  one.finish();
  EXPECT_EQ(later, 0);
}

TEST_F(TasksTest, what_is_to_be_done_in_the_end_is_tried_until_it_is) {
  std::atomic<int> tries = 0;
  until_done(background_, [&] { return ++tries == 3; });
  background_.drain();
  EXPECT_EQ(tries, 3);
}

TEST_F(TasksTest, a_job_that_throws_ends_alone) {
  bool done = false;
  background_.start([](const std::stop_token&) { throw std::runtime_error("out of memory"); });
  background_.start([&](const std::stop_token&) { done = true; });
  background_.drain();
  EXPECT_TRUE(done);
}

TEST_F(TasksTest, a_failed_clean_up_is_told_and_fails_the_task_where_it_is_set_so) {
  workers_.removal_error = Error{ErrorKind::connection, "fake", "slot s stays on h", ""};
  for (const bool fails : {false, true}) {
    NewTask wanted = new_task();
    if (fails) wanted.settings = R"({"FailTaskWhenCleanTaskResourceFailed":true})";
    const std::string arn = task_arn(*environment_, create_task(*environment_, wanted).value());
    ASSERT_TRUE(start(arn));
    end(arn, WorkerState::failed, "FATAL_ERROR");
    ASSERT_TRUE(remove_task(*environment_, arn));
    background_.drain();
    EXPECT_EQ(std::ranges::count(events(arn), 82), 1);
    EXPECT_EQ(status(arn), fails ? "failed" : "creating");  // the latter: it is gone
    EXPECT_EQ(stored(arn).last_failure, fails ? "slot s stays on h" : "");
  }
}

TEST_F(TasksTest, a_task_whose_record_alone_knows_what_was_dropped_stays_whatever_its_settings_say) {
  workers_.removal_error = errors::clean_up_failed("index i of t", true);
  const std::string arn = make();
  ASSERT_TRUE(start(arn));
  end(arn, WorkerState::failed, "FATAL_ERROR");
  ASSERT_TRUE(remove_task(*environment_, arn));
  background_.drain();
  EXPECT_EQ(status(arn), "failed");
  EXPECT_EQ(stored(arn).last_failure, "index i of t");
  EXPECT_EQ(std::ranges::count(events(arn), 82), 1);
  workers_.removal_error = errors::clean_up_died(id(arn), "was killed", true);
  ASSERT_TRUE(remove_task(*environment_, arn));
  background_.drain();
  EXPECT_EQ(status(arn), "failed");
  workers_.removal_error = errors::clean_up_died(id(arn), "was killed", false);
  ASSERT_TRUE(remove_task(*environment_, arn));
  background_.drain();
  EXPECT_EQ(stored(arn).id, "");  // it is gone
}

TEST_F(TasksTest, a_test_shows_testing_and_leads_back) {
  const std::string arn = run();
  EXPECT_FALSE(begin_testing(*environment_, arn));
  end(arn);
  EXPECT_EQ(begin_testing(*environment_, arn)->status, "testing");
  EXPECT_EQ(status(arn), "testing");
  EXPECT_FALSE(start(arn, "resume-processing"));
  ASSERT_TRUE(end_testing(*environment_, id(arn)));
  EXPECT_EQ(status(arn), "stopped");
  ASSERT_TRUE(end_testing(*environment_, id(arn)));
  EXPECT_EQ(status(arn), "stopped");
}

}  // namespace
}  // namespace godwit
