// What the control plane asks of the supervisor; what it sees by itself is in supervisor_watch.cpp.

#include "control/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "base/server_log.h"
#include "control/worker_errors.h"
#include "control/worker_folder.h"

namespace godwit {
namespace {

constexpr int64_t put_down_ms = 20000;

}  // namespace

std::string_view to_string(WorkerState state) {
  switch (state) {
    case WorkerState::starting:
      return "starting";
    case WorkerState::running:
      return "running";
    case WorkerState::stopping:
      return "stopping";
    case WorkerState::stopped:
      return "stopped";
    case WorkerState::failed:
      return "failed";
  }
  return "";
}

Result<std::unique_ptr<TaskWorkers>> open_task_workers(WorkerEnvironment environment) {
  return Supervisor::open(std::move(environment));
}

Supervisor::Supervisor(WorkerEnvironment environment)
    : environment_(std::move(environment)), socket_path_(environment_.data_dir + "/workers.sock") {}

Result<std::unique_ptr<Supervisor>> Supervisor::open(WorkerEnvironment environment) {
  std::unique_ptr<Supervisor> out(new Supervisor(std::move(environment)));
  out->wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!out->wake_) return Failure(errors::worker_not_started(errno));
  out->socket_ = TRY(listen_for_workers(out->socket_path_));
  out->looked_ms_ = monotonic_ms();
  out->teller_ = std::jthread([supervisor = out.get()](const std::stop_token& stop) { supervisor->deliver(stop); });
  out->thread_ = std::jthread([supervisor = out.get()](const std::stop_token& stop) { supervisor->run(stop); });
  return out;
}

Supervisor::~Supervisor() {
  thread_.request_stop();
  wake();
  if (thread_.joinable()) thread_.join();
  teller_.request_stop();
  if (teller_.joinable()) teller_.join();
}

void Supervisor::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote = ::write(wake_.get(), &one, sizeof one);
}

// The report as it is now goes to the listener, in the place of one that it has not heard yet and that says the same
// but for figures: while the store stands still there are no more of them than tasks and states.
void Supervisor::tell(Worker& worker) {
  worker.told_ms = monotonic_ms();
  const auto last = std::find_if(outbox_.rbegin(), outbox_.rend(), [&](const Notice& notice) {
    return notice.report && notice.report->task_id == worker.report.task_id;
  });
  if (last != outbox_.rend() && last->report->run == worker.report.run && last->report->state == worker.report.state)
    last->report = worker.report;
  else
    outbox_.push_back({worker.report, nullptr});
  posted_.notify_all();
  wake();
}

void Supervisor::answer(CleanUp& clean_up, Result<void> how) {
  outbox_.push_back(
      {std::nullopt, [done = std::exchange(clean_up.done, nullptr), how = std::move(how)] { done(how); }});
  posted_.notify_all();
}

// What is there when the end comes is still told.
void Supervisor::deliver(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (posted_.wait(lock, stop, [this] { return !outbox_.empty(); })) {
    const Notice next = std::move(outbox_.front());
    outbox_.pop_front();
    lock.unlock();
    if (next.report)
      environment_.listener(*next.report);
    else
      next.answer();
    lock.lock();
  }
}

Result<void> Supervisor::launch(Worker& worker, const WorkerJob& job) {
  WorkerCommandLine line;
  line.program = environment_.program;
  line.order = to_json(WorkerOrder{job, false});
  line.socket_path = socket_path_;
  line.error_file = job.state_dir + "/worker.err";
  TRY(make_state_folder(job.state_dir));
  forget_outcome(job.state_dir);
  worker.process = TRY(WorkerProcess::start(line));
  worker.report.pid = worker.process.pid();
  worker.killed_why.clear();
  worker.running_since_ms = 0;
  worker.heard_ms = monotonic_ms();
  worker.stop_sent = worker.ends = false;
  if (worker.history.stop_asked) worker.stop_asked_ms = monotonic_ms();
  wake();
  return {};
}

namespace {

// Settings that a worker could not read either: it says so.
ErrorBehavior behavior_of(const WorkerJob& job) {
  const auto settings = parse_settings(job.settings);
  return settings ? settings->error_behavior : ErrorBehavior{};
}

}  // namespace

Result<void> Supervisor::start(const WorkerJob& job) {
  const std::lock_guard lock(mutex_);
  const auto known = workers_.find(job.task_id);
  if (known != workers_.end() && !known->second.is_over()) return Failure(errors::worker_there_already(job.task_id));
  Worker worker;
  worker.report.task_id = job.task_id;
  worker.report.run = job.run;
  worker.state_dir = job.state_dir;
  worker.behavior = behavior_of(job);
  worker.loads = job.type != "cdc";
  worker.history.has_run = job.goes_on;
  TRY(make_state_folder(job.state_dir));
  // A start that loads every table does what was ordered before; one that loads none cannot.
  if (job.start != StartKind::resume || !worker.loads)
    TRY(write_orders(job.state_dir, {}));
  else
    load_orders(worker);
  auto launched = launch(worker, job);
  if (!launched && !job.goes_on) return launched;
  Worker& placed = workers_[job.task_id] = std::move(worker);
  if (launched)
    tell(placed);
  else
    not_started(placed, launched.error());
  return {};
}

