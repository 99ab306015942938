// What the supervisor sees by itself: words of workers, their ends, and time.

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.h"
#include "base/server_log.h"
#include "control/supervisor.h"
#include "control/worker_errors.h"
#include "control/worker_folder.h"

namespace godwit {
namespace {

constexpr int64_t look_ms = 500;                // at the latest
constexpr int64_t introduction_ms = 5000;       // a connection says whose it is within
constexpr int64_t shown_running_min_ms = 1000;  // so that whoever waits for `running` sees it (spec/api.md §5.4)
constexpr int64_t tell_interval_ms = 5000;      // of reports in which only heartbeat and checkpoint are new
constexpr int64_t end_start_max_ms = 30000;     // one that is to stop is past its start within
constexpr int64_t pause_ms = 5000;              // this thread itself stood still for so long
constexpr int low_memory_status = 75;           // app/run.cpp

}  // namespace

void Supervisor::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    int64_t timeout_ms = look_ms;
    {
      const std::lock_guard lock(mutex_);
      timeout_ms = next_look_ms(monotonic_ms());
    }
    look_at_all(timeout_ms);
    restart_due();
  }
}

int64_t Supervisor::next_look_ms(int64_t now_ms) const {
  int64_t out = look_ms;
  for (const auto& [task_id, worker] : workers_)
    for (const int64_t at : {worker.restart_at_ms, worker.end ? worker.end_at_ms : 0})
      if (at != 0) out = std::clamp<int64_t>(at - now_ms, 0, out);
  return out;
}

// Waits for whatever comes first, then looks at everybody: they are some hundreds at most.
void Supervisor::look_at_all(int64_t timeout_ms) {
  std::vector<pollfd> watched = {{wake_.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}};
  {
    const std::lock_guard lock(mutex_);
    const auto watch = [&](const Channel* channel) {
      if (channel != nullptr)
        watched.push_back({channel->fd(), static_cast<short>(POLLIN | (channel->has_unsent() ? POLLOUT : 0)), 0});
    };
    for (const auto& [task_id, worker] : workers_) {
      watch(worker.channel.get());
      if (worker.process.lives()) watched.push_back({worker.process.fd(), POLLIN, 0});
    }
    for (const Stranger& stranger : strangers_)
      if (!stranger.hello) watch(stranger.channel.get());
    for (const CleanUp& clean_up : clean_ups_)
      if (clean_up.process.lives()) watched.push_back({clean_up.process.fd(), POLLIN, 0});
  }
  ::poll(watched.data(), watched.size(), static_cast<int>(timeout_ms));
  std::array<char, 8> count;
  [[maybe_unused]] const ssize_t woken = ::read(wake_.get(), count.data(), count.size());
  const std::lock_guard lock(mutex_);
  const int64_t now_ms = monotonic_ms();
  if (now_ms - looked_ms_ > pause_ms)  // it is not the workers who were silent
    for (auto& [task_id, worker] : workers_) worker.heard_ms = now_ms;
  looked_ms_ = now_ms;
  take_connections();
  for (Stranger& stranger : strangers_) {
    bool gone = false;
    listen_to(stranger, gone);
    if (gone || introduce(stranger)) stranger.channel.reset();
  }
  dismiss_strangers(now_ms);
  for (auto& [task_id, worker] : workers_) {
    if (worker.channel) listen_to(worker);
    check_times(worker, now_ms);
  }
  for (CleanUp& clean_up : clean_ups_) watch_clean_up(clean_up, now_ms);
  std::erase_if(clean_ups_, [](const CleanUp& clean_up) { return !clean_up.done; });
  if (std::ranges::none_of(workers_, [](const auto& entry) { return entry.second.process.lives(); }))
    emptied_.notify_all();
}

void Supervisor::take_connections() {
  for (;;) {
    Descriptor connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!connection) return;
    if (!trusted_peer(connection.get())) continue;
    Stranger stranger;
    stranger.channel = std::make_unique<Channel>(std::move(connection));
    stranger.since_ms = monotonic_ms();
    strangers_.push_back(std::move(stranger));
  }
}

