#include "control/metrics_collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/server_log.h"
#include "control/events.h"
#include "control/log_groups.h"
#include "control/metrics.h"
#include "store/metric_points.h"

namespace godwit {
namespace {

constexpr int64_t hour_us = int64_t{3'600'000'000}, minute_us = int64_t{60'000'000};
constexpr int64_t looks_apart_max_us = 5 * minute_us;  // further apart the clock was set, or this host slept
constexpr double kilobyte = 1024, megabyte = 1024 * 1024, gigabyte = megabyte * 1024;
constexpr double storage_low_share = 0.1, storage_recovered_share = 0.12;

// What a counter grew by; one that is smaller than before began anew.
template <class Count>
Count grown(Count now, Count before) {
  return now >= before ? now - before : now;
}

double per_second(double amount, int64_t elapsed_us) {
  return amount * 1e6 / static_cast<double>(elapsed_us);
}

}  // namespace

MetricsCollector::MetricsCollector(Environment& environment, MetricsCollectorOptions options)
    : environment_(environment), options_(options) {
  if (options_.own_thread) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

MetricsCollector::~MetricsCollector() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  note_failure(write());
}

void MetricsCollector::run(const std::stop_token& stop) {
  int64_t written_us = 0, cleaned_us = 0;
  while (!stop.stop_requested()) {
    const int64_t now_us = environment_.now_us();
    note_failure(look());
    if (std::abs(now_us - written_us) >= options_.write_ms * 1000) {
      note_failure(write());
      written_us = now_us;
    }
    if (std::abs(now_us - cleaned_us) >= hour_us) {
      note_failure(remove_expired());
      cleaned_us = now_us;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, std::chrono::milliseconds(options_.sample_ms), [] { return false; });
  }
}

// Said once, until it goes well again.
void MetricsCollector::note_failure(const Result<void>& result) {
  if (!result && !failing_)
    server_log_of(Severity::warning, "metrics", "points are missing from now on: {}", result.error().message);
  failing_ = !result;
}

Result<MetricsCollector::Gathered> MetricsCollector::take_up(const Owner& owner, int64_t minute_start_s) {
  Gathered gathered;
  gathered.minute_s = minute_start_s;
  gathered.coarse_s = minute_start_s / coarse_s * coarse_s;
  for (const MetricOwner& stored : TRY(list_metric_owners(environment_.database))) {
    if (stored.instance != owner.first || stored.task != owner.second) continue;
    const auto into = [](MetricPoints& points) {
      return [&points](int64_t, std::string_view bytes) { points = decode(bytes); };
    };
    TRY(each_metric_points(environment_.database, stored.key, minute_s, gathered.minute_s, gathered.minute_s + 1,
                           into(gathered.minute)));
    TRY(each_metric_points(environment_.database, stored.key, coarse_s, gathered.coarse_s, gathered.coarse_s + 1,
                           into(gathered.coarse)));
  }
  return gathered;
}

Result<void> MetricsCollector::store(const Owner& owner, Gathered& gathered) {
  int64_t seen = 0;
  for (const auto& [id, point] : gathered.coarse) seen |= int64_t{1} << id;
  TRY(put_metric_points(environment_.database,
                        {owner.first, owner.second, seen, minute_s, gathered.minute_s, encode(gathered.minute)}));
  TRY(put_metric_points(environment_.database,
                        {owner.first, owner.second, seen, coarse_s, gathered.coarse_s, encode(gathered.coarse)}));
  gathered.changed = false;
  return {};
}

Result<void> MetricsCollector::add(const Owner& owner, std::string_view name, double sample, int64_t now_us) {
  const Metric* metric = find_metric(owner.second.empty() ? MetricScope::instance : MetricScope::task, name);
  const int64_t minute_start_s = now_us / minute_us * minute_s;
  auto at = gathered_.find(owner);
  if (at == gathered_.end()) at = gathered_.emplace(owner, TRY(take_up(owner, minute_start_s))).first;
  Gathered& gathered = at->second;
  if (minute_start_s < gathered.minute_s) {  // the clock was set back: there may be points already
    if (gathered.changed) TRY(store(owner, gathered));
    gathered = TRY(take_up(owner, minute_start_s));
  }
  if (gathered.minute_s != minute_start_s) {
    if (gathered.changed) TRY(store(owner, gathered));
    gathered.minute.clear();
    gathered.minute_s = minute_start_s;
  }
  if (gathered.coarse_s != minute_start_s / coarse_s * coarse_s) {
    gathered.coarse.clear();
    gathered.coarse_s = minute_start_s / coarse_s * coarse_s;
  }
  gathered.minute[metric->id].add(sample);
  gathered.coarse[metric->id].add(sample);
  gathered.changed = true;
  return {};
}

Result<void> MetricsCollector::write() {
  return environment_.database.atomically([&]() -> Result<void> {
    for (auto& [owner, gathered] : gathered_)
      if (gathered.changed) TRY(store(owner, gathered));
    return {};
  });
}

// What a worker that is gone left is read once for each run: it stands in a file.
MetricsCollector::Seen MetricsCollector::see(const MonitoredTask& task, int64_t now_us) const {
  Seen now{.at_us = now_us, .run = task.run, .live = false, .figures = {}};
  const auto before = seen_.find(task.id);
  const bool resting = task.status != "running" && task.status != "starting" && task.status != "stopping";
  if (resting && before != seen_.end() && !before->second.live && before->second.run == task.run) {
    now.figures = before->second.figures;
    return now;
  }
  if (environment_.workers == nullptr) return now;
  auto found = environment_.workers->statistics(task.id, task.folder);
  if (!found) return now;
  now.live = found->live;
  now.figures = std::move(*found);
  now.figures.tables.clear();
  return now;
}

Result<int64_t> MetricsCollector::look_at_task(const MonitoredTask& task, const MonitoredInstance* instance,
                                               int64_t now_us) {
  const Seen now = see(task, now_us);
  const auto at = seen_.find(task.id);
  // One that was made since the last look stood at nothing then.
  const bool made_since = host_before_us_ != 0 && task.created_us >= host_before_us_;
  const bool known = at != seen_.end() || made_since;
  Seen before{.at_us = host_before_us_, .run = 0, .live = false, .figures = {}};
  if (at != seen_.end()) before = at->second;
  seen_[task.id] = now;
  const WorkerStatistics& figures = now.figures;
  const bool same_run = before.figures.run == figures.run;
  const bool went_on = known && same_run && before.live;
  const bool came_and_went = known && !same_run && figures.run == task.run;  // since the last look
  if (!now.live && !went_on && !came_and_went) return 0;
  const WorkerStatistics since = went_on ? before.figures : WorkerStatistics{};
  const int64_t elapsed_us = known ? now_us - before.at_us : 0;
  const Owner owner{task.instance_identifier, task.id};
  const auto level = [&](std::string_view metric, auto value) {
    return add(owner, metric, static_cast<double>(value), now_us);
  };
  int64_t cpu_us = 0;
  if (elapsed_us > 0 && elapsed_us <= looks_apart_max_us) {
    cpu_us = grown(figures.cpu_us, since.cpu_us);
    const auto rate = [&](std::string_view metric, auto value, auto value_before, double unit = 1) {
      return level(metric, per_second(static_cast<double>(grown(value, value_before)) / unit, elapsed_us));
    };
    TRY(rate("FullLoadThroughputRowsTarget", figures.loaded_rows, since.loaded_rows));
    TRY(rate("FullLoadThroughputBandwidthTarget", figures.loaded_bytes, since.loaded_bytes, kilobyte));
    if (figures.follows || since.follows) {
      TRY(rate("CDCThroughputRowsSource", figures.captured_changes, since.captured_changes));
      TRY(rate("CDCThroughputRowsTarget", figures.applied_changes, since.applied_changes));
      TRY(rate("CDCThroughputBandwidthTarget", figures.applied_bytes, since.applied_bytes, kilobyte));
    }
    TRY(level("CPUUtilization", per_second(static_cast<double>(cpu_us), elapsed_us) / 1e6 * 100));
  }
  if (!now.live) return cpu_us;
  TRY(level("MemoryUsage", static_cast<double>(figures.memory_bytes) / megabyte));
  TRY(level("SwapUsage", figures.swap_bytes));
  TRY(level("CPUAllocated", instance == nullptr ? 0 : instance->processors * 100));
  TRY(level("MemoryAllocated", instance == nullptr ? 0 : instance->memory_mb));
  if (!figures.follows) return cpu_us;
  TRY(level("CDCIncomingChanges", figures.incoming_changes));
  TRY(level("CDCChangesMemorySource", figures.changes_memory_source));
  TRY(level("CDCChangesDiskSource", figures.changes_disk_source));
  TRY(level("CDCChangesMemoryTarget", figures.changes_memory_target));
  TRY(level("CDCChangesDiskTarget", figures.changes_disk_target));
  TRY(level("CDCLatencySource", static_cast<double>(figures.latency_source_ms) / 1e3));
  TRY(level("CDCLatencyTarget", static_cast<double>(figures.latency_target_ms) / 1e3));
  return cpu_us;
}

Result<void> MetricsCollector::look_at_host_rates(const Owner& owner, const HostReadings& host, int64_t now_us) {
  const int64_t elapsed_us = now_us - host_before_us_;
  if (!host_before_ || elapsed_us <= 0 || elapsed_us > looks_apart_max_us) return {};
  const auto rate = [&](std::string_view metric, uint64_t now, uint64_t before) {
    return add(owner, metric, per_second(static_cast<double>(grown(now, before)), elapsed_us), now_us);
  };
  if (host.disk && host_before_->disk) {
    const HostDisk &now = *host.disk, &before = *host_before_->disk;
    TRY(rate("ReadIOPS", now.reads, before.reads));
    TRY(rate("WriteIOPS", now.writes, before.writes));
    TRY(rate("ReadThroughput", now.read_bytes, before.read_bytes));
    TRY(rate("WriteThroughput", now.written_bytes, before.written_bytes));
    const auto latency = [&](std::string_view metric, uint64_t spent_ms, uint64_t count) {
      return add(owner, metric, count == 0 ? 0 : static_cast<double>(spent_ms) / static_cast<double>(count), now_us);
    };
    TRY(latency("ReadLatency", grown(now.read_ms, before.read_ms), grown(now.reads, before.reads)));
    TRY(latency("WriteLatency", grown(now.write_ms, before.write_ms), grown(now.writes, before.writes)));
  }
  if (host.network && host_before_->network) {
    TRY(rate("NetworkReceiveThroughput", host.network->received_bytes, host_before_->network->received_bytes));
    TRY(rate("NetworkTransmitThroughput", host.network->sent_bytes, host_before_->network->sent_bytes));
  }
  return {};
}

// Told once when it gets low, and again only after it was well again.
Result<void> MetricsCollector::look_at_storage(const MonitoredInstance& instance, uint64_t free_bytes) {
  const auto allocated_bytes = static_cast<double>(instance.allocated_storage_gb) * gigabyte;
  const auto free_share = static_cast<double>(free_bytes) / allocated_bytes;
  if (free_share >= storage_recovered_share) low_storage_.erase(instance.id);
  if (free_share >= storage_low_share || low_storage_.contains(instance.id)) return {};
  TRY(note_event(
      environment_, EventSource::replication_instance, instance.identifier,
      make_arn(environment_.names, "rep", instance.id), 7, "low storage",
      fmt::format("Replication instance is low on storage: {:.0f} MB of the {} GB allocated are free. Over "
                  "90 % are used, or its disk has no more.",
                  static_cast<double>(free_bytes) / megabyte, instance.allocated_storage_gb)));
  low_storage_.insert(instance.id);
  return {};
}

Result<void> MetricsCollector::look_at_instance(const MonitoredInstance& instance, const HostReadings& host,
                                                int64_t cpu_us, uint64_t used_bytes, int64_t now_us) {
  const Owner owner{instance.identifier, ""};
  const auto level = [&](std::string_view metric, uint64_t value) {
    return add(owner, metric, static_cast<double>(value), now_us);
  };
  if (host.memory) {
    TRY(level("AvailableMemory", host.memory->available_bytes));
    TRY(level("FreeMemory", host.memory->free_bytes));
    TRY(level("FreeableMemory", host.memory->freeable_bytes));
    TRY(level("SwapUsage", host.memory->swap_used_bytes));
  }
  if (host.disk) TRY(level("DiskQueueDepth", host.disk->in_flight));
  const uint64_t free_bytes = free_storage(instance, host, used_bytes);
  TRY(level("FreeStorageSpace", free_bytes));
  TRY(look_at_storage(instance, free_bytes));
  const int64_t elapsed_us = now_us - host_before_us_;
  if (host_before_ && elapsed_us > 0 && elapsed_us <= looks_apart_max_us)
    TRY(add(owner, "CPUUtilization",
            std::min(per_second(static_cast<double>(cpu_us), elapsed_us) / 1e4 /
                         static_cast<double>(processors_of(instance, host)),
                     100.0),
            now_us));
  return look_at_host_rates(owner, host, now_us);
}

Result<void> MetricsCollector::look() {
  const int64_t now_us = environment_.now_us();
  if (minute_ != now_us / minute_us) TRY(write());  // the minute that has ended, all in one transaction
  minute_ = now_us / minute_us;
  const auto instances = TRY(monitored_instances(environment_));
  const auto tasks = TRY(monitored_tasks(environment_));
  const bool measure = std::abs(now_us - folders_measured_us_) >= minute_us;
  if (measure) folder_bytes_.clear(), folders_measured_us_ = now_us;
  std::map<std::string, int64_t> cpu_us;
  std::map<std::string, uint64_t> used_bytes;
  std::map<std::string, Seen> still_there;
  for (const MonitoredTask& task : tasks) {
    const auto instance = std::ranges::find(instances, task.instance_identifier, &MonitoredInstance::identifier);
    cpu_us[task.instance_identifier] +=
        TRY(look_at_task(task, instance == instances.end() ? nullptr : &*instance, now_us));
    if (measure) folder_bytes_[task.id] = folder_bytes(task.folder);
    used_bytes[task.instance_identifier] += folder_bytes_[task.id];
    still_there.insert(seen_.extract(task.id));
  }
  seen_ = std::move(still_there);
  std::erase_if(low_storage_, [&](const std::string& id) {
    return std::ranges::find(instances, id, &MonitoredInstance::id) == instances.end();
  });
  HostReadings host = read_host(environment_.folder);
  for (const MonitoredInstance& instance : instances)
    TRY(look_at_instance(instance, host, cpu_us[instance.identifier], used_bytes[instance.identifier], now_us));
  host_before_ = std::move(host);
  host_before_us_ = now_us;
  std::erase_if(gathered_, [&](const auto& each) {  // of tasks that are gone or stand still
    return !each.second.changed && now_us / 1'000'000 - each.second.minute_s > coarse_s;
  });
  return {};
}

Result<void> MetricsCollector::remove_expired() {
  const int64_t now_s = environment_.now_us() / 1'000'000;
  TRY(delete_metric_points(environment_.database, minute_s, now_s - minutes_kept_s));
  TRY(delete_metric_points(environment_.database, coarse_s, now_s - coarse_kept_s));
  return expire_log_groups(environment_);
}

}  // namespace godwit
