#include "control/kept_logs.h"

#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "control/log_groups.h"
#include "control/task_fixture.h"

namespace godwit {
namespace {

using Texts = std::vector<std::string>;

void write_log(const std::string& folder, const std::string& file, std::string_view message) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/" + file) << "00000001: 2026-03-01T09:30:05 [TASK_MANAGER    ]I:  " << message << "\n";
}

Texts messages(const std::string& folder) {
  Texts out;
  const auto stream = LogStream::open(folder).value();
  if (!stream) return out;
  const LogPage page = stream->forward(std::nullopt, {}, 100).value();
  for (const LogEvent& event : page.events) out.push_back(event.message.substr(event.message.rfind(' ') + 1));
  return out;
}

class KeptLogsTest : public TaskFixture {
 protected:
  static constexpr std::string_view group_name = "dms-tasks-name-instance";

  void SetUp() override {
    TaskFixture::SetUp();
    ASSERT_TRUE(database_->run("UPDATE instances SET identifier = 'name-instance'"));
  }
  std::string begin(const std::string& name, const std::string& resource_id) {
    NewTask wanted = new_task(name);
    wanted.resource_identifier = resource_id;
    wanted.settings = R"({"Logging":{"EnableLogging":true}})";
    const auto made = create_task(*environment_, wanted);
    EXPECT_TRUE(made) << made.error().message;
    const std::string arn = task_arn(*environment_, *made);
    EXPECT_TRUE(start(arn));
    tell(report(arn, WorkerState::running));
    return arn;
  }
  void remove(const std::string& arn) {
    ASSERT_TRUE(remove_task(*environment_, arn));
    background_.drain();
    ASSERT_FALSE(std::filesystem::exists(task_folder(*environment_, id(arn))));
  }
  Texts streams() {
    Texts out;
    const auto group = require_log_group(*environment_, group_name);
    EXPECT_TRUE(group) << group.error().message;
    if (!group) return out;
    const auto places = log_streams(*environment_, *group).value();
    for (const LogStreamPlace& place : places) {
      EXPECT_EQ(require_log_stream(*environment_, *group, place.name)->folder, place.folder);
      out.push_back(place.name + " " + join(messages(place.folder), ","));
    }
    return out;
  }
};

TEST_F(KeptLogsTest, the_log_of_a_deleted_task_is_read_until_its_stream_is_deleted) {
  const std::string arn = begin("one", "FIRST");
  write_log(task_folder(*environment_, "FIRST"), "task.log.1", "older");
  write_log(task_folder(*environment_, "FIRST"), "task.log", "newer");
  end(arn);
  remove(arn);
  EXPECT_EQ(streams(), Texts{"dms-task-FIRST older,newer"});
  EXPECT_GT(log_groups(*environment_)->at(0).stored_bytes, 0U);
  ASSERT_TRUE(delete_log_stream(*environment_, group_name, "dms-task-FIRST"));
  EXPECT_EQ(streams(), Texts{});
}

TEST_F(KeptLogsTest, a_task_of_the_same_id_goes_on_with_the_stream) {
  for (const std::string life : {"one", "two", "three"}) {
    const std::string arn = begin(life, "SAME");
    const std::string folder = task_folder(*environment_, "SAME");
    for (size_t age = log_paths(folder).size(); age-- > 0;)  // a rotation
      std::filesystem::rename(log_paths(folder).at(age), folder + "/task.log." + std::to_string(age + 1));
    write_log(folder, "task.log", life);
    end(arn);
    remove(arn);
  }
  EXPECT_EQ(streams(), Texts{"dms-task-SAME one,two,three"});
}

TEST_F(KeptLogsTest, what_is_kept_of_two_lives_stands_in_their_order) {
  for (const std::string life : {"one", "two", "three"}) {
    const std::string folder = environment_->folder + "/somewhere";
    write_log(folder, "task.log.1", life + "a");
    write_log(folder, "task.log", life + "b");
    ASSERT_TRUE(keep_logs(*environment_, "pool", "T", folder));
  }
  EXPECT_EQ(messages(kept_logs(*environment_, "pool").at(0).folder),
            (Texts{"onea", "oneb", "twoa", "twob", "threea", "threeb"}));
}

TEST_F(KeptLogsTest, beyond_the_bound_the_oldest_streams_go) {
  for (const std::string task : {"A", "B", "C"}) {
    const std::string folder = environment_->folder + "/somewhere";
    write_log(folder, "task.log", task);
    std::filesystem::last_write_time(
        folder + "/task.log", std::filesystem::file_time_type::clock::now() - std::chrono::hours('D' - task[0]));
    ASSERT_TRUE(keep_logs(*environment_, "pool", task, folder, 130));
  }
  Texts left;
  for (const KeptLog& log : kept_logs(*environment_)) left.push_back(log.task_id);
  EXPECT_EQ(left, (Texts{"B", "C"}));
}

TEST_F(KeptLogsTest, names_lead_nowhere_else) {
  write_log(environment_->folder + "/tasks/T", "task.log", "x");
  for (const char* name : {"../tasks", "..", ".", "", "/", "a/../../tasks"})
    EXPECT_TRUE(kept_logs(*environment_, name).empty());
}

TEST_F(KeptLogsTest, a_task_without_a_published_log_leaves_none) {
  const std::string arn = run();
  write_log(task_folder(*environment_, id(arn)), "task.log", "x");
  end(arn);
  remove(arn);
  EXPECT_TRUE(kept_logs(*environment_).empty());
}

TEST_F(KeptLogsTest, a_retention_ends_them_and_so_does_the_end_of_the_group) {
  for (const std::string task : {"A", "B"}) {
    const std::string folder = environment_->folder + "/somewhere";
    write_log(folder, "task.log", task);
    ASSERT_TRUE(keep_logs(*environment_, "name-instance", task, folder));
  }
  ASSERT_TRUE(retain_log_group(*environment_, group_name, 1));
  clock_us_ = int64_t{4'000'000'000} * 1'000'000;
  ASSERT_TRUE(expire_log_groups(*environment_));
  EXPECT_TRUE(kept_logs(*environment_).empty());
  const std::string folder = environment_->folder + "/somewhere";
  write_log(folder, "task.log", "x");
  ASSERT_TRUE(keep_logs(*environment_, "name-instance", "C", folder));
  ASSERT_TRUE(delete_log_group_of(*environment_, group_name));
  EXPECT_TRUE(kept_logs(*environment_).empty());
}

TEST_F(KeptLogsTest, deleting_the_log_of_a_task_leaves_its_group) {
  const std::string arn = begin("one", "FIRST");
  write_log(task_folder(*environment_, "FIRST"), "task.log", "x");
  TaskChange change;
  change.settings = R"({"Logging":{"EnableLogging":true,"DeleteTaskLogs":true}})";
  const auto modified = modify_task(*environment_, arn, change);
  ASSERT_TRUE(modified) << modified.error().message;
  EXPECT_EQ(log_bytes(task_folder(*environment_, "FIRST")), 0U);
  EXPECT_EQ(streams(), Texts{});
}

}  // namespace
}  // namespace godwit
