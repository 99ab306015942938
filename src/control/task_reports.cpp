#include "control/task_reports.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/clock.h"
#include "base/sentences.h"
#include "base/server_log.h"
#include "control/task_events.h"
#include "control/task_figures.h"
#include "control/task_follow_up.h"
#include "control/task_removal.h"
#include "control/task_runs.h"
#include "control/task_status.h"

namespace godwit {
namespace {

using Event = TaskStatusEvent;
using Kind = FollowUp::Kind;

constexpr std::string_view stopped_as_asked = "Stop Reason NORMAL";
constexpr std::string_view failed_for_good = "Stop Reason FATAL_ERROR";

// A commit time later than whatever these tasks have applied, now that they stand: by this server's clock, and by the
// source's, which may be ahead, as far as their workers told. Of both, transactions that committed at nearly the same
// time may stand in the log in another order, which a second allows for.
std::string common_stop(const Environment& environment, std::span<const StoredTask> tasks, int64_t now_us) {
  constexpr int64_t second_us = 1'000'000;
  int64_t latest_us = now_us;
  for (const StoredTask& task : tasks)
    if (const auto statistics = statistics_of_run(environment, task))
      latest_us = std::max(latest_us, statistics->applied_us);
  return "commit_time:" + iso_seconds((latest_us / second_us + 2) * second_us);
}

// What a run that ended with findings leaves to its user: as much of it as LastFailureMessage may show, whole
// remarks.
std::string findings_of(const WorkerReport& report) {
  constexpr size_t shown_bytes_max = 1500;
  std::string out = "The task stopped with findings.";
  size_t told = 0;
  for (const std::string& remark : report.remarks) {
    if (told != 0 && out.size() + remark.size() > shown_bytes_max) break;
    out += " " + remark;
    ++told;
  }
  if (told == 0) return out + " Table statistics and the task's log name them.";
  if (told < report.remarks.size()) out += fmt::format(" {} more in the task's log.", report.remarks.size() - told);
  return out;
}

// What is left to do once the transaction is through.
struct Rest {
  std::vector<std::string> launches;
  bool stop = false;  // the worker runs and is to stop; it may not have been there when it was asked
};

bool has_ended(const WorkerReport& report) {
  return report.state == WorkerState::stopped || report.state == WorkerState::failed;
}

ReadingPause pause_of(const WorkerReport& report) {
  if (has_ended(report) || !report.reading_paused) return ReadingPause::none;
  return report.disk_full ? ReadingPause::disk_full : ReadingPause::swap_files;
}

void begin_next_run(StoredTask& task, int64_t now_us, std::string stop_position, const FollowUp& follow_up) {
  task.run = std::max(task.run + 1, now_us);  // unique, as in task_runs.cpp
  task.start_kind = "resume-processing";
  task.run_stop_position = std::move(stop_position);
  task.after_stop = to_string(follow_up);
}

// One report and the task it is of, inside one transaction.
class Folding {
 public:
  Folding(Environment& environment, const WorkerReport& report, StoredTask task)
      : environment_(environment),
        report_(report),
        before_(std::move(task)),
        task_(before_),
        now_us_(environment.now_us()),
        follow_up_(read_follow_up(task_.after_stop)) {}

  Result<Rest> fold(const std::optional<WorkerStatistics>& statistics) {
    TRY(take_words());
    switch (report_.state) {
      case WorkerState::starting:
        if (!is_recycled()) move(Event::worker_starts);
        break;
      case WorkerState::running:
        note_running();
        break;
      case WorkerState::stopping:
        if (!is_recycled()) move(Event::worker_stops);
        break;
      case WorkerState::stopped:
      case WorkerState::failed:
        TRY(end(statistics));
        break;
    }
    if (task_ != before_) TRY(update_task(environment_.database, task_));  // a heartbeat alone costs no write
    if (!gathered_.empty()) TRY(send_group_on());
    return std::move(rest_);
  }

 private:
  bool is(TaskStatus status) const { return task_status(task_.status) == status; }
  // Its worker comes and goes, the task shows its status all along.
  bool is_recycled() const { return follow_up_.recycles() && !is(TaskStatus::stopping); }

  void move(Event event) {
    if (const auto status = next(task_status(task_.status), event)) task_.status = to_string(*status);
  }

