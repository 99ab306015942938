#include "control/metrics_collector.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "control/metrics.h"
#include "control/monitoring_fixture.h"
#include "store/events.h"

namespace godwit {
namespace {

// Tells what a test wants to be told of the tasks' workers.
class ToldWorkers : public TaskWorkers {
 public:
  Result<void> start(const WorkerJob&) override { return {}; }
  void take_up(const std::vector<std::pair<std::string, int64_t>>&) override {}
  Result<void> stop(const std::string&, int64_t) override { return {}; }
  Result<void> reload(const std::string&, const std::vector<TableRef>&) override { return {}; }
  Result<void> set_severities(const std::string&, const std::vector<std::pair<Component, Severity>>&) override {
    return {};
  }
  std::optional<WorkerReport> report(const std::string&) const override { return std::nullopt; }
  std::optional<WorkerStatistics> statistics(const std::string&, const std::string&) const override { return told; }
  void remove(const WorkerJob&, std::function<void(Result<void>)>) override {}
  void recycle_all(int64_t) override {}

  std::optional<WorkerStatistics> told;
};

class MetricsCollectorTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ + "/tasks/T");
    secrets_.emplace(SecretBox::open(folder_ + "/master.key", true).value());
    environment_.emplace(Environment{.database = *database_,
                                     .secrets = *secrets_,
                                     .names = {},
                                     .engines = {},
                                     .background = background_,
                                     .workers = &workers_,
                                     .folder = folder_,
                                     .secret_folder = {},
                                     .now_us = [this] { return now_s_ * 1'000'000; }});
    put_pool(*database_);
    put_pool_task(*database_, "T");
    start();
  }
  void TearDown() override {
    collector_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    collector_.reset();
    collector_.emplace(*environment_, MetricsCollectorOptions{.own_thread = false});
  }
  void look(int64_t seconds_later) {
    now_s_ += seconds_later;
    const auto looked = collector_->look();
    ASSERT_TRUE(looked) << looked.error().message;
  }
  MetricSeries series(std::string_view metric, std::string_view task, int64_t period_s = 60) {
    EXPECT_TRUE(collector_->write());
    const MetricSource source{find_metric(task.empty() ? MetricScope::instance : MetricScope::task, metric), "pool",
                              std::string(task)};
    return read_metric(*database_, source, begin_s_, now_s_ + 1, period_s, now_s_).value();
  }
  double value(const MetricSeries& series, size_t bucket, std::string_view statistic) {
    return bucket < series.buckets.size() ? series.buckets[bucket].value_of(parse_statistic(statistic).value()) : -1;
  }
  static WorkerStatistics live(int64_t run = 1) {
    WorkerStatistics told;
    told.run = run;
    told.live = true;
    return told;
  }

  static constexpr int64_t begin_s_ = 1'772'357'400;  // a multiple of 300
  const std::string folder_ = testing::TempDir() + "godwit_metrics_" + std::to_string(getpid());
  int64_t now_s_ = begin_s_;
  std::unique_ptr<Database> database_ = Database::open(":memory:").value();
  std::optional<SecretBox> secrets_;
  Background background_{1};
  ToldWorkers workers_;
  std::optional<Environment> environment_;
  std::optional<MetricsCollector> collector_;
};

TEST_F(MetricsCollectorTest, rates_are_what_counters_grew_by) {
  look(0);
  workers_.told = live();
  workers_.told->loaded_rows = 500;
  workers_.told->loaded_bytes = 1'024'000;
  look(5);
  workers_.told->loaded_rows = 1500;
  look(5);
  const MetricSeries rows = series("FullLoadThroughputRowsTarget", "T");
  ASSERT_EQ(rows.buckets.size(), 1U);
  EXPECT_EQ(rows.starts_s[0], begin_s_);
  EXPECT_DOUBLE_EQ(value(rows, 0, "Minimum"), 100);
  EXPECT_DOUBLE_EQ(value(rows, 0, "Maximum"), 200);
  EXPECT_DOUBLE_EQ(value(rows, 0, "SampleCount"), 2);
  EXPECT_DOUBLE_EQ(value(series("FullLoadThroughputBandwidthTarget", "T"), 0, "Maximum"), 200);
}

TEST_F(MetricsCollectorTest, a_worker_that_came_and_went_between_two_looks_of_its_end_counts_to_the_last_row) {
  look(0);
  workers_.told = live();
  workers_.told->loaded_rows = 10;
  look(5);
  workers_.told->loaded_rows = 110;
  workers_.told->live = false;
  look(5);
  look(5);
  const MetricSeries rows = series("FullLoadThroughputRowsTarget", "T");
  EXPECT_DOUBLE_EQ(value(rows, 0, "Sum"), 2 + 20);
  EXPECT_DOUBLE_EQ(value(rows, 0, "SampleCount"), 2);
}

