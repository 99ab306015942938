#include "task/measures.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

constexpr int64_t second_us = 1000000, minute_us = 60 * second_us;
constexpr int64_t now = 1800000000 * second_us;
constexpr int64_t now_ms = 5000000;

struct LatencyCase {
  const char* claim;
  Backlog backlog;
  int64_t source_ms, target_ms;
};

Backlog backlog(bool flowing, int64_t captured_us, int64_t spool_oldest_us = 0, int64_t window_oldest_us = 0) {
  Backlog out;
  out.flowing = flowing;
  out.captured_us = captured_us;
  out.spool_oldest_us = spool_oldest_us;
  out.window_oldest_us = window_oldest_us;
  return out;
}

TEST(Latencies, are_those_of_the_specification) {
  Backlog paused = backlog(false, now - 30 * second_us, now - 40 * second_us);
  paused.paused = true;
  Backlog unreached = backlog(false, now - 900 * second_us);
  unreached.proven_us = now - 7 * second_us;
  unreached.unreached_since_ms = now_ms - 3000;
  Backlog just_looked = unreached;
  just_looked.unreached_since_ms = now_ms - 500;
  const LatencyCase cases[] = {
      {"nothing has happened", {}, 0, 0},
      {"10:05 now, 10:03 last read, 10:00 oldest waiting",
       backlog(true, now - 120 * second_us, now - 250 * second_us, now - 300 * second_us), 120000, 300000},
      {"an idle log is no latency", backlog(false, now - 120 * second_us), 0, 0},
      {"what waits counts on an idle log too", backlog(false, now - 5 * second_us, now - 9 * second_us), 0, 9000},
      {"never below the source's", backlog(true, now - 5 * second_us, now - 2 * second_us), 5000, 5000},
      {"paused reading is behind", paused, 30000, 40000},
      {"an end of the log that stays out of reach", unreached, 7000, 7000},
      {"the reader has some time to reach the end", just_looked, 0, 0},
      {"a source's clock that is ahead", backlog(true, now + 5 * second_us, now + 5 * second_us), 0, 0},
  };
  for (const LatencyCase& c : cases) {
    TaskStatistics statistics;
    statistics.backlog = c.backlog;
    const Latencies got = latencies_of(statistics, now, now_ms);
    EXPECT_EQ(got.source_ms, c.source_ms) << c.claim;
    EXPECT_EQ(got.target_ms, c.target_ms) << c.claim;
  }
}

TEST(Status, has_the_documented_words) {
  EXPECT_EQ(task_status("starting", false), "NOT RUNNING");
  EXPECT_EQ(task_status("full load", false), "FULL LOAD");
  EXPECT_EQ(task_status("full load", true), "FULL LOAD");
  EXPECT_EQ(task_status("change processing", false), "CHANGE PROCESSING");
  EXPECT_EQ(task_status("change processing", true), "Paused");
}

TEST(Status, a_row_tells_what_waits_and_where_the_task_stands) {
  TaskStatistics statistics;
  statistics.started_us = now - 100;
  statistics.applied = {"0000/10"};
  StatusRow row = status_row(statistics, "FULL LOAD", 0);
  EXPECT_EQ(row.current.text, "0000/10");  // nothing read yet: the stream begins there
  EXPECT_EQ(row.current_us, now - 100);
  EXPECT_EQ(row.tail_us, now - 100);
  EXPECT_EQ(row.applied_us, 0);

  statistics.backlog = backlog(true, now - 5, now - 9, now - 8);
  statistics.backlog.read_to = {"0000/20"};
  statistics.backlog.spool_changes = 7;
  statistics.backlog.window_changes = 4;
  statistics.backlog.spool_disk_bytes = (3U << 20U) + 1;
  statistics.applied_us = now - 10;
  row = status_row(statistics, "CHANGE PROCESSING", 50U << 20U);
  EXPECT_EQ(row.status, "CHANGE PROCESSING");
  EXPECT_EQ(row.pending_changes, 11);
  EXPECT_EQ(row.disk_swap_mb, 4);
  EXPECT_EQ(row.memory_mb, 50);
  EXPECT_EQ(row.current.text, "0000/20");
  EXPECT_EQ(row.current_us, now - 5);
  EXPECT_EQ(row.tail.text, "0000/10");
  EXPECT_EQ(row.tail_us, now - 10);
  EXPECT_EQ(row.applied_us, now - 10);
}

TaskStatistics work(uint64_t rows, uint64_t changes, uint64_t mebibytes) {
  TaskStatistics out;
  out.loaded_rows = rows;
  out.loaded_bytes = mebibytes << 20U;
  out.processed_changes = changes;
  out.applied_bytes = mebibytes << 20U;
  return out;
}

TEST(History, a_slot_in_which_both_ran_has_two_rows) {
  History history(5, now);
  EXPECT_TRUE(history.advance(work(0, 0, 0), "FULL LOAD", 0, now + second_us).empty());
  EXPECT_TRUE(history.advance(work(100, 0, 2), "CHANGE PROCESSING", 0, now + minute_us).empty());
  const auto rows = history.advance(work(100, 40, 3), "CHANGE PROCESSING", 2500, now + 5 * minute_us + second_us);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].type, "FULL LOAD");
  EXPECT_EQ(rows[0].end_us, now + 5 * minute_us);
  EXPECT_EQ(rows[0].duration_min, 5);
  EXPECT_FALSE(rows[0].latency_s);
  EXPECT_EQ(rows[0].records, 100);
  EXPECT_EQ(rows[1].type, "CHANGE PROCESSING");
  EXPECT_EQ(rows[1].latency_s, 2);
  EXPECT_EQ(rows[1].records, 40);
  EXPECT_EQ(rows[1].volume_mb, 3);
}

TEST(History, the_last_slot_is_cut_short) {
  History history(5, now);
  EXPECT_TRUE(history.advance(work(0, 0, 0), "CHANGE PROCESSING", 0, now).empty());
  ASSERT_EQ(history.advance(work(0, 10, 0), "CHANGE PROCESSING", 0, now + 5 * minute_us).size(), 1U);
  const auto rows = history.finish(work(0, 15, 0), 0, now + 7 * minute_us + second_us);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].duration_min, 3);
  EXPECT_EQ(rows[0].records, 5);
  EXPECT_EQ(rows[0].end_us, now + 7 * minute_us + second_us);
}

TEST(History, every_slot_of_a_running_task_has_its_row) {
  History history(1, now);
  EXPECT_TRUE(history.advance(work(0, 0, 0), "CHANGE PROCESSING", 0, now).empty());
  const auto rows = history.advance(work(0, 10, 0), "CHANGE PROCESSING", 0, now + 3 * minute_us);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].records, 10);
  EXPECT_EQ(rows[1].records, 0);
  EXPECT_EQ(rows[2].end_us, now + 3 * minute_us);
}

TEST(History, volumes_of_slots_add_up) {
  History history(1, now);
  TaskStatistics statistics;
  int64_t sum = 0;
  static_cast<void>(history.advance(statistics, "CHANGE PROCESSING", 0, now));
  for (int slot = 1; slot <= 10; ++slot) {
    statistics.applied_bytes += 700U << 10U;
    for (const HistoryRow& row : history.advance(statistics, "CHANGE PROCESSING", 0, now + slot * minute_us))
      sum += row.volume_mb;
  }
  EXPECT_EQ(sum, 6);  // of 6.8
}

TEST(History, a_task_that_never_ran_has_no_rows) {
  History history(5, now);
  EXPECT_TRUE(history.finish({}, 0, now + minute_us).empty());
}

}  // namespace
}  // namespace godwit
