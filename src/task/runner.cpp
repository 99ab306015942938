#include "task/runner.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/sentences.h"
#include "task/error_policy.h"
#include "task/errors.h"
#include "task/replay.h"

namespace godwit {

std::string_view to_string(TaskType type) {
  switch (type) {
    case TaskType::full_load:
      return "full-load";
    case TaskType::full_load_and_cdc:
      return "full-load-and-cdc";
    case TaskType::cdc:
      return "cdc";
  }
  return "";
}

TaskRunner::TaskRunner(TaskOptions options) : options_(std::move(options)) {
  context_.source_engine = options_.source_engine;
  context_.target_engine = options_.target_engine;
  context_.source = options_.source;
  context_.target = options_.target;
  context_.task_id = options_.task_id;
  context_.server_name = options_.server_name;
  context_.settings = options_.settings;
  context_.progress = &progress_;
  context_.tally = &tally_;
  context_.findings = &findings_;
}

TaskRunner::~TaskRunner() = default;

void TaskRunner::remark(std::string text) {
  if (std::ranges::find(summary_.remarks, text) == summary_.remarks.end())
    summary_.remarks.push_back(std::move(text));
}

TaskSummary TaskRunner::run(const std::stop_token& stop) {
  started_ms_ = monotonic_ms();
  progress_.set_phase("starting");
  Interrupter interrupter(stop);
  context_.interrupter = &interrupter;
  auto done = run_phases(stop);
  const bool asked = stop.stop_requested();
  if (asked) cancel_loads();
  if (!done && asked && (done.error().kind == ErrorKind::stopped || is_recoverable(done.error()))) {
    summary_.stop_reason = "NORMAL";
    remark("The task was stopped before it was done. Run the same command again to go on.");
    done = {};
  }
  if (!done) {
    summary_.error = done.error();
    summary_.exit = done.error().kind == ErrorKind::usage ? 2 : 1;
    summary_.stopped_midway = done.error().code == errors::stopped_midway_code;
    if (summary_.stopped_midway) summary_.stop_reason = "NORMAL";
    if (summary_.stop_reason.empty()) summary_.stop_reason = "FATAL_ERROR";
    log_error(Component::task_manager, "{}", done.error().message);
  }
  if (summary_.stop_reason == "NORMAL" && recycles_) summary_.stop_reason = "RECYCLE_TASK";
  summarize();
  capture_.reset();
  spool_.reset();
  keeper_.reset();
  if (reporter_ && summary_.error && summary_.error->code == "task.taken_over") reporter_->fall_silent();
  reporter_.reset();
  log_info(Component::task_manager, "Task is stopped. Stop reason {}", summary_.stop_reason);
  task_log().flush();
  return summary_;
}

// Tables whose load a stop cut short; the next run takes them up.
void TaskRunner::cancel_loads() {
  progress_.change([](TaskStatistics& statistics) {
    for (TableStatistics& table : statistics.tables)
      if (const auto state = next(table.state, TableEvent::load_stops)) table.state = *state;
  });
}

Result<void> TaskRunner::run_phases(const std::stop_token& stop) {
  TRY(start());
  if (finished_before_) return {};
  for (;;) {
    // An end that a stop asked for has nothing to apply any more: it is begun again by itself.
    auto done = ending_ && stop.stop_requested() ? end_cleanly() : work(stop);
    if (done) return {};
    capture_.reset();
    spool_.reset();
    if (!is_recoverable(done.error())) return done;
    for (;;) {
      auto recovered = recover(done.error(), stop);
      if (recovered) break;
      if (!is_recoverable(recovered.error())) return recovered;
      done = recovered;
    }
  }
}

// Waits as the settings say, then opens the main sessions again and reads what is stored.
Result<void> TaskRunner::recover(const Error& error, const std::stop_token& stop) {
  // A superseded window is this task's own earlier transaction that committed late: nothing to wait for, the first
  // times.
  constexpr int immediate_retries = 3;
  if (stop.stop_requested()) return ending_ ? recover_end(error) : Failure(errors::stopped());
  uint64_t marks = 0;
  const TaskStatistics statistics = progress_.copy();
  for (const TableStatistics& table : statistics.tables) marks += table.slices_done;
  marks += statistics.transactions;
  if (marks != marks_at_retry_) retries_.attempts = 0;
  marks_at_retry_ = marks;
  const bool at_once =
      error.kind == ErrorKind::superseded || error.kind == ErrorKind::snapshot_lost || is_outcome_unknown(error);
  const bool immediate = at_once && retries_.attempts < immediate_retries;
  const std::optional<int64_t> wait_ms = next_retry_ms(options_.settings.error_behavior, retries_);
  if (!wait_ms) {
    summary_.stop_reason = "RECOVERABLE_ERROR";
    return Failure(errors::retries_exhausted(retries_.attempts, error));
  }
  ++retries_.attempts;
  log_warning(Component::task_manager, "{} The task goes on from its stored position in {} s (attempt {}).",
              as_sentence(error.message), immediate ? 0 : *wait_ms / 1000, retries_.attempts);
  if (!immediate) {
    progress_.change([&](TaskStatistics& statistics) { statistics.setback = {error.message, retries_.attempts, 0}; });
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop, std::chrono::milliseconds(*wait_ms), [] { return false; });
  }
  if (stop.stop_requested()) return ending_ ? recover_end(error) : Failure(errors::stopped());
  TRY(reopen());
  progress_.change([](TaskStatistics& statistics) { statistics.setback.over_ms = monotonic_ms(); });
  return {};
}