TEST_F(MetricsCollectorTest, a_run_between_two_looks_counts_whole_and_once) {
  look(0);
  workers_.told = live();
  workers_.told->live = false;
  workers_.told->loaded_rows = 100;
  auto task = find_task(*database_, "T").value().value();
  task.run = 1;
  ASSERT_TRUE(update_task(*database_, task));
  look(5);
  look(5);
  const MetricSeries rows = series("FullLoadThroughputRowsTarget", "T");
  EXPECT_DOUBLE_EQ(value(rows, 0, "Sum"), 20);
  EXPECT_DOUBLE_EQ(value(rows, 0, "SampleCount"), 1);
  EXPECT_TRUE(series("MemoryUsage", "T").buckets.empty());
}

TEST_F(MetricsCollectorTest, the_load_of_a_task_made_since_the_last_look_counts_whole) {
  ASSERT_TRUE(database_->run("DELETE FROM tasks"));
  look(0);
  StoredTask task;
  task.id = task.identifier = "T";
  task.source_endpoint_id = "S";
  task.target_endpoint_id = "D";
  task.instance_id = "I";
  task.status = "stopped";
  task.run = 7;
  task.created_us = (now_s_ + 1) * 1'000'000;
  ASSERT_TRUE(insert_task(*database_, task));
  workers_.told = live(7);
  workers_.told->live = false;  // it is through already
  workers_.told->loaded_rows = 100;
  workers_.told->cpu_us = 500'000;
  look(5);
  look(5);
  EXPECT_DOUBLE_EQ(value(series("FullLoadThroughputRowsTarget", "T"), 0, "Sum"), 20);
  EXPECT_DOUBLE_EQ(value(series("FullLoadThroughputRowsTarget", "T"), 0, "SampleCount"), 1);
  EXPECT_DOUBLE_EQ(value(series("CPUUtilization", "T"), 0, "Sum"), 10);
}

TEST_F(MetricsCollectorTest, the_first_seconds_of_a_load_that_goes_on_count_too) {
  ASSERT_TRUE(database_->run("DELETE FROM tasks"));
  look(0);
  put_pool_task(*database_, "T");
  ASSERT_TRUE(database_->run("UPDATE tasks SET created_us = ?", {(now_s_ + 1) * 1'000'000}));
  workers_.told = live();
  workers_.told->loaded_rows = 100;
  look(5);
  workers_.told->loaded_rows = 200;
  look(5);
  EXPECT_DOUBLE_EQ(value(series("FullLoadThroughputRowsTarget", "T"), 0, "Sum"), 40);
}

