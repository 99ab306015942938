#pragma once
// Feeds the metrics (control/metrics.h): a thread that looks every few seconds at the workers' figures and at the
// node, and stores what it saw by the minute. A task has points while a worker runs for it, instances always. The
// minute under way is stored every 15 seconds, so a query sees it, and a server that is killed loses no more.
// Once an hour it removes points and log files that are past their time. It tells when the storage of an instance
// gets low (event 0007): once, and again after more than 12 % were free or the server was restarted.

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "control/environment.h"
#include "control/host_readings.h"
#include "control/metric_point.h"
#include "control/monitored_tasks.h"
#include "control/task_workers.h"

namespace godwit {

struct MetricsCollectorOptions {
  int64_t sample_ms = 5'000;
  int64_t write_ms = 15'000;
  bool own_thread = true;  // false: look() and write() are called by somebody, as in tests
};

class MetricsCollector {
 public:
  explicit MetricsCollector(Environment& environment, MetricsCollectorOptions options = {});
  ~MetricsCollector();  // stores what is not stored yet
  MetricsCollector(const MetricsCollector&) = delete;
  MetricsCollector& operator=(const MetricsCollector&) = delete;

  Result<void> look();
  Result<void> write();
  Result<void> remove_expired();

 private:
  using Owner = std::pair<std::string, std::string>;  // instance identifier; task id, or empty
  struct Gathered {
    int64_t minute_s = 0, coarse_s = 0;
    MetricPoints minute, coarse;
    bool changed = false;
  };
  // The counters of a task when it was last looked at.
  struct Seen {
    int64_t at_us = 0;
    int64_t run = 0;  // of the task's last start
    bool live = false;
    WorkerStatistics figures;  // without tables
  };

  void run(const std::stop_token& stop);
  Seen see(const MonitoredTask& task, int64_t now_us) const;
  void note_failure(const Result<void>& result);
  Result<void> add(const Owner& owner, std::string_view metric, double sample, int64_t now_us);
  Result<Gathered> take_up(const Owner& owner, int64_t minute_s);
  Result<void> store(const Owner& owner, Gathered& gathered);
  // Answers the processor time that the task used since the last look, in microseconds.
  Result<int64_t> look_at_task(const MonitoredTask& task, const MonitoredInstance* instance, int64_t now_us);
  Result<void> look_at_instance(const MonitoredInstance& instance, const HostReadings& host, int64_t cpu_us,
                                uint64_t folder_bytes, int64_t now_us);
  Result<void> look_at_storage(const MonitoredInstance& instance, uint64_t free_bytes);
  Result<void> look_at_host_rates(const Owner& owner, const HostReadings& host, int64_t now_us);

  Environment& environment_;
  const MetricsCollectorOptions options_;
  std::map<Owner, Gathered> gathered_;
  std::map<std::string, Seen> seen_;              // by task id
  std::map<std::string, uint64_t> folder_bytes_;  // by task id, as of the last minute
  std::set<std::string> low_storage_;             // ids of instances whose low storage was told
  int64_t folders_measured_us_ = 0;
  int64_t minute_ = 0;  // of the last look, since 1970
  std::optional<HostReadings> host_before_;
  int64_t host_before_us_ = 0;
  bool failing_ = false;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace godwit