void Supervisor::listen_to(Stranger& stranger, bool& gone) {
  if (!stranger.channel || stranger.hello) return;
  gone = !stranger.channel->receive();
  const std::optional<std::string> line = gone ? std::nullopt : stranger.channel->next();
  if (!line) return;
  auto message = parse_worker_message(*line);
  const WorkerHello* hello = message ? std::get_if<WorkerHello>(&*message) : nullptr;
  gone = hello == nullptr || trusted_peer(stranger.channel->fd()) != hello->pid;
  if (!gone) stranger.hello = *hello;
}

// True: the connection is its worker's, or is not wanted.
bool Supervisor::introduce(Stranger& stranger) {
  if (!stranger.channel || !stranger.hello) return false;
  const auto at = workers_.find(stranger.hello->task_id);
  if (at == workers_.end() && !taken_up_) return false;
  const bool is_its = at != workers_.end() && at->second.report.run == stranger.hello->run &&
                      at->second.process.lives() && at->second.process.pid() == stranger.hello->pid;
  if (!is_its) {
    // Of a task that nobody has any more, or of a run that is over.
    stranger.channel->send(to_line(WorkerCommand(StopCommand{.recycle = true})));
    return true;
  }
  Worker& worker = at->second;
  worker.channel = std::move(stranger.channel);
  worker.heard_ms = monotonic_ms();
  if (!worker.severities.empty()) send(worker, SeverityCommand{worker.severities});
  for (const auto& [order, tables] : worker.orders) send(worker, ReloadCommand{order, tables});
  if (worker.history.stop_asked) send_stop(worker);
  return true;
}

// One that goes on with a run comes past its start first: before that it cannot end cleanly.
void Supervisor::send_stop(Worker& worker) {
  if (!worker.channel || (worker.history.has_run && worker.running_since_ms == 0 && !worker.stop_sent)) return;
  worker.stop_sent = true;
  send(worker, StopCommand{});
}

void Supervisor::dismiss_strangers(int64_t now_ms) {
  std::erase_if(strangers_, [&](const Stranger& stranger) {
    return !stranger.channel || (!stranger.hello && now_ms - stranger.since_ms > introduction_ms);
  });
}

void Supervisor::listen_to(Worker& worker) {
  bool open = worker.channel->flush() && worker.channel->receive();
  while (worker.channel) {
    const std::optional<std::string> line = worker.channel->next();
    if (!line) break;
    auto message = parse_worker_message(*line);
    open = open && message.has_value();
    if (message) take_message(worker, std::move(*message));
  }
  if (!open) worker.channel.reset();  // it connects again, or has ended
}

void Supervisor::take_message(Worker& worker, WorkerMessage message) {
  worker.heard_ms = monotonic_ms();
  worker.report.heartbeat_us = now_us();
  if (auto* figures = std::get_if<WorkerFigures>(&message)) take_figures(worker, std::move(*figures));
  if (auto* tables = std::get_if<WorkerTables>(&message)) take_tables(worker, std::move(*tables));
  if (const auto* taken = std::get_if<ReloadTaken>(&message))
    if (worker.orders.erase(taken->order) != 0) keep_orders(worker);
}

void Supervisor::take_figures(Worker& worker, WorkerFigures figures) {
  std::vector<WorkerTable> tables = std::move(worker.statistics.tables);
  worker.statistics = std::move(figures.statistics);
  worker.statistics.tables = std::move(tables);
  worker.statistics.run = worker.report.run;
  worker.statistics.live = true;
  const bool paused = std::exchange(worker.report.reading_paused, figures.reading_paused) != figures.reading_paused;
  worker.report.disk_full = figures.disk_full;
  worker.ends = figures.ending;
  if (!figures.checkpoint.empty()) worker.report.checkpoint = figures.checkpoint;
  bool anew = paused;
  if (figures.running) {
    const std::string told =
        figures.setback.empty() ? figures.restarted : errors::task_set_back(figures.setback, figures.attempt);
    anew |= std::exchange(worker.report.last_failure, told) != told;
    worker.restarted = std::move(figures.restarted);
    worker.setback = std::move(figures.setback);
    if (worker.running_since_ms == 0) worker.running_since_ms = monotonic_ms();
    worker.history.has_run = true;
    if (worker.history.stop_asked && !worker.stop_sent) send_stop(worker);
    if (worker.report.state == WorkerState::starting) {
      worker.report.state = WorkerState::running;
      anew = true;
      worker.shown_running_ms = monotonic_ms();
    }
  }
  if (anew || monotonic_ms() - worker.told_ms >= tell_interval_ms) tell(worker);
}