// Finds a worker that an earlier server started.
bool Supervisor::adopt(Worker& worker, int64_t pid) {
  auto found = WorkerProcess::find(pid);
  if (!found) return false;
  worker.process = std::move(*found);
  worker.report.pid = pid;
  worker.heard_ms = monotonic_ms();
  return true;
}

// Orders that cannot be read are lost, and the log says so. Until a worker tells of its tables, those that the last
// one left are shown, and what is ordered.
void Supervisor::load_orders(Worker& worker) {
  if (auto left = read_statistics(worker.state_dir); left && left->run == worker.report.run)
    show_statistics(worker, std::move(*left));
  auto orders = read_orders(worker.state_dir);
  if (!orders) {
    server_log_of(Severity::warning, "workers", "task={} the reloads that were asked for are forgotten: {}",
                  worker.report.task_id, orders.error().message);
    return;
  }
  worker.orders = std::move(*orders);
  if (!worker.orders.empty()) last_order_ = std::max(last_order_, worker.orders.rbegin()->first);
  show_orders(worker);
}

void Supervisor::show_statistics(Worker& worker, WorkerStatistics statistics) {
  worker.statistics = std::move(statistics);
  worker.statistics.live = false;
  worker.rows.clear();
  for (size_t t = 0; t < worker.statistics.tables.size(); ++t)
    worker.rows[worker.statistics.tables[t].figures.table] = t;
}

// A table that is to be loaded again is not "completed", whatever its worker knows by now.
void Supervisor::show_orders(Worker& worker) {
  for (const auto& [order, tables] : worker.orders)
    for (const TableRef& table : tables)
      if (const auto row = worker.rows.find(table); row != worker.rows.end()) {
        TableStatistics& figures = worker.statistics.tables[row->second].figures;
        figures.state = TableState::reloading;
        figures.reloaded = true;
      }
}

void Supervisor::keep_orders(const Worker& worker) {
  if (const auto kept = write_orders(worker.state_dir, worker.orders); !kept)
    server_log_of(Severity::warning, "workers", "task={} a reload that is done may be done again: {}",
                  worker.report.task_id, kept.error().message);
}

// A job that cannot be made is no fault of a worker that lives; one that does not is told of it when it is started.
void Supervisor::take_up_one(const std::string& task_id, int64_t run, const Result<WorkerJob>& job) {
  Worker worker;
  worker.report.task_id = task_id;
  worker.report.run = run;
  worker.state_dir = environment_.state_dir_of(task_id);
  if (job) worker.behavior = behavior_of(*job);
  if (job) worker.loads = job->type != "cdc";
  worker.history.has_run = true;  // the server before told that it was under way
  load_orders(worker);
  Worker& placed = workers_[task_id] = std::move(worker);
  const std::optional<int64_t> pid = WorkerLock::holder(placed.state_dir);
  if (pid && adopt(placed, *pid)) return;
  placed.found_dead = true;
  placed.report.state = WorkerState::running;  // as the server before told
  placed.shown_running_ms = 1;
  worker_ended(placed);
}

void Supervisor::take_up(const std::vector<std::pair<std::string, int64_t>>& task_runs) {
  for (const auto& [task_id, run] : task_runs) {
    const auto job = environment_.job_of(task_id);
    const std::lock_guard lock(mutex_);
    const auto known = workers_.find(task_id);
    const bool is_known = known != workers_.end() && (!known->second.is_over() || known->second.report.run == run);
    if (!is_known) take_up_one(task_id, run, job);
  }
  const std::lock_guard lock(mutex_);
  taken_up_ = true;
  wake();
}

void Supervisor::send(Worker& worker, const WorkerCommand& command) {
  if (worker.channel && !worker.channel->send(to_line(command))) worker.channel.reset();
}

Result<void> Supervisor::stop(const std::string& task_id, int64_t run) {
  const std::lock_guard lock(mutex_);
  const auto at = workers_.find(task_id);
  if (at == workers_.end() || at->second.is_over()) return Failure(errors::worker_not_there(task_id));
  Worker& worker = at->second;
  if (worker.report.run != run) return Failure(errors::worker_of_other_run(task_id, run));
  if (worker.end || worker.history.stop_asked) return {};  // it ends already
  worker.history.stop_asked = true;
  worker.stop_asked_ms = monotonic_ms();
  worker.report.state = WorkerState::stopping;
  tell(worker);
  if (worker.restart_at_ms == 0) {
    send_stop(worker);  // one without a connection hears it once it has one
    return {};
  }
  worker.history.end_tried = true;  // at once, and only to end cleanly
  worker.restart_at_ms = monotonic_ms();
  return {};
}