  Result<void> take_words() {
    // While it runs the checkpoint moves all the time and is asked of the worker.
    if (has_ended(report_) && !report_.checkpoint.empty()) task_.recovery_checkpoint = report_.checkpoint;
    task_.last_failure = as_sentence(report_.last_failure);
    const ReadingPause pause = pause_of(report_);
    if (pause != static_cast<ReadingPause>(task_.reading_paused)) {
      task_.reading_paused = static_cast<int64_t>(pause);
      if (!has_ended(report_)) TRY(note_reading(environment_, task_, pause));
    }
    return {};
  }

  // A resume goes on where the task stands and takes no start position.
  void note_begun() {
    if (task_.run == task_.fresh_run) task_.start_position_taken = 1;
  }

  void note_running() {
    note_begun();
    if (follow_up_.kind == Kind::resuming) {
      task_.after_stop.clear();
      task_.stop_reason.clear();
    }
    rest_.stop = follow_up_.kind == Kind::resume || follow_up_.kind == Kind::gather ||
                 (is(TaskStatus::stopping) && follow_up_.kind == Kind::rest);
    move(Event::worker_runs);
  }

  Result<void> end(const std::optional<WorkerStatistics>& statistics) {
    if (statistics) {
      if (statistics->has_begun) note_begun();
      take_figures(task_, *statistics);
      TRY(replace_tables(environment_.database, task_.id, stored_tables(*statistics)));
    }
    const bool as_asked = report_.state == WorkerState::stopped && report_.stop_reason == stopped_as_asked;
    if (follow_up_.kind == Kind::resume && as_asked) {
      begin_next_run(task_, now_us_, task_.cdc_stop_position, {.kind = Kind::resuming});
      rest_.launches.push_back(task_.id);
      return {};
    }
    if (follow_up_.kind == Kind::gather) gathered_ = follow_up_.group;
    if (follow_up_.kind == Kind::gather && as_asked) {
      task_.after_stop = to_string(FollowUp{.kind = Kind::gathered, .group = follow_up_.group});
      return {};
    }
    return come_to_rest();
  }

  Result<void> come_to_rest() {
    const bool failed = report_.state == WorkerState::failed;
    move(failed ? Event::worker_failed : Event::worker_stopped);
    task_.after_stop.clear();
    task_.stop_reason =
        !report_.stop_reason.empty() ? report_.stop_reason : std::string(failed ? failed_for_good : stopped_as_asked);
    task_.stop_us = now_us_;
    if (!failed && report_.has_findings)
      task_.last_failure =
          task_.last_failure.empty() ? findings_of(report_) : task_.last_failure + " " + findings_of(report_);
    return failed ? note_failed(environment_, task_) : note_stopped(environment_, task_);
  }

  // Once the last task of a group stands, all of them go on to one commit time, later than whatever they applied.
  Result<void> send_group_on() {
    TaskFilter filter;
    filter.after_stops = {to_string(FollowUp{.kind = Kind::gather, .group = gathered_})};
    if (TRY(count_tasks(environment_.database, filter)) > 0) return {};
    filter.after_stops = {to_string(FollowUp{.kind = Kind::gathered, .group = gathered_})};
    std::vector<StoredTask> tasks = TRY(list_tasks(environment_.database, filter, {}, TaskTexts::all));
    const std::string point = common_stop(environment_, tasks, now_us_);
    for (StoredTask& task : tasks) {
      begin_next_run(task, now_us_, point, {.kind = Kind::finish, .group = gathered_});
      TRY(update_task(environment_.database, task));
      rest_.launches.push_back(task.id);
    }
    return {};
  }