// A stop was asked for and what a clean one leaves behind failed: only this can do it before the target is used. A
// dropped connection or a server that starts again is got over; whoever stops waits for no more.
Result<void> TaskRunner::recover_end(const Error& error) {
  constexpr int64_t give_up_ms = 10000;
  constexpr int wait_s = 1;
  if (end_failed_ms_ == 0) end_failed_ms_ = monotonic_ms();
  ++end_attempts_;
  progress_.change([&](TaskStatistics& statistics) { statistics.setback = {error.message, end_attempts_, 0}; });
  if (monotonic_ms() - end_failed_ms_ >= give_up_ms) return Failure(errors::stopped_midway(error));
  log_warning(Component::task_manager, "{} What a clean stop leaves behind is begun again in {} s (attempt {}).",
              as_sentence(error.message), wait_s, end_attempts_);
  std::this_thread::sleep_for(std::chrono::seconds(wait_s));  // the stop has come: nothing is left that could wake it
  TRY(reopen());
  progress_.change([](TaskStatistics& statistics) { statistics.setback.over_ms = monotonic_ms(); });
  return {};
}

Result<void> TaskRunner::remember_capture() const {
  if (!follows() || !options_.remember_capture) return {};
  const ServerIdentity source = TRY(source_->identity());
  const CaptureIdentity own = source_->capture_identity(context_.task_id, context_.target_system);
  return options_.remember_capture(
      {source.system + "/" + source.database, context_.target_system, own.name, own.users, own.kept});
}

Result<void> TaskRunner::work(const std::stop_token& stop) {
  ending_ = false;
  TRY(remember_capture());
  if (record_->phase() == "preparing") TRY(prepare_target());
  if (record_->phase() == "loading") TRY(load(stop));
  if (!follows()) {
    {
      const Interrupter::Busy busy(context_.interrupter, nullptr, target_.get());
      TRY(build_foreign_keys());
    }
    summary_.stop_reason = "FULL_LOAD_ONLY_FINISHED";
    return end_cleanly();
  }
  const auto& full_load = options_.settings.full_load_settings;
  if (full_load.stop_task_cached_changes_not_applied && record_->document().owes_stop) {
    summary_.stop_reason = "STOPPED_AFTER_FULL_LOAD";
    return end_cleanly();
  }
  ApplyEnd end = TRY(follow(stop));
  while (end == ApplyEnd::structure || end == ApplyEnd::reload) {
    if (end == ApplyEnd::reload) TRY(take_up_reloads());
    if (record_->phase() != "loading") {
      end = TRY(follow(stop));
      continue;
    }
    if (options_.stop_position.starts_with("commit_time:") || options_.stop_position.starts_with("position:"))
      remark("Tables were loaded again on the way, as they are now: they hold rows that committed later than " +
             options_.stop_position + ". What follows is consistent again once the task has caught up.");
    TRY(load(stop));
    end = TRY(follow(stop));
  }
  switch (end) {
    case ApplyEnd::asked:
      summary_.stop_reason = "NORMAL";
      break;
    case ApplyEnd::caught_up:
      summary_.stop_reason =
          options_.stop_position == "caught-up" ? "STOPPED_AT_CAUGHT_UP" : "STOPPED_AFTER_CACHED_EVENTS";
      break;
    case ApplyEnd::position:
      summary_.stop_reason = "STOPPED_AT_POSITION";
      break;
    case ApplyEnd::commit_time:
      summary_.stop_reason = "STOPPED_AT_COMMIT_TIME";
      break;
    case ApplyEnd::structure:
    case ApplyEnd::reload:
      break;
    case ApplyEnd::server_time:
      summary_.stop_reason = "STOPPED_AT_SERVER_TIME";
      break;
  }
  return end_cleanly();
}

}  // namespace godwit