void Supervisor::take_tables(Worker& worker, WorkerTables tables) {
  std::vector<WorkerTable>& known = worker.statistics.tables;
  if (tables.all) {
    known.clear();
    worker.rows.clear();
  }
  for (WorkerTable& table : tables.tables) {
    const auto [at, fresh] = worker.rows.emplace(table.figures.table, known.size());
    if (fresh)
      known.push_back(std::move(table));
    else
      known[at->second] = std::move(table);
  }
  show_orders(worker);
}

// Reads what the process left, and what the supervisor itself did to it.
WorkerEnd Supervisor::how_it_ended(Worker& worker, WorkerReport& report, std::string& how) {
  int status = -1;
  const int64_t pid = worker.process.pid();
  how = worker.process.reap(status);
  if (!worker.killed_why.empty()) how = std::exchange(worker.killed_why, {});
  const std::optional<WorkerOutcome> outcome = read_outcome(worker.state_dir);
  if (outcome && outcome->run == report.run && (pid == 0 || outcome->pid == pid)) {
    report.stop_reason = "Stop Reason " + outcome->stop_reason;
    if (!outcome->checkpoint.empty()) report.checkpoint = outcome->checkpoint;
    report.has_findings = outcome->has_findings;
    report.remarks = outcome->remarks;
    if (outcome->failed) report.last_failure = outcome->failure;
    how = "ended: " + outcome->failure;
    if (worker.history.stop_asked && worker.history.has_run && !outcome->failed && !outcome->was_running &&
        outcome->stop_reason == "NORMAL") {
      how = "did not get past its start in time";
      return WorkerEnd::unreachable;
    }
    if (outcome->failed)
      return outcome->recoverable && !outcome->was_running ? WorkerEnd::unreachable : WorkerEnd::failed;
    return outcome->stop_reason == "RECYCLE_TASK" ? WorkerEnd::recycled : WorkerEnd::done;
  }
  if (status == low_memory_status) {
    report.stop_reason = "Stop Reason STOPPED_DUE_TO_LOW_MEMORY";
    report.last_failure = "The task's worker process met the memory limit of its replication instance's class.";
    return WorkerEnd::failed;
  }
  return WorkerEnd::died;
}

void Supervisor::worker_ended(Worker& worker) {
  const int64_t now_ms = monotonic_ms();
  WorkerReport report = worker.report;
  report.last_failure.clear();
  std::string how;
  WorkerEnd end = how_it_ended(worker, report, how);
  // Gone while no server was there, as after a restart of the machine: nothing speaks against the task.
  if (std::exchange(worker.found_dead, false) && end == WorkerEnd::died) end = WorkerEnd::recycled;
  worker.channel.reset();
  worker.statistics.live = false;
  report.pid = 0;
  report.reading_paused = report.disk_full = false;
  if (recycling_ || worker.is_removed) {
    worker.report.pid = 0;
    return;
  }
  if (worker.running_since_ms != 0 && ran_well(now_ms - worker.running_since_ms, worker.waited_ms))
    worker.history.attempts = 0;
  after_end(worker, std::move(report), end, how);
}

