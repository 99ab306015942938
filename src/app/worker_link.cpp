#include "app/worker_link.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "base/log.h"
#include "control/api_words.h"
#include "control/worker_folder.h"

namespace godwit {
namespace {

constexpr int64_t tick_ms = 100;
constexpr int64_t look_ms = 1000;
constexpr int64_t connect_ms = 1000;
// Of a task with very many tables the file is written less often: a second for each so many.
constexpr size_t tables_per_second = 1000;
constexpr int64_t idle_keep_ms = 30000;  // where no table changes, time goes on
constexpr size_t reason_bytes_max = 2000;

}  // namespace

WorkerLink::WorkerLink(const WorkerJob& job, std::string socket_path, TaskRunner& runner, std::stop_source& stop,
                       WorkerStatistics before)
    : task_id_(job.task_id),
      type_(job.type),
      state_dir_(job.state_dir),
      restarted_(job.restarted),
      socket_path_(std::move(socket_path)),
      run_(job.run),
      runner_(runner),
      stop_(stop),
      before_(std::move(before)),
      started_ms_(monotonic_ms()) {
  watch_.start_from(before_.tables);
  task_log().set_listener(
      [this](Component component, Severity severity, std::string_view) { log_lines_.note(component, severity); });
  thread_ = std::jthread([this](const std::stop_token& own) { run(own); });
}

WorkerLink::~WorkerLink() {
  finish();
}

void WorkerLink::finish() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  task_log().set_listener(nullptr);
}

void WorkerLink::run(const std::stop_token& own) {
  while (!own.stop_requested()) {
    connect();
    const int64_t now_ms = monotonic_ms();
    const bool moved = runner_.progress().phase() != phase_ || runner_.progress().paused() != paused_;
    if (moved || now_ms >= look_at_ms_) look(false);
    tell_taken();
    listen();
  }
  look(true);
  tell_taken();
}

// Waits a moment for a command, or for room.
void WorkerLink::listen() {
  if (!channel_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(tick_ms));
    return;
  }
  pollfd watched = {channel_->fd(), static_cast<short>(POLLIN | (channel_->has_unsent() ? POLLOUT : 0)), 0};
  if (::poll(&watched, 1, static_cast<int>(tick_ms)) <= 0) return;
  const bool sent = channel_->flush();
  if (!hear() || !sent) channel_.reset();
}

// Commands that have come; false: no more will.
bool WorkerLink::hear() {
  const bool open = channel_->receive();
  while (const std::optional<std::string> line = channel_->next()) {
    const auto command = parse_worker_command(*line);
    if (command)
      obey(*command);
    else
      log_warning(Component::task_manager, "{}", command.error().message);
  }
  return open;
}

// A new server hears everything.
void WorkerLink::connect() {
  if (channel_ || socket_path_.empty() || monotonic_ms() < connect_at_ms_) return;
  connect_at_ms_ = monotonic_ms() + connect_ms;
  auto connection = connect_to_server(socket_path_);
  if (!connection) return;
  channel_ = std::make_unique<Channel>(std::move(*connection));
  tell(WorkerHello{task_id_, run_, ::getpid()});
  tell_tables(watch_.tables().empty() ? before_.tables : watch_.tables(), true);
  look_at_ms_ = 0;
}

void WorkerLink::tell(const WorkerMessage& message) {
  if (!channel_ || channel_->send(to_line(message))) return;
  hear();  // a server that sends a worker away says so and hangs up
  channel_.reset();
}

void WorkerLink::tell_tables(const std::vector<WorkerTable>& tables, bool all) {
  for (size_t first = 0; first < tables.size(); first += worker_tables_per_line) {
    const auto begin = tables.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end =
        tables.begin() + static_cast<std::ptrdiff_t>(std::min(tables.size(), first + worker_tables_per_line));
    WorkerTables message{all && first == 0, {begin, end}};
    for (WorkerTable& table : message.tables)
      if (table.figures.reason.size() > reason_bytes_max) table.figures.reason.resize(reason_bytes_max);
    tell(message);
  }
}

