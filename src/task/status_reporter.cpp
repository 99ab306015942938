#include "task/status_reporter.h"

#include <unistd.h>

#include <condition_variable>
#include <fstream>

#include "base/clock.h"
#include "base/log.h"
#include "task/errors.h"

namespace godwit {
namespace {

constexpr auto look_interval = std::chrono::milliseconds(200);
constexpr int64_t status_interval_ms = 10000;
constexpr int64_t performance_interval_ms = 30000;
constexpr size_t unwritten_max = 1000;

// Resident memory of this process.
uint64_t memory_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t all_pages = 0, resident_pages = 0;
  statm >> all_pages >> resident_pages;
  return resident_pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

StatusReporter::StatusReporter(const TaskContext& context, bool follows)
    : context_(context),
      follows_(follows),
      keeps_status_(context.settings.control_tables_settings.status_table_enabled),
      keeps_history_(context.settings.control_tables_settings.history_table_enabled),
      history_(context.settings.control_tables_settings.history_timeslot_minutes, now_us()),
      interrupter_(stop_.get_token()),
      thread_([this] { run(); }) {}

StatusReporter::~StatusReporter() {
  stop_.request_stop();
  thread_.join();
}

void StatusReporter::run() {
  const std::stop_token stop = stop_.get_token();
  std::mutex waiting;
  std::condition_variable_any woken;
  std::string_view told;
  int64_t told_ms = 0, performance_ms = monotonic_ms();
  while (!stop.stop_requested()) {
    const std::string_view status = task_status(context_.progress->phase(), context_.progress->paused());
    const int64_t now_ms = monotonic_ms();
    if (status != told || now_ms - told_ms >= status_interval_ms) {
      told = status;
      told_ms = now_ms;
      report(status, false);
    }
    if (follows_ && now_ms - performance_ms >= performance_interval_ms) {
      performance_ms = now_ms;
      log_latencies();
    }
    std::unique_lock lock(waiting);
    woken.wait_for(lock, stop, look_interval, [] { return false; });
  }
  report("NOT RUNNING", true);
}

void StatusReporter::report(std::string_view status, bool last) {
  if (silent_) return;
  const TaskStatistics statistics = context_.progress->copy();
  const int64_t latency_ms = latencies_of(statistics, now_us(), monotonic_ms()).target_ms;
  const std::vector<HistoryRow> ended = last ? history_.finish(statistics, latency_ms, now_us())
                                             : history_.advance(statistics, status, latency_ms, now_us());
  if (keeps_history_) unwritten_.insert(unwritten_.end(), ended.begin(), ended.end());
  while (unwritten_.size() > unwritten_max) unwritten_.pop_front();
  if (keeps_status_) {
    const StatusRow row = status_row(statistics, status, memory_bytes());
    write("awsdms_status", [&](Target& target) { return target.write_status(context_.task_id, row); });
  }
  flush_history();
}

void StatusReporter::flush_history() {
  while (!unwritten_.empty()) {
    const HistoryRow row = unwritten_.front();
    const bool written =
        write("awsdms_history", [&](Target& target) { return target.write_history(context_.task_id, row); });
    if (!written) return;
    unwritten_.pop_front();
  }
}

void StatusReporter::log_latencies() const {
  if (!task_log().wants(Component::performance, Severity::debug)) return;
  const Latencies latencies = latencies_of(context_.progress->copy(), now_us(), monotonic_ms());
  const auto seconds = [](int64_t ms) { return static_cast<double>(ms) / 1000; };
  log_debug(Component::performance,
            "Source latency {:.2f} seconds, Target latency {:.2f} seconds, Handling latency {:.2f} seconds",
            seconds(latencies.source_ms), seconds(latencies.target_ms),
            seconds(latencies.target_ms - latencies.source_ms));
}

// A session that was ended meanwhile, by a server's restart or by this task when it went on after an error, is
// replaced at once.
bool StatusReporter::write(std::string_view table, const std::function<Result<void>(Target&)>& statement) {
  for (const bool again : {true, false}) {
    const bool had_session = session_ != nullptr;
    if (!session_) {
      auto opened = context_.open_target("status");
      if (!opened) {
        note_failure(table, opened.error());
        return false;
      }
      session_ = std::move(*opened);
    }
    Result<void> done;
    {
      const Interrupter::Busy busy(&interrupter_, nullptr, session_.get());
      done = statement(*session_);
    }
    if (done) {
      if (failing_) log_info(Component::task_manager, "The status and history tables are written again");
      failing_ = false;
      return true;
    }
    session_.reset();
    if (done.error().kind == ErrorKind::connection && had_session && again) continue;
    note_failure(table, done.error());
    return false;
  }
  return false;
}

void StatusReporter::note_failure(std::string_view table, const Error& error) {
  if (std::exchange(failing_, true)) return;
  log_error(Component::task_manager, "{}", errors::control_table_unwritten(table, error).message);
}

}  // namespace godwit