// Starts it again after a wait, or ends the run.
void Supervisor::after_end(Worker& worker, WorkerReport report, WorkerEnd end, const std::string& how) {
  const RestartDecision decision = after_worker_end(worker.behavior, end, worker.history);
  if (decision.kind == RestartDecision::Kind::again) {
    const std::string told = std::exchange(worker.report, std::move(report)).last_failure;
    worker.report.state = worker.history.stop_asked ? WorkerState::stopping : WorkerState::starting;
    worker.report.stop_reason.clear();
    worker.history.end_tried = worker.history.stop_asked;
    worker.waited_ms = decision.wait_ms;
    worker.restart_at_ms = monotonic_ms() + std::max<int64_t>(1, decision.wait_ms);
    worker.report.last_failure = told;
    worker.setback.clear();
    if (end != WorkerEnd::recycled) {
      ++worker.history.attempts;
      ++worker.report.restarts;
      worker.restarted = errors::worker_was_restarted(how, now_us(), worker.history.attempts);
      worker.report.last_failure = errors::worker_died(how, decision.wait_ms / 1000, worker.history.attempts);
    }
    tell(worker);
    return;
  }
  report.state = decision.kind == RestartDecision::Kind::failed ? WorkerState::failed : WorkerState::stopped;
  if (end == WorkerEnd::died && report.state == WorkerState::failed) {
    report.stop_reason = "Stop Reason RECOVERABLE_ERROR";
    report.last_failure = errors::worker_gave_up(report.task_id, how, worker.history.attempts);
  }
  if (end == WorkerEnd::unreachable && report.state == WorkerState::failed && worker.history.attempts > 0)
    report.stop_reason = "Stop Reason RECOVERABLE_ERROR";
  if (worker.history.stop_asked && report.state == WorkerState::stopped &&
      (end == WorkerEnd::died || end == WorkerEnd::recycled || end == WorkerEnd::unreachable)) {
    report.stop_reason = "Stop Reason NORMAL";
    if (end != WorkerEnd::unreachable || worker.history.has_run)
      report.last_failure = errors::worker_stopped_midway(how);
  }
  if (worker.history.stop_asked && end == WorkerEnd::done && !worker.setback.empty())
    report.last_failure = errors::worker_stopped_midway("could not go on: " + worker.setback);
  end_run(worker, std::move(report));
}

// What keeps a job from being made, or a process from being started, may pass like a worker's death.
void Supervisor::not_started(Worker& worker, const Error& why) {
  WorkerReport report = worker.report;
  report.last_failure.clear();
  after_end(worker, std::move(report), WorkerEnd::died, "could not be started: " + why.message);
}

// Told once it has been seen running for a moment, if it ran at all and came to its end by itself.
void Supervisor::end_run(Worker& worker, WorkerReport report) {
  const int64_t now_ms = monotonic_ms();
  worker.end_at_ms = now_ms;
  const bool by_itself = report.state == WorkerState::stopped && !worker.history.stop_asked;
  if (by_itself && worker.report.state == WorkerState::starting) {
    worker.report.state = WorkerState::running;
    worker.shown_running_ms = now_ms;
    tell(worker);
  }
  if (by_itself) worker.end_at_ms = std::max(now_ms, worker.shown_running_ms + shown_running_min_ms);
  worker.end = std::move(report);
  if (auto left = read_statistics(worker.state_dir); left && left->run == worker.report.run)
    show_statistics(worker, std::move(*left));
  wake();
}

void Supervisor::check_times(Worker& worker, int64_t now_ms) {
  if (worker.end && now_ms >= worker.end_at_ms) {
    worker.report = *std::exchange(worker.end, std::nullopt);
    tell(worker);
    return;
  }
  if (!worker.process.lives()) return;
  pollfd process = {worker.process.fd(), POLLIN, 0};
  if (::poll(&process, 1, 0) == 1) {
    worker_ended(worker);
    return;
  }
  if (!worker.killed_why.empty()) return;
  if (now_ms - worker.heard_ms > environment_.hung_after_ms)
    worker.killed_why = fmt::format("said nothing for {} s and was killed", environment_.hung_after_ms / 1000);
  else if (worker.stop_asked_ms != 0 && !worker.ends && now_ms - worker.stop_asked_ms > environment_.stop_max_ms)
    worker.killed_why = "did not come to its stop and was killed";
  else if (worker.history.stop_asked && worker.history.has_run && !worker.stop_sent &&
           now_ms - worker.stop_asked_ms > end_start_max_ms) {
    worker.stop_sent = true;
    send(worker, StopCommand{});
  }
  if (!worker.killed_why.empty()) worker.process.signal(SIGKILL);
}