Result<void> Supervisor::reload(const std::string& task_id, const std::vector<TableRef>& tables) {
  const std::lock_guard lock(mutex_);
  const auto at = workers_.find(task_id);
  if (at == workers_.end() || at->second.is_over()) return Failure(errors::worker_not_there(task_id));
  Worker& worker = at->second;
  if (worker.report.state != WorkerState::running) return Failure(errors::worker_not_running(task_id));
  if (!worker.loads) return Failure(errors::reload_of_changes_only(task_id));
  for (const TableRef& table : tables)
    if (!worker.rows.contains(table)) return Failure(errors::reload_of_unknown_table(task_id, table));
  // Never one that a worker has heard before, also from an earlier server.
  const int64_t order = last_order_ = std::max(last_order_ + 1, now_us());
  worker.orders[order] = tables;
  if (auto kept = write_orders(worker.state_dir, worker.orders); !kept) {
    worker.orders.erase(order);
    return kept;
  }
  show_orders(worker);  // what is asked next sees it
  send(worker, ReloadCommand{order, tables});
  return {};
}

Result<void> Supervisor::set_severities(const std::string& task_id,
                                        const std::vector<std::pair<Component, Severity>>& severities) {
  const std::lock_guard lock(mutex_);
  const auto at = workers_.find(task_id);
  if (at == workers_.end() || at->second.is_over()) return Failure(errors::worker_not_there(task_id));
  at->second.severities = severities;
  send(at->second, SeverityCommand{severities});
  return {};
}

std::optional<WorkerReport> Supervisor::report(const std::string& task_id) const {
  const std::lock_guard lock(mutex_);
  const auto at = workers_.find(task_id);
  if (at == workers_.end()) return std::nullopt;
  return at->second.report;
}

std::optional<WorkerStatistics> Supervisor::statistics(const std::string& task_id,
                                                       const std::string& state_dir) const {
  {
    const std::lock_guard lock(mutex_);
    const auto at = workers_.find(task_id);
    if (at != workers_.end() && at->second.statistics.run != 0) return at->second.statistics;
  }
  return read_statistics(state_dir);
}

bool Supervisor::is_there(const std::string& task_id) const {
  const auto at = workers_.find(task_id);
  return at != workers_.end() && !at->second.is_over();
}

// Whoever is at work on the task, known here or not, is to leave it.
void Supervisor::put_down(const std::string& task_id, const std::string& state_dir, int64_t run) {
  if (!is_there(task_id)) {
    workers_.erase(task_id);
    const std::optional<int64_t> pid = WorkerLock::holder(state_dir);
    Worker unknown;
    if (!pid || !adopt(unknown, *pid)) return;
    unknown.report.task_id = task_id;
    unknown.report.run = run;
    unknown.state_dir = state_dir;
    workers_[task_id] = std::move(unknown);
  }
  Worker& worker = workers_[task_id];
  worker.is_removed = true;
  worker.history.stop_asked = worker.stop_sent = true;
  worker.restart_at_ms = 0;
  worker.process.signal(SIGTERM);
}

Result<void> Supervisor::begin_clean_up(CleanUp& clean_up) {
  TRY(make_state_folder(clean_up.state_dir));
  WorkerCommandLine line;
  line.program = environment_.program;
  line.order = std::exchange(clean_up.order, {});
  line.error_file = clean_up.state_dir + "/worker.err";
  line.reads_output = true;
  clean_up.process = TRY(WorkerProcess::start(line));
  clean_up.until_ms = monotonic_ms() + clean_up_silence_ms;
  return {};
}

void Supervisor::remove(const WorkerJob& job, std::function<void(Result<void>)> done) {
  const std::lock_guard lock(mutex_);
  put_down(job.task_id, job.state_dir, job.run);
  CleanUp clean_up;
  clean_up.task_id = job.task_id;
  clean_up.state_dir = job.state_dir;
  clean_up.order = to_json(WorkerOrder{job, true});
  clean_up.done = std::move(done);
  clean_up.until_ms = monotonic_ms() + put_down_ms;
  clean_ups_.push_back(std::move(clean_up));
  wake();
}

void Supervisor::recycle_all(int64_t wait_ms) {
  std::unique_lock lock(mutex_);
  recycling_ = true;
  for (auto& [task_id, worker] : workers_) {
    worker.restart_at_ms = 0;
    worker.process.signal(SIGTERM);
  }
  emptied_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] {
    return std::ranges::none_of(workers_, [](const auto& entry) { return entry.second.process.lives(); });
  });
}

}  // namespace godwit