void WorkerLink::look(bool last) {
  look_at_ms_ = monotonic_ms() + look_ms;
  TaskStatistics now = runner_.progress().copy();
  for (TableStatistics& table : now.tables)
    if (!table.reason.empty()) table.reason = in_api_words(table.reason, type_);
  phase_ = now.phase;
  paused_ = now.backlog.paused;
  const bool running = !now.phase.empty() && now.phase != "starting";
  if (running) has_run_ = true;
  WorkerFigures figures;
  figures.running = running;
  figures.ending = now.ending;
  figures.reading_paused = paused_;
  figures.disk_full = now.backlog.disk_full;
  figures.checkpoint = now.checkpoint;
  if (last ? now.setback.over_ms == 0 : is_shown(now.setback, monotonic_ms())) {
    figures.setback = in_api_words(now.setback.error);
    figures.attempt = now.setback.attempt;
  }
  figures.restarted = restarted_;
  figures.statistics = worker_figures(now, type_, now_us(), monotonic_ms());
  figures.statistics.run = run_;
  figures.statistics.has_begun = running;
  figures.statistics.elapsed_ms = before_.elapsed_ms + monotonic_ms() - started_ms_;
  const ProcessUse use = own_use();
  figures.statistics.cpu_us = use.cpu_us;
  figures.statistics.memory_bytes = use.memory_bytes;
  figures.statistics.swap_bytes = use.swap_bytes;
  figures.statistics.log_lines = log_lines_.counts();
  add_before(figures.statistics, before_);
  // Until a resumed task has taken up what was counted before, that stands.
  const bool as_before = !running && !before_.tables.empty();
  if (as_before) show_as_before(figures.statistics, before_);
  latest_ = figures.statistics;
  bool all = false;
  std::vector<WorkerTable> changed;
  if (running || (!as_before && !now.tables.empty())) changed = watch_.look(now.tables, now_us(), all);
  if (!changed.empty() || all) unkept_ = true;
  keep(last);  // first: what was shown stands, also if this process is killed next
  if (!changed.empty() || all) tell_tables(changed, all);
  tell(figures);
}

void WorkerLink::keep(bool last) {
  const bool planned = !watch_.tables().empty();
  const int64_t now_ms = monotonic_ms(), since_ms = now_ms - kept_at_ms_;
  const int64_t pause_ms = look_ms * static_cast<int64_t>(watch_.tables().size() / tables_per_second);
  const bool due = planned && since_ms >= (unkept_ ? pause_ms : std::max(pause_ms, idle_keep_ms));
  if (!last && !due) return;
  kept_at_ms_ = now_ms;
  unkept_ = false;
  WorkerStatistics kept = latest_;
  kept.tables = planned ? watch_.tables() : before_.tables;
  if (const auto done = write_statistics(state_dir_, kept); !done && !std::exchange(keeping_failed_, true))
    log_warning(Component::task_manager, "{}", done.error().message);
}

// The server has shown the tables as being reloaded since it took the order: it hears what they are, also where
// nothing has changed because the reload was refused.
void WorkerLink::tell_taken() {
  std::vector<int64_t> taken;
  {
    const std::lock_guard lock(taken_mutex_);
    if (taken_.empty() || !channel_) return;
    taken.swap(taken_);
  }
  look(false);
  for (const int64_t order : taken) {
    tell(ReloadTaken{order});
    std::vector<WorkerTable> rows;
    for (const WorkerTable& row : watch_.tables())
      if (std::ranges::find(orders_[order].tables, row.figures.table) != orders_[order].tables.end())
        rows.push_back(row);
    tell_tables(rows, false);
    orders_[order].is_taken = true;
  }
}

// A server that does not know yet that the record has an order gives it again, and is told again.
void WorkerLink::take_order(const ReloadCommand& command) {
  const auto [at, fresh] = orders_.try_emplace(command.order, Order{command.tables});
  const auto taken = [this, order = command.order] {
    const std::lock_guard lock(taken_mutex_);
    taken_.push_back(order);
  };
  if (fresh)
    runner_.reload(command.tables, taken);
  else if (at->second.is_taken)
    taken();
}

void WorkerLink::obey(const WorkerCommand& command) {
  if (const auto* stop = std::get_if<StopCommand>(&command)) {
    if (stop->recycle) runner_.recycle();
    stop_.request_stop();
  }
  if (const auto* reload = std::get_if<ReloadCommand>(&command)) take_order(*reload);
  if (const auto* severities = std::get_if<SeverityCommand>(&command))
    for (const auto& [component, severity] : severities->severities) task_log().set_severity(component, severity);
}

}  // namespace godwit
