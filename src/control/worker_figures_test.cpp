// What a worker tells of itself, and what it leaves in its folder.

#include "control/worker_figures.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "control/worker_folder.h"

namespace godwit {
namespace {

TableStatistics table(const std::string& name, TableState state, uint64_t rows = 0, uint64_t estimated = 0) {
  TableStatistics out;
  out.table = {"public", name};
  out.state = state;
  out.full_load_rows = rows;
  out.estimated_rows = estimated;
  return out;
}

TEST(WorkerFigures, percent_of_a_load) {
  using enum TableState;
  struct Case {
    const char* claim;
    std::vector<TableStatistics> tables;
    std::string_view type;
    int64_t percent;
  };
  const Case cases[] = {
      {"nothing is planned yet", {}, "full-load", 0},
      {"a task of changes alone is done", {}, "cdc", 100},
      {"half", {table("a", full_load, 50, 100)}, "full-load", 50},
      {"tables weigh by their rows",
       {table("a", completed, 900, 5), table("b", before_load, 0, 100)},
       "full-load",
       90},
      {"an estimate that was too low is never passed", {table("a", full_load, 500, 100)}, "full-load", 99},
      {"all is loaded", {table("a", completed, 10, 100), table("b", completed)}, "full-load-and-cdc", 100},
      {"a table in error is not waited for",
       {table("a", completed, 10), table("b", error, 0, 1000)},
       "full-load",
       100},
      {"empty tables count until they are done", {table("a", before_load)}, "full-load", 0},
  };
  for (const Case& c : cases) EXPECT_EQ(full_load_percent(c.tables, c.type), c.percent) << c.claim;
}

TEST(WorkerFigures, an_error_that_the_task_tries_to_get_over_is_told_until_it_has_for_some_seconds) {
  EXPECT_FALSE(is_shown({}, 1'000'000));
  Setback setback{.error = "the connection was lost"};
  EXPECT_TRUE(is_shown(setback, 1'000'000));
  setback.over_ms = 1'000'000;
  EXPECT_TRUE(is_shown(setback, 1'004'000));  // one that comes back at once does not flicker
  EXPECT_FALSE(is_shown(setback, 1'005'000));
}

TEST(WorkerFigures, lines_of_errors_and_warnings_are_counted_and_go_on_over_restarts) {
  LogLineCounts lines;
  lines.note(Component::target_apply, Severity::error);
  lines.note(Component::target_apply, Severity::error);
  lines.note(Component::target_apply, Severity::warning);
  lines.note(Component::target_apply, Severity::info);
  WorkerStatistics now, before;
  now.log_lines = lines.counts();
  now.bulk_fallbacks = 1;
  before.log_lines = {{Component::target_apply, Severity::error, 40}, {Component::sorter, Severity::warning, 1}};
  before.bulk_fallbacks = 10;
  before.lob_truncations = 20;
  add_before(now, before);
  EXPECT_EQ(now.log_lines, (std::vector<LogLineCount>{{Component::target_apply, Severity::error, 42},
                                                      {Component::target_apply, Severity::warning, 1},
                                                      {Component::sorter, Severity::warning, 1}}));
  EXPECT_EQ(now.bulk_fallbacks, 11U);
  EXPECT_EQ(now.lob_truncations, 20U);
}

TEST(WorkerFigures, that_a_worker_has_begun_is_known_to_every_later_one_of_the_life) {
  WorkerStatistics first, second;
  add_before(second, first);
  EXPECT_FALSE(second.has_begun);
  first.has_begun = true;
  add_before(second, first);
  EXPECT_TRUE(second.has_begun);
}

TEST(WorkerFigures, up_to_when_the_target_holds_changes_is_known_to_a_later_worker_that_has_applied_none) {
  TaskStatistics now;
  now.started_us = 10;
  EXPECT_EQ(worker_figures(now, "cdc", 0, 0).applied_us, 10);
  now.applied_us = 30;
  WorkerStatistics later;
  add_before(later, worker_figures(now, "cdc", 0, 0));
  EXPECT_EQ(later.applied_us, 30);
}

TEST(WorkerFigures, tables_are_counted_by_state_and_the_load_has_an_end_when_all_are_done) {
  TaskStatistics now;
  now.phase = "full load";
  now.tables = {table("a", TableState::completed), table("b", TableState::full_load), table("c", TableState::error)};
  now.tables[0].load_start_us = 10;
  now.tables[0].load_end_us = 20;
  WorkerStatistics figures = worker_figures(now, "full-load-and-cdc", 0, 0);
  EXPECT_EQ(figures.tables_loaded, 1U);
  EXPECT_EQ(figures.tables_loading, 1U);
  EXPECT_EQ(figures.tables_errored, 1U);
  EXPECT_EQ(figures.full_load_start_us, 10);
  EXPECT_EQ(figures.full_load_finish_us, 0);
  EXPECT_FALSE(figures.follows);
  now.tables[1].state = TableState::completed;
  now.phase = "change processing";
  figures = worker_figures(now, "full-load-and-cdc", 0, 0);
  EXPECT_EQ(figures.full_load_finish_us, 20);
  EXPECT_TRUE(figures.follows);
}

TEST(WorkerFigures, only_what_changed_is_told_and_has_a_new_time) {
  TableWatch watch;
  bool all = false;
  std::vector<TableStatistics> now = {table("a", TableState::completed), table("b", TableState::completed)};
  EXPECT_EQ(watch.look(now, 100, all).size(), 2U);
  EXPECT_TRUE(all);
  EXPECT_TRUE(watch.look(now, 200, all).empty());
  EXPECT_FALSE(all);
  now[1].inserts = 1;
  const auto changed = watch.look(now, 300, all);
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].figures.table.name, "b");
  EXPECT_EQ(watch.tables()[0].updated_us, 100);
  EXPECT_EQ(watch.tables()[1].updated_us, 300);
  now.erase(now.begin());
  EXPECT_EQ(watch.look(now, 400, all).size(), 1U);
  EXPECT_TRUE(all);
  EXPECT_EQ(watch.tables()[0].updated_us, 300);
}

