#include "control/task_follow_up.h"

#include "base/clock.h"
#include "control/task_fixture.h"
#include "control/task_runs.h"

namespace godwit {
namespace {

class FollowUpsTest : public TaskFixture {};

TEST_F(FollowUpsTest, a_running_task_goes_on_towards_a_new_stop_position) {
  const std::string arn = run();
  const std::string point = "commit_time:2026-01-01T00:00:00";
  const auto modified = modify_stop_positions(*environment_, {arn}, point);
  ASSERT_TRUE(modified) << modified.error().message;
  EXPECT_EQ(modified->status, "running");
  EXPECT_EQ(workers_.stopped.size(), 1);
  tell(report(arn, WorkerState::stopping));
  EXPECT_EQ(status(arn), "running");
  end(arn);
  EXPECT_EQ(status(arn), "running");
  ASSERT_EQ(workers_.started.size(), 2);
  EXPECT_EQ(workers_.started[1].start, StartKind::resume);
  EXPECT_EQ(workers_.started[1].stop_position, point);
  EXPECT_GT(workers_.started[1].run, workers_.started[0].run);
  EXPECT_EQ(workers_.started[1].fresh_run, workers_.started[0].run);
  tell(report(arn, WorkerState::starting));
  EXPECT_EQ(status(arn), "running");
  tell(report(arn, WorkerState::running));
  EXPECT_EQ(stored(arn).after_stop, "");
  pass_s(5);
  end(arn, WorkerState::stopped, "STOPPED_AT_COMMIT_TIME");
  EXPECT_EQ(status(arn), "stopped");
  EXPECT_EQ(stored(arn).stop_reason, "Stop Reason STOPPED_AT_COMMIT_TIME");
  EXPECT_EQ(stored(arn).cdc_stop_position, point);
}

TEST_F(FollowUpsTest, a_group_stops_at_one_commit_point) {
  const std::vector<std::string> arns = {run("one"), run("two", "cdc"), run("three")};
  const auto stopped = stop_at_one_commit_point(*environment_, arns);
  ASSERT_TRUE(stopped) << stopped.error().message;
  for (const std::string& arn : arns) EXPECT_EQ(status(arn), "stopping");
  EXPECT_EQ(workers_.stopped.size(), 3);
  end(arns[0]);
  end(arns[2], WorkerState::failed, "FATAL_ERROR");  // falls out of the group
  EXPECT_EQ(status(arns[2]), "failed");
  EXPECT_EQ(workers_.started.size(), 3);  // the second one is not there yet
  end(arns[1]);
  ASSERT_EQ(workers_.started.size(), 5);
  const std::string point = workers_.started[3].stop_position;
  EXPECT_TRUE(point.starts_with("commit_time:20")) << point;
  EXPECT_EQ(workers_.started[4].stop_position, point);
  for (const int task : {0, 1}) {
    tell(report(arns[static_cast<size_t>(task)], WorkerState::running));
    EXPECT_EQ(status(arns[static_cast<size_t>(task)]), "stopping");
    end(arns[static_cast<size_t>(task)], WorkerState::stopped, "STOPPED_AT_COMMIT_TIME");
    EXPECT_EQ(status(arns[static_cast<size_t>(task)]), "stopped");
    EXPECT_EQ(stored(arns[static_cast<size_t>(task)]).cdc_stop_position, "");  // a later resume goes on
  }
}

TEST_F(FollowUpsTest, the_common_commit_point_is_later_than_what_the_tasks_applied_by_a_source_whose_clock_is_ahead) {
  const std::string first = run("first"), second = run("second");
  const int64_t ahead_us = clock_us_ + int64_t{3600} * 1'000'000;
  for (const std::string& arn : {first, second}) {
    workers_.figures[id(arn)].run = stored(arn).run;
    workers_.figures[id(arn)].applied_us = arn == first ? ahead_us : clock_us_;
  }
  ASSERT_TRUE(stop_at_one_commit_point(*environment_, {first, second}));
  for (const std::string& arn : {first, second}) end(arn);
  ASSERT_EQ(workers_.started.size(), 4);
  EXPECT_EQ(workers_.started[2].stop_position, "commit_time:" + iso_seconds((ahead_us / 1'000'000 + 2) * 1'000'000));
  EXPECT_EQ(workers_.started[3].stop_position, workers_.started[2].stop_position);
}

TEST_F(FollowUpsTest, a_run_that_goes_on_with_one_is_told_apart_from_one_that_a_caller_started) {
  const std::string asked = run("asked"), recycled = run("recycled"), gathered = run("gathered");
  ASSERT_TRUE(modify_stop_positions(*environment_, {asked}, "commit_time:2026-01-01T00:00:00"));
  ASSERT_TRUE(stop_at_one_commit_point(*environment_, {gathered}));
  for (const std::string& arn : {asked, gathered}) end(arn);
  recycle_tasks(*environment_, "INSTANCE", [](const Result<void>&) {});
  end(recycled);
  end(asked);  // recycled with the others: it had not come up again yet
  std::map<std::string, std::vector<bool>> goes_on;
  for (const WorkerJob& job : workers_.started) goes_on[job.task_id].push_back(job.goes_on);
  EXPECT_EQ(goes_on[id(asked)], (std::vector<bool>{false, true, true}));
  EXPECT_EQ(goes_on[id(gathered)], (std::vector<bool>{false, true}));
  EXPECT_EQ(goes_on[id(recycled)], (std::vector<bool>{false, true}));
  for (const std::string& arn : {asked, recycled}) tell(report(arn, WorkerState::running));
  ASSERT_TRUE(stop_task(*environment_, recycled));
  end(recycled);
  ASSERT_TRUE(start(recycled, "resume-processing"));
  EXPECT_FALSE(workers_.started.back().goes_on);
}

TEST_F(FollowUpsTest, a_run_that_goes_on_with_one_waits_for_ends_that_cannot_be_opened_just_now) {
  const std::string arn = run();
  ASSERT_TRUE(modify_stop_positions(*environment_, {arn}, "commit_time:2026-01-01T00:00:00"));
  ASSERT_TRUE(database_->run("UPDATE endpoints SET engine_name = 'none'"));
  end(arn);
  EXPECT_EQ(status(arn), "running");
  EXPECT_EQ(workers_.started.size(), 1);
  EXPECT_EQ(workers_.taken_up, (std::vector<std::pair<std::string, int64_t>>{{id(arn), stored(arn).run}}));
}

TEST_F(FollowUpsTest, a_group_stops_whole_or_not_at_all) {
  const std::string one = run("one"), load = run("two", "full-load"), rests = make("three");
  for (const std::vector<std::string>& arns :
       {std::vector{one, load}, std::vector{one, rests}, std::vector{one, one}, std::vector{one, one + "X"}}) {
    EXPECT_FALSE(stop_at_one_commit_point(*environment_, arns));
    EXPECT_EQ(status(one), "running");
  }
  EXPECT_TRUE(workers_.stopped.empty());
}

TEST_F(FollowUpsTest, tasks_of_an_instance_are_recycled_without_a_change_of_status) {
  const std::string arn = run(), rests = make("two");
  bool done = false;
  recycle_tasks(*environment_, "INSTANCE", [&](const Result<void>& result) { done = result.has_value(); });
  EXPECT_EQ(stored(arn).stop_reason, "Stop Reason RECYCLE_TASK");
  end(arn);
  tell(report(arn, WorkerState::running));
  background_.drain();
  EXPECT_TRUE(done);
  EXPECT_EQ(status(arn), "running");
  EXPECT_EQ(stored(arn).stop_reason, "");
  EXPECT_EQ(stored(rests).run, 0);
}

TEST(FollowUps, are_read_back_as_they_were_written) {
  using Kind = FollowUp::Kind;
  for (const FollowUp& one :
       {FollowUp{}, FollowUp{.kind = Kind::resume}, FollowUp{.kind = Kind::resuming},
        FollowUp{.kind = Kind::gather, .group = "G"}, FollowUp{.kind = Kind::finish, .group = "G"}})
    EXPECT_EQ(read_follow_up(to_string(one)), one);
  EXPECT_EQ(read_follow_up("nonsense"), FollowUp{});
}

}  // namespace
}  // namespace godwit