// The job is asked for anew: endpoints may have been changed, and secrets are kept nowhere else.
void Supervisor::restart_due() {
  std::vector<std::pair<std::string, int64_t>> due;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [task_id, worker] : workers_)
      if (worker.restart_at_ms != 0 && monotonic_ms() >= worker.restart_at_ms)
        due.emplace_back(task_id, worker.report.run);
  }
  for (const auto& [task_id, run] : due) {
    auto job = environment_.job_of(task_id);
    const std::lock_guard lock(mutex_);
    const auto at = workers_.find(task_id);
    if (at == workers_.end() || at->second.restart_at_ms == 0 || at->second.report.run != run) continue;
    Worker& worker = at->second;
    worker.restart_at_ms = 0;
    Result<void> launched;
    if (job) {
      job->run = run;
      job->restarted = worker.restarted;
      if (const auto settings = parse_settings(job->settings)) worker.behavior = settings->error_behavior;
      launched = launch(worker, *job);
    } else {
      launched = Failure(job.error());
    }
    if (launched) {
      tell(worker);
      continue;
    }
    not_started(worker, launched.error());
  }
}

// True: the worker is there still, or the clean-up cannot begin.
bool Supervisor::wait_for_worker(CleanUp& clean_up, int64_t now_ms) {
  if (clean_up.process.lives()) return false;
  if (is_there(clean_up.task_id)) {
    if (now_ms > clean_up.until_ms) workers_[clean_up.task_id].process.signal(SIGKILL);
    return true;
  }
  workers_.erase(clean_up.task_id);
  const auto begun = begin_clean_up(clean_up);
  if (!begun)
    answer(clean_up,
           Failure(errors::clean_up_died(clean_up.task_id, "was not begun: " + begun.error().message, true)));
  return !begun;
}

void Supervisor::hear_clean_up(CleanUp& clean_up, int64_t now_ms) {
  std::array<char, 4096> piece;
  for (ssize_t got = 0; (got = ::read(clean_up.process.output(), piece.data(), piece.size())) > 0;) {
    clean_up.until_ms = now_ms + clean_up_silence_ms;
    clean_up.lines.add({piece.data(), static_cast<size_t>(got)});
  }
  while (const auto text = clean_up.lines.next()) {
    auto line = parse_clean_up_line(*text);
    if (!line) continue;
    clean_up.restored = clean_up.restored || line->restored;
    if (line->ends) clean_up.answer = std::move(*line);
  }
}

void Supervisor::watch_clean_up(CleanUp& clean_up, int64_t now_ms) {
  if (wait_for_worker(clean_up, now_ms)) return;
  pollfd process = {clean_up.process.fd(), POLLIN, 0};
  const bool has_ended = ::poll(&process, 1, 0) == 1;
  hear_clean_up(clean_up, now_ms);
  if (!has_ended) {
    if (now_ms > clean_up.until_ms && !std::exchange(clean_up.late, true)) clean_up.process.signal(SIGKILL);
    return;
  }
  int status = -1;
  const std::string how = clean_up.process.reap(status);
  for (const std::string& remark : clean_up.answer ? clean_up.answer->remarks : std::vector<std::string>())
    server_log_of(Severity::warning, "workers", "task={} {}", clean_up.task_id, remark);
  Result<void> done;
  if (clean_up.answer && !clean_up.answer->error.empty())
    done = Failure(errors::clean_up_failed(clean_up.answer->error, clean_up.answer->holds_definitions));
  else if (clean_up.late)
    done = Failure(errors::clean_up_late(clean_up.task_id, !clean_up.restored));
  else if (!clean_up.answer)
    done = Failure(errors::clean_up_died(clean_up.task_id, how, !clean_up.restored));
  answer(clean_up, std::move(done));
}

}  // namespace godwit