TEST(WorkerFigures, what_has_not_changed_since_the_worker_before_keeps_its_time) {
  TableWatch watch;
  watch.start_from({{table("a", TableState::completed), 50}});
  bool all = false;
  watch.look({table("a", TableState::completed), table("b", TableState::completed)}, 100, all);
  EXPECT_EQ(watch.tables()[0].updated_us, 50);
  EXPECT_EQ(watch.tables()[1].updated_us, 100);
}

class Folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "godwit-folder-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern + "/task";
    ASSERT_TRUE(make_state_folder(path_));
  }
  void TearDown() override { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }
  std::string path_;
};

TEST_F(Folder, is_its_owners_alone) {
  EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(Folder, has_one_worker_and_says_which_until_it_is_dead) {
  EXPECT_FALSE(WorkerLock::holder(path_));
  const pid_t child = ::fork();
  if (child == 0) {
    auto lock = WorkerLock::take(path_, 0);
    ::pause();
    ::_exit(lock ? 0 : 1);
  }
  for (int look = 0; look < 100 && WorkerLock::holder(path_) != child; ++look) ::usleep(20000);
  EXPECT_EQ(WorkerLock::holder(path_), child);
  EXPECT_FALSE(WorkerLock::take(path_, 100));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(WorkerLock::holder(path_));
  EXPECT_TRUE(WorkerLock::take(path_, 0));
}

TEST_F(Folder, gives_back_outcome_and_statistics_and_nothing_for_what_is_damaged) {
  EXPECT_FALSE(read_outcome(path_));
  ASSERT_TRUE(write_outcome(
      path_, {.run = 3, .pid = 4, .stop_reason = "NORMAL", .failure = "", .checkpoint = "", .remarks = {}}));
  EXPECT_EQ(read_outcome(path_)->run, 3);
  forget_outcome(path_);
  EXPECT_FALSE(read_outcome(path_));
  WorkerStatistics statistics;
  statistics.tables = {{table("a", TableState::completed, 5), 7}};
  ASSERT_TRUE(write_statistics(path_, statistics));
  EXPECT_EQ(read_statistics(path_)->tables[0].figures.full_load_rows, 5U);
  std::ofstream(path_ + "/statistics.json") << "{\"tables\": [";
  EXPECT_FALSE(read_statistics(path_));
}

TEST(WorkerFigures, a_resumed_worker_shows_the_totals_of_the_one_before_until_it_has_taken_them_up) {
  WorkerStatistics before, now;
  before.full_load_percent = 100;
  before.full_load_start_us = 5;
  before.full_load_finish_us = 9;
  before.tables_loaded = 7;
  before.tables_errored = 1;
  now.run = 3;
  now.memory_bytes = 11;
  show_as_before(now, before);
  EXPECT_EQ(now.full_load_percent, 100);
  EXPECT_EQ(now.full_load_start_us, 5);
  EXPECT_EQ(now.full_load_finish_us, 9);
  EXPECT_EQ(now.tables_loaded, 7);
  EXPECT_EQ(now.tables_errored, 1);
  EXPECT_EQ(now.run, 3);
  EXPECT_EQ(now.memory_bytes, 11);
}

}  // namespace
}  // namespace godwit