TEST_F(MetricsCollectorTest, low_storage_is_told_once_until_it_was_well_again) {
  const auto told = [this] {
    const auto events = list_events(*database_, {}).value();
    for (const EventRecord& event : events) {
      EXPECT_EQ(event.number, 7);
      EXPECT_EQ(event.category, "low storage");
      EXPECT_EQ(event.source_identifier, "pool");
    }
    return events.size();
  };
  const auto allocate = [this](int64_t gb) {
    ASSERT_TRUE(database_->run("UPDATE instances SET allocated_storage_gb = ?", {gb}));
  };
  allocate(1);
  look(0);
  EXPECT_EQ(told(), 0U);
  allocate(1'000'000'000);  // more than any disk of this node has ten percent of
  look(60);
  look(60);
  EXPECT_EQ(told(), 1U);
  allocate(1);
  look(60);
  allocate(1'000'000'000);
  look(60);
  look(60);
  EXPECT_EQ(told(), 2U);
}

TEST_F(MetricsCollectorTest, a_restarted_worker_begins_its_counters_anew) {
  look(0);
  workers_.told = live();
  workers_.told->loaded_rows = 1000;
  look(10);
  workers_.told->loaded_rows = 50;
  look(10);
  EXPECT_DOUBLE_EQ(value(series("FullLoadThroughputRowsTarget", "T"), 0, "Minimum"), 5);
}

TEST_F(MetricsCollectorTest, a_worker_that_was_there_before_the_server_gives_no_false_rate) {
  workers_.told = live();
  workers_.told->loaded_rows = 1'000'000'000;
  look(0);
  EXPECT_TRUE(series("FullLoadThroughputRowsTarget", "T").buckets.empty());
  EXPECT_FALSE(series("MemoryUsage", "T").buckets.empty());
}

TEST_F(MetricsCollectorTest, a_stopped_task_has_no_points_and_one_that_follows_nothing_has_no_latency) {
  look(0);
  workers_.told = live();
  look(5);
  EXPECT_TRUE(series("CDCLatencySource", "T").buckets.empty());
  workers_.told->follows = true;
  workers_.told->latency_source_ms = 1500;
  look(5);
  EXPECT_DOUBLE_EQ(value(series("CDCLatencySource", "T"), 0, "Average"), 1.5);
  workers_.told->live = false;
  look(5);
  look(60);
  EXPECT_EQ(series("CDCLatencySource", "T").buckets.size(), 1U);
  EXPECT_EQ(series("MemoryUsage", "T").buckets.size(), 1U);
}

TEST_F(MetricsCollectorTest, minutes_add_up_to_longer_periods) {
  workers_.told = live();
  for (int minute = 0; minute < 10; ++minute) {
    workers_.told->memory_bytes = static_cast<uint64_t>(minute + 1) << 20U;
    look(30);
    look(30);
  }
  EXPECT_EQ(series("MemoryUsage", "T").buckets.size(), 11U);
  const MetricSeries coarse = series("MemoryUsage", "T", 300);
  ASSERT_EQ(coarse.buckets.size(), 3U);
  EXPECT_EQ(coarse.starts_s[1], begin_s_ + 300);
  EXPECT_DOUBLE_EQ(value(coarse, 0, "Minimum"), 1);
  EXPECT_DOUBLE_EQ(value(coarse, 0, "Maximum"), 5);
}

TEST_F(MetricsCollectorTest, points_outlive_the_server_in_the_middle_of_a_minute) {
  workers_.told = live();
  workers_.told->memory_bytes = uint64_t{1} << 20U;
  look(0);
  look(10);
  start();
  workers_.told->memory_bytes = uint64_t{4} << 20U;
  look(10);
  const MetricSeries memory = series("MemoryUsage", "T");
  ASSERT_EQ(memory.buckets.size(), 1U);
  EXPECT_DOUBLE_EQ(value(memory, 0, "SampleCount"), 3);
  EXPECT_DOUBLE_EQ(value(memory, 0, "Sum"), 6);
}

TEST_F(MetricsCollectorTest, five_minute_points_stay_when_minutes_go_and_all_go_in_the_end) {
  workers_.told = live();
  look(0);
  look(60);
  EXPECT_EQ(series("MemoryUsage", "T").buckets.size(), 2U);
  collector_.reset();
  now_s_ += 16 * day_s;
  collector_.emplace(*environment_, MetricsCollectorOptions{.own_thread = false});
  ASSERT_TRUE(collector_->remove_expired());
  EXPECT_EQ(series("MemoryUsage", "T").buckets.size(), 1U);
  EXPECT_TRUE(metric_sources(*database_, begin_s_ + 13 * day_s).value().size() > 5);
  EXPECT_TRUE(metric_sources(*database_, now_s_).value().empty());
  now_s_ += 60 * day_s;
  ASSERT_TRUE(collector_->remove_expired());
  EXPECT_TRUE(list_metric_owners(*database_).value().empty());
}

TEST_F(MetricsCollectorTest, an_instance_has_points_of_its_node_and_its_workers) {
  look(0);
  workers_.told = live();
  look(10);
  workers_.told->cpu_us = 5'000'000;  // half a processor
  look(10);
  const double processors =
      static_cast<double>(processors_of({.identifier = "pool", .processors = 2}, read_host(folder_)));
  EXPECT_DOUBLE_EQ(value(series("CPUUtilization", ""), 0, "Maximum"), 50 / processors);
  EXPECT_DOUBLE_EQ(value(series("CPUUtilization", "T"), 0, "Maximum"), 50);
  EXPECT_GT(value(series("AvailableMemory", ""), 0, "Average"), 0);
  EXPECT_GT(value(series("FreeStorageSpace", ""), 0, "Average"), 0);
  EXPECT_DOUBLE_EQ(value(series("CPUAllocated", "T"), 0, "Average"), 200);
}

TEST_F(MetricsCollectorTest, a_clock_that_jumps_makes_no_rate) {
  look(0);
  workers_.told = live();
  look(5);
  workers_.told->loaded_rows = 1000;
  look(-3600);
  now_s_ += 3600;
  EXPECT_DOUBLE_EQ(value(series("FullLoadThroughputRowsTarget", "T"), 0, "Maximum"), 0);
}

}  // namespace
}  // namespace godwit