  Environment& environment_;
  const WorkerReport& report_;
  const StoredTask before_;
  StoredTask task_;
  const int64_t now_us_;
  const FollowUp follow_up_;
  std::string gathered_;  // the group whose task has just come to stand
  Rest rest_;
};

Result<Rest> fold(Environment& environment, const WorkerReport& report) {
  std::optional<WorkerStatistics> statistics;
  if (has_ended(report)) statistics = statistics_of_run(environment, {.id = report.task_id, .run = report.run});
  return environment.database.atomically([&]() -> Result<Rest> {
    auto task = TRY(find_task(environment.database, report.task_id));
    if (!task || task->run != report.run || !is_live(task_status(task->status)) ||
        read_follow_up(task->after_stop).kind == Kind::gathered)
      return Rest{};
    return Folding(environment, report, *std::move(task)).fold(statistics);
  });
}

void stop_again(Environment& environment, const std::string& task_id, int64_t run) {
  if (environment.workers == nullptr) return;
  if (const auto asked = environment.workers->stop(task_id, run); !asked)
    server_log_of(Severity::warning, "tasks", "task={} is not asked to stop again: {}", task_id,
                  asked.error().message);
}

// Statuses that a call passes through within its own transaction, and tests that died with their server.
Result<void> end_transition(Environment& environment, StoredTask& task) {
  const std::pair<TaskStatus, Event> endings[] = {{TaskStatus::creating, Event::created},
                                                  {TaskStatus::modifying, Event::modified},
                                                  {TaskStatus::moving, Event::moved},
                                                  {TaskStatus::testing, Event::tested}};
  for (const auto& [status, event] : endings)
    if (task_status(task.status) == status)
      if (const auto ended = next(status, event, task_status(task.resting_status))) {
        task.status = to_string(*ended);
        return update_task(environment.database, task);
      }
  return {};
}

// The task as it is now, unless it has gone on since it was read: workers tell what became of them meanwhile.
Result<std::optional<StoredTask>> unmoved(Environment& environment, const StoredTask& task) {
  auto now = TRY(find_task(environment.database, task.id));
  if (now && (now->run != task.run || now->after_stop != task.after_stop || !is_live(task_status(now->status))))
    now.reset();
  return now;
}

// Groups whose last task came to stand without the word having reached the others.
Result<std::vector<std::string>> groups_to_send_on(Environment& environment, const std::vector<StoredTask>& live) {
  std::vector<std::string> launches;
  const std::string point = common_stop(environment, live, environment.now_us());
  TRY(environment.database.atomically([&]() -> Result<void> {
    for (const StoredTask& task : live) {
      const FollowUp follow_up = read_follow_up(task.after_stop);
      if (follow_up.kind != Kind::gathered) continue;
      auto now = TRY(unmoved(environment, task));
      if (!now) continue;
      TaskFilter others;
      others.after_stops = {to_string(FollowUp{.kind = Kind::gather, .group = follow_up.group})};
      if (TRY(count_tasks(environment.database, others)) > 0) continue;
      begin_next_run(*now, environment.now_us(), point, {.kind = Kind::finish, .group = follow_up.group});
      TRY(update_task(environment.database, *now));
      launches.push_back(now->id);
    }
    return {};
  }));
  return launches;
}

// False: the store did not take it.
bool is_taken(Environment& environment, const WorkerReport& report) {
  const auto rest = fold(environment, report);
  if (!rest) {
    server_log_of(Severity::error, "tasks", "task={} a report of its worker is not stored{}: {}", report.task_id,
                  has_ended(report) ? ", and is told again" : "", rest.error().message);
    return false;
  }
  for (const std::string& task_id : rest->launches) launch(environment, task_id);
  if (rest->stop) stop_again(environment, report.task_id, report.run);
  return true;
}

}  // namespace

void take_report(Environment& environment, const WorkerReport& report) {
  const auto take = [&environment, report] { return is_taken(environment, report); };
  // Nobody else tells the end of a run: without it the task would keep its status, which no call may change.
  if (has_ended(report))
    until_done(environment.background, take);
  else
    take();
}

WorkerReport ended_run(const std::string& task_id, int64_t run, std::string_view why) {
  WorkerReport report;
  report.task_id = task_id;
  report.run = run;
  report.state = why.empty() ? WorkerState::stopped : WorkerState::failed;
  report.stop_reason = why.empty() ? stopped_as_asked : failed_for_good;
  report.last_failure = why;
  return report;
}

Result<void> end_forgotten_work(Environment& environment) {
  std::vector<StoredTask> live;
  std::vector<std::pair<std::string, int64_t>> runs;
  for (StoredTask& task : TRY(list_tasks(environment.database, {}, {}, TaskTexts::all))) {
    const TaskStatus status = task_status(task.status);
    if (status == TaskStatus::deleting) {
      remove_traces_of(environment, task);
    } else if (!is_live(status)) {
      TRY(end_transition(environment, task));
    } else {
      if (read_follow_up(task.after_stop).kind != Kind::gathered) runs.emplace_back(task.id, task.run);
      live.push_back(std::move(task));
    }
  }
  if (environment.workers == nullptr) return {};
  environment.workers->take_up(runs);
  for (const std::string& task_id : TRY(groups_to_send_on(environment, live))) launch(environment, task_id);
  for (const StoredTask& task : live) {
    const Kind kind = read_follow_up(task.after_stop).kind;
    const bool stops = task_status(task.status) == TaskStatus::stopping && kind == Kind::rest;
    if (!stops && kind != Kind::resume && kind != Kind::gather) continue;
    if (TRY(unmoved(environment, task))) stop_again(environment, task.id, task.run);
  }
  return {};
}

}  // namespace godwit
