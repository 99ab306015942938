#include "control/task_runs.h"

#include <map>

#include "control/instance_changes.h"
#include "control/task_figures.h"
#include "control/task_fixture.h"
#include "control/task_reloads.h"

namespace godwit {
namespace {

class TaskRunsTest : public TaskFixture {
 protected:
  WorkerStatistics figures(const std::string& arn, const std::string& name = "t", uint64_t rows = 5) {
    WorkerStatistics statistics;
    statistics.run = stored(arn).run;
    WorkerTable table;
    table.figures.table = {"s", name};
    table.figures.state = TableState::completed;
    table.figures.full_load_rows = rows;
    table.figures.truncates = 1;
    table.updated_us = clock_us_;
    statistics.tables = {table};
    statistics.tables_loaded = 1;
    statistics.full_load_percent = 100;
    statistics.elapsed_ms = 1234;
    return statistics;
  }
  std::vector<StoredTable> tables(const std::string& arn) {
    return tables_of(*environment_, stored(arn)).value_or(std::vector<StoredTable>{});
  }
};

TEST_F(TaskRunsTest, each_start_type_is_legal_where_the_history_of_the_task_allows_it) {
  const std::string no = "InvalidResourceStateFault", clash = "InvalidParameterCombinationException";
  struct Row {
    std::string type, start_type;
    bool has_run;
    std::string answer;
  };
  const Row rows[] = {
      {"full-load", "start-replication", false, "starting"},
      {"full-load", "start-replication", true, no},
      {"full-load", "resume-processing", false, no},
      {"full-load", "resume-processing", true, "starting"},
      {"full-load", "reload-target", false, no},
      {"full-load", "reload-target", true, "starting"},
      {"full-load-and-cdc", "start-replication", false, "starting"},
      {"full-load-and-cdc", "start-replication", true, no},
      {"full-load-and-cdc", "resume-processing", true, "starting"},
      {"full-load-and-cdc", "reload-target", true, "starting"},
      {"cdc", "start-replication", false, "starting"},
      {"cdc", "start-replication", true, "starting"},
      {"cdc", "resume-processing", false, no},
      {"cdc", "resume-processing", true, "starting"},
      {"cdc", "reload-target", true, clash},
      {"cdc", "restart", false, "InvalidParameterValueException"},
  };
  int n = 0;
  for (const Row& row : rows) {
    const std::string name = "task-" + std::to_string(n++);
    const std::string arn = row.has_run ? run(name, row.type) : make(name, row.type);
    if (row.has_run) end(arn);
    const auto started = start(arn, row.start_type);
    EXPECT_EQ(started ? started->status : started.error().code, row.answer)
        << row.type << " " << row.start_type << " " << row.has_run;
  }
}

TEST_F(TaskRunsTest, a_start_hands_the_worker_its_job) {
  NewTask wanted = new_task("one", "cdc");
  wanted.settings = R"({"FullLoadSettings":{"CommitRate":7}})";
  const std::string arn = task_arn(*environment_, create_task(*environment_, wanted).value());
  const auto started =
      start(arn, "start-replication", {.start_position = "0/1A", .stop_position = "commit_time:2026-01-01T00:00:00"});
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(started->cdc_start_position, "0/1A");
  ASSERT_EQ(workers_.started.size(), 1);
  const WorkerJob& job = workers_.started.front();
  EXPECT_EQ(job.task_id, id(arn));
  EXPECT_EQ(job.run, stored(arn).start_us);
  EXPECT_EQ(job.fresh_run, job.run);
  EXPECT_EQ(job.start, StartKind::fresh);
  EXPECT_EQ(job.type, "cdc");
  EXPECT_EQ(job.settings, wanted.settings);
  EXPECT_EQ(job.mappings, wanted.table_mappings);
  EXPECT_EQ(job.start_position, "0/1A");
  EXPECT_EQ(job.stop_position, "commit_time:2026-01-01T00:00:00");
  EXPECT_EQ(job.server_name, "name-INSTANCE");
  EXPECT_TRUE(job.source.starts_with("postgresql://u:geheim")) << job.source;
  EXPECT_EQ(job.state_dir, task_folder(*environment_, id(arn)));
  EXPECT_EQ(events(arn), (std::vector<int64_t>{74, 69}));
}

TEST_F(TaskRunsTest, a_start_needs_connections_that_were_tested_and_an_instance_that_is_there) {
  const std::string arn = make();
  reach(target_, "no route");
  EXPECT_EQ(start(arn).error().message,
            "Test connection for replication instance and endpoint should be successful for starting the replication "
            "task");
  reach(target_);
  ASSERT_TRUE(database_->run("UPDATE instances SET status = 'modifying'"));
  EXPECT_EQ(start(arn).error().code, "InvalidResourceStateFault");
  ASSERT_TRUE(database_->run("UPDATE instances SET status = 'available'"));
  EXPECT_EQ(start(arn, "start-replication", {.start_position = "0/1"}).error().code,
            "InvalidParameterCombinationException");
  EXPECT_EQ(status(arn), "ready");
  EXPECT_TRUE(workers_.started.empty());
  EXPECT_TRUE(start(arn));
}

TEST_F(TaskRunsTest, a_worker_that_cannot_be_started_fails_the_task_with_its_reason) {
  workers_.refuses_start = true;
  const std::string arn = make();
  EXPECT_EQ(start(arn)->status, "starting");
  EXPECT_EQ(status(arn), "failed");
  EXPECT_EQ(stored(arn).last_failure, "no worker can be started.");
  EXPECT_EQ(stored(arn).stop_reason, "Stop Reason FATAL_ERROR");
  EXPECT_EQ(events(arn).back(), 78);
}

TEST_F(TaskRunsTest, reports_lead_a_task_through_its_run_and_count_once) {
  const std::string arn = make();
  ASSERT_TRUE(start(arn));
  tell(report(arn, WorkerState::running));
  EXPECT_EQ(status(arn), "running");
  pass_s(5);
  tell(report(arn, WorkerState::starting));  // its worker died
  EXPECT_EQ(status(arn), "starting");
  tell(report(arn, WorkerState::running));
  pass_s(5);
  ASSERT_TRUE(stop_task(*environment_, arn));
  EXPECT_EQ(workers_.stopped, std::vector<std::string>{id(arn)});
  WorkerReport last = report(arn, WorkerState::stopped, "NORMAL");
  last.checkpoint = "checkpoint:V1#1#0/1#0#0#*#0#0";
  tell(last);
  tell(last);
  EXPECT_EQ(status(arn), "stopped");
  EXPECT_EQ(stored(arn).stop_reason, "Stop Reason NORMAL");
  EXPECT_EQ(stored(arn).recovery_checkpoint, last.checkpoint);
  EXPECT_EQ(events(arn), (std::vector<int64_t>{74, 69, 79}));
  ASSERT_TRUE(start(arn, "resume-processing"));
  tell(last);  // of the run before
  EXPECT_EQ(status(arn), "starting");
  EXPECT_EQ(stored(arn).stop_reason, "");
}

TEST_F(TaskRunsTest, pauses_of_reading_are_told_as_they_begin_and_end) {
  const std::string arn = run();
  WorkerReport paused = report(arn, WorkerState::running);
  paused.reading_paused = true;
  tell(paused);
  tell(paused);
  tell(report(arn, WorkerState::running));
  EXPECT_EQ(events(arn), (std::vector<int64_t>{74, 69, 91, 93}));
}

TEST_F(TaskRunsTest, a_full_disk_is_told_apart_from_the_limit_of_swap_files) {
  const std::string arn = run();
  WorkerReport paused = report(arn, WorkerState::running);
  paused.reading_paused = paused.disk_full = true;
  tell(paused);
  tell(paused);
  tell(report(arn, WorkerState::running));
  EXPECT_EQ(events(arn), (std::vector<int64_t>{74, 69, 92, 93}));
}

TEST_F(TaskRunsTest, a_run_that_ends_by_itself_says_why) {
  const std::string arn = make("one", "full-load");
  ASSERT_TRUE(start(arn));
  end(arn, WorkerState::stopped, "FULL_LOAD_ONLY_FINISHED");
  EXPECT_EQ(status(arn), "stopped");
  EXPECT_EQ(stored(arn).stop_reason, "Stop Reason FULL_LOAD_ONLY_FINISHED");
  EXPECT_EQ(std::ranges::count(events(arn), 79), 1);
}

TEST_F(TaskRunsTest, a_run_that_ends_with_findings_is_stopped_and_tells_the_first_of_them) {
  const std::string arn = run();
  WorkerReport last = report(arn, WorkerState::stopped, "NORMAL");
  last.remarks = {"Said of a clean run."};
  tell(last);
  EXPECT_EQ(stored(arn).last_failure, "");
  ASSERT_TRUE(start(arn, "resume-processing"));
  last = report(arn, WorkerState::stopped, "NORMAL");
  last.has_findings = true;
  last.remarks = {"Table s.t is in error.", std::string(2000, 'x'), "And more."};
  tell(last);
  EXPECT_EQ(status(arn), "stopped");
  EXPECT_EQ(stored(arn).last_failure,
            "The task stopped with findings. Table s.t is in error. 2 more in the task's log.");
  ASSERT_TRUE(start(arn, "resume-processing"));
  EXPECT_EQ(stored(arn).last_failure, "");
}

TEST_F(TaskRunsTest, figures_are_the_workers_while_it_runs_and_are_kept_after_it) {
  const std::string arn = run();
  EXPECT_TRUE(tables(arn).empty());
  workers_.figures[id(arn)] = figures(arn);
  ASSERT_EQ(tables(arn).size(), 1);
  EXPECT_EQ(tables(arn)[0].state, "Table completed");
  EXPECT_EQ(tables(arn)[0].ddls, 1);
  end(arn);
  workers_.figures.clear();
  ASSERT_EQ(tables(arn).size(), 1);
  EXPECT_EQ(tables(arn)[0].full_load_rows, 5);
  EXPECT_EQ(stored(arn).elapsed_ms, 1234);
  EXPECT_EQ(stored(arn).tables_loaded, 1);
  ASSERT_TRUE(start(arn, "resume-processing"));
  EXPECT_EQ(tables(arn).size(), 1);  // goes on from there
  end(arn);
  const int64_t first_start = stored(arn).fresh_start_us;
  ASSERT_TRUE(start(arn, "reload-target"));
  EXPECT_TRUE(tables(arn).empty());
  EXPECT_EQ(stored(arn).elapsed_ms, 0);
  EXPECT_GT(stored(arn).fresh_start_us, first_start);
}

TEST_F(TaskRunsTest, every_start_tells_its_worker_which_run_was_the_last_fresh_one) {
  const std::string arn = run();
  end(arn);
  for (const std::string type : {"resume-processing", "reload-target", "resume-processing"}) {
    ASSERT_TRUE(start(arn, type)) << type;
    end(arn);
  }
  const std::vector<WorkerJob>& jobs = workers_.started;
  ASSERT_EQ(jobs.size(), 4);
  for (size_t i = 1; i < jobs.size(); ++i) EXPECT_GT(jobs[i].run, jobs[i - 1].run);
  EXPECT_EQ(jobs[1].fresh_run, jobs[0].run);
  EXPECT_EQ(jobs[2].fresh_run, jobs[2].run);
  EXPECT_EQ(jobs[3].fresh_run, jobs[2].run);
}

TEST_F(TaskRunsTest, a_resumed_worker_knows_that_the_task_has_begun_and_what_it_came_to) {
  const std::string arn = run();
  end(arn, WorkerState::failed, "FATAL_ERROR");  // before it loaded or followed
  ASSERT_TRUE(start(arn, "resume-processing"));
  EXPECT_FALSE(workers_.started.back().has_begun);
  WorkerReport stopped = report(arn, WorkerState::stopped, "NORMAL");
  stopped.checkpoint = "checkpoint:V1#1";
  workers_.living.erase(id(arn));
  tell(stopped);
  ASSERT_TRUE(start(arn, "resume-processing"));
  EXPECT_TRUE(workers_.started.back().has_begun);
  EXPECT_EQ(workers_.started.back().came_to, "checkpoint:V1#1");
  end(arn);
  ASSERT_TRUE(start(arn, "reload-target"));
  EXPECT_FALSE(workers_.started.back().has_begun);
  EXPECT_EQ(workers_.started.back().came_to, "");
}

TEST_F(TaskRunsTest, a_start_position_serves_one_fresh_start) {
  NewTask wanted = new_task("one", "cdc");
  wanted.cdc.start_position = "0/1";
  const std::string arn = task_arn(*environment_, create_task(*environment_, wanted).value());
  const auto begin = [&](const std::string& type, const CdcMembers& cdc = {}) {
    EXPECT_TRUE(start(arn, type, cdc));
    tell(report(arn, WorkerState::running));
    end(arn);
    return workers_.started.back().start_position;
  };
  EXPECT_EQ(begin("start-replication"), "0/1");
  EXPECT_EQ(begin("resume-processing"), "0/1");
  EXPECT_EQ(begin("start-replication"), "");
  EXPECT_EQ(stored(arn).cdc_start_position, "");
  EXPECT_EQ(begin("start-replication", {.start_position = "0/2"}), "0/2");
  EXPECT_EQ(begin("start-replication"), "");
  TaskChange change;
  change.cdc.start_position = "0/2";
  ASSERT_TRUE(modify_task(*environment_, arn, change));
  EXPECT_EQ(begin("start-replication"), "0/2");
  EXPECT_EQ(begin("start-replication"), "");
}

TEST_F(TaskRunsTest, a_start_that_failed_before_it_began_leaves_its_position_to_the_next) {
  NewTask wanted = new_task("one", "cdc");
  wanted.cdc.start_position = "0/1";
  const std::string arn = task_arn(*environment_, create_task(*environment_, wanted).value());
  const auto begin = [&](const CdcMembers& cdc = {}) {
    const auto started = start(arn, "start-replication", cdc);
    EXPECT_TRUE(started) << started.error().message;
    return workers_.started.back().start_position;
  };
  EXPECT_EQ(begin(), "0/1");
  tell(report(arn, WorkerState::starting));
  end(arn, WorkerState::failed, "FATAL_ERROR");
  EXPECT_EQ(begin({.start_position = "0/2"}), "0/2");  // given with a start, it is the stored one from now on
  end(arn, WorkerState::failed, "FATAL_ERROR");
  EXPECT_EQ(begin(), "0/2");
  tell(report(arn, WorkerState::running));
  end(arn, WorkerState::failed, "FATAL_ERROR");
  EXPECT_EQ(begin(), "");
}

TEST_F(TaskRunsTest, a_run_whose_figures_say_that_it_began_has_taken_its_start_position) {
  NewTask wanted = new_task("one", "cdc");
  wanted.cdc.start_position = "0/1";
  const std::string arn = task_arn(*environment_, create_task(*environment_, wanted).value());
  for (const bool begins : {false, true}) {
    ASSERT_TRUE(start(arn));
    EXPECT_EQ(workers_.started.back().start_position, "0/1");
    workers_.figures[id(arn)] = figures(arn);
    workers_.figures[id(arn)].has_begun = begins;
    end(arn, WorkerState::failed, "FATAL_ERROR");  // nobody told that it runs
  }
  ASSERT_TRUE(start(arn));
  EXPECT_EQ(workers_.started.back().start_position, "");
}

TEST_F(TaskRunsTest, a_resume_leaves_a_new_start_position_to_the_next_fresh_start) {
  const std::string arn = run("one", "cdc");
  end(arn);
  TaskChange change;
  change.cdc.start_position = "0/2";
  ASSERT_TRUE(modify_task(*environment_, arn, change));
  ASSERT_TRUE(start(arn, "resume-processing"));
  tell(report(arn, WorkerState::running));
  workers_.figures[id(arn)] = figures(arn);
  workers_.figures[id(arn)].has_begun = true;
  end(arn);
  for (const std::string position : {"0/2", ""}) {
    ASSERT_TRUE(start(arn));
    tell(report(arn, WorkerState::running));
    end(arn);
    EXPECT_EQ(workers_.started.back().start_position, position);
  }
}

TEST_F(TaskRunsTest, no_run_of_a_restored_store_has_the_number_of_one_that_it_does_not_know) {
  const std::string arn = run();
  end(arn);
  const StoredTask backup = stored(arn);
  ASSERT_TRUE(start(arn, "resume-processing"));
  end(arn);
  const int64_t lost = stored(arn).run;
  ASSERT_TRUE(update_task(*database_, backup));
  pass_s(1);
  ASSERT_TRUE(start(arn, "resume-processing"));
  EXPECT_GT(stored(arn).run, lost);
}

TEST_F(TaskRunsTest, a_stop_that_meets_no_worker_ends_all_the_same) {
  const std::string arn = run();
  workers_.living.clear();
  ASSERT_TRUE(stop_task(*environment_, arn));
  EXPECT_EQ(status(arn), "stopping");
  background_.drain();
  EXPECT_EQ(status(arn), "stopped");
}

TEST_F(TaskRunsTest, a_worker_that_comes_after_its_stop_is_told_again) {
  const std::string arn = make();
  ASSERT_TRUE(start(arn));
  workers_.living.clear();
  ASSERT_TRUE(stop_task(*environment_, arn));
  workers_.reports[id(arn)] = report(arn, WorkerState::starting);
  workers_.living.insert(id(arn));
  tell(report(arn, WorkerState::running));
  EXPECT_EQ(status(arn), "stopping");
  EXPECT_EQ(workers_.stopped.size(), 2);
}

TEST_F(TaskRunsTest, tables_are_reloaded_while_the_task_runs) {
  const std::string arn = make();
  const std::vector<TableRef> one = {{"s", "t"}};
  EXPECT_EQ(reload_tables(*environment_, arn, one, "").error().code, "InvalidResourceStateFault");
  ASSERT_TRUE(start(arn));
  tell(report(arn, WorkerState::running));
  workers_.figures[id(arn)] = figures(arn);
  const std::pair<std::vector<TableRef>, std::string_view> refused[] = {{{}, ""},
                                                                        {{{"s", "t"}, {"s", "t"}}, ""},
                                                                        {{{"s", "T"}}, ""},
                                                                        {std::vector<TableRef>(11, {"s", "t"}), ""},
                                                                        {one, "all"}};
  for (const auto& [tables, option] : refused)
    EXPECT_EQ(reload_tables(*environment_, arn, tables, option).error().code, "InvalidParameterValueException");
  EXPECT_EQ(reload_tables(*environment_, arn, one, "validate-only").error().code, "InvalidResourceStateFault");
  EXPECT_TRUE(workers_.reloaded.empty());
  ASSERT_TRUE(reload_tables(*environment_, arn, one, "data-reload"));
  EXPECT_EQ(workers_.reloaded, one);
  EXPECT_EQ(events(arn).back(), 81);
  const std::string changes = run("two", "cdc");
  EXPECT_EQ(reload_tables(*environment_, changes, one, "").error().code, "InvalidResourceStateFault");
}

TEST_F(TaskRunsTest, a_restarted_server_goes_on_with_what_an_earlier_one_left) {
  const std::string runs = run("runs"), stops = run("stops"), goes = run("goes"), tests = make("tests");
  const std::string first = run("first"), second = run("second");
  ASSERT_TRUE(stop_task(*environment_, stops));
  put_status(goes, TaskStatus::deleting);
  ASSERT_TRUE(begin_testing(*environment_, tests));
  ASSERT_TRUE(stop_at_one_commit_point(*environment_, {first, second}));
  end(first);
  // The second one's end was stored, and the server died before the group went on.
  StoredTask last = stored(second);
  last.after_stop = stored(first).after_stop;
  ASSERT_TRUE(update_task(*database_, last));
  workers_.started.clear();
  workers_.stopped.clear();
  ASSERT_TRUE(end_forgotten_work(*environment_));
  background_.drain();
  EXPECT_EQ(workers_.taken_up, (std::vector<std::pair<std::string, int64_t>>{{id(runs), stored(runs).run},
                                                                             {id(stops), stored(stops).run}}));
  EXPECT_EQ(workers_.stopped, std::vector<std::string>{id(stops)});
  EXPECT_EQ(status(runs), "running");
  EXPECT_EQ(status(tests), "ready");
  EXPECT_EQ(stored(goes).id, "");
  ASSERT_EQ(workers_.started.size(), 2);
  EXPECT_EQ(workers_.started[0].stop_position, workers_.started[1].stop_position);
  EXPECT_TRUE(workers_.started[0].stop_position.starts_with("commit_time:"));
}

TEST_F(TaskRunsTest, a_restarted_server_leaves_alone_what_its_workers_have_moved_on_meanwhile) {
  const std::string resumes = run("resumes"), first = run("first"), second = run("second");
  ASSERT_TRUE(modify_stop_positions(*environment_, {resumes}, "commit_time:2026-01-01T00:00:00"));
  ASSERT_TRUE(stop_at_one_commit_point(*environment_, {first, second}));
  end(first);
  std::map<std::string, int64_t> before;
  for (const std::string& arn : {resumes, first, second}) before[arn] = stored(arn).run;
  workers_.started.clear();
  workers_.stopped.clear();
  workers_.on_take_up = [&] {  // the supervisor's thread tells what it finds
    end(resumes);
    end(second);
  };
  ASSERT_TRUE(end_forgotten_work(*environment_));
  EXPECT_TRUE(workers_.stopped.empty());
  EXPECT_EQ(workers_.started.size(), 3);
  for (const std::string& arn : {resumes, first, second}) {
    EXPECT_GT(stored(arn).run, before[arn]);
    EXPECT_NE(status(arn), "failed") << stored(arn).last_failure;
  }
}

TEST_F(TaskRunsTest, a_worker_that_came_up_after_its_task_had_been_stopped_or_had_gone_is_stopped) {
  for (const bool goes : {false, true}) {
    const std::string arn = make(goes ? "goes" : "stops");
    workers_.stopped.clear();
    workers_.on_start = [&] {  // meanwhile, of a start that takes long
      put_status(arn, TaskStatus::stopped);
      if (goes) {
        EXPECT_TRUE(delete_task(*database_, id(arn)));
      }
    };
    ASSERT_TRUE(start(arn));
    EXPECT_EQ(workers_.stopped, std::vector<std::string>{id(arn)});
  }
  workers_.on_start = nullptr;
  workers_.stopped.clear();
  run("runs");
  EXPECT_TRUE(workers_.stopped.empty());
}

TEST_F(TaskRunsTest, the_end_of_a_run_that_the_store_does_not_take_is_told_until_it_does) {
  const std::string arn = run();
  ASSERT_TRUE(stop_task(*environment_, arn));
  ASSERT_TRUE(database_->run("CREATE TRIGGER refusal BEFORE UPDATE ON tasks BEGIN SELECT RAISE(ABORT, 'disk'); END"));
  end(arn);
  EXPECT_EQ(status(arn), "stopping");
  ASSERT_TRUE(database_->run("DROP TRIGGER refusal"));
  background_.drain();
  EXPECT_EQ(status(arn), "stopped");
  EXPECT_EQ(stored(arn).stop_reason, "Stop Reason NORMAL");
  EXPECT_EQ(std::ranges::count(events(arn), 79), 1);
}

TEST_F(TaskRunsTest, an_instance_whose_change_the_store_does_not_take_is_available_later) {
  ASSERT_TRUE(database_->run("UPDATE instances SET status = 'rebooting'"));
  ASSERT_TRUE(
      database_->run("CREATE TRIGGER refusal BEFORE UPDATE ON instances BEGIN SELECT RAISE(ABORT, 'disk'); END"));
  recycle_then_settle(*environment_, "INSTANCE", {});
  EXPECT_EQ((*find_instance(*database_, "INSTANCE"))->status, "rebooting");
  ASSERT_TRUE(database_->run("DROP TRIGGER refusal"));
  background_.drain();
  EXPECT_EQ((*find_instance(*database_, "INSTANCE"))->status, "available");
}

}  // namespace
}  // namespace godwit
