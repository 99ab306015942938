#include "control/task_runs.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

#include "base/server_log.h"
#include "control/arn.h"
#include "control/connectable.h"
#include "control/instance_classes.h"
#include "control/task_documents.h"
#include "control/task_events.h"
#include "control/task_faults.h"
#include "control/task_figures.h"
#include "control/task_follow_up.h"
#include "control/task_reports.h"
#include "control/task_status.h"
#include "control/tasks.h"
#include "store/connections.h"
#include "store/endpoints.h"
#include "store/instances.h"

namespace godwit {
namespace {

using Event = TaskStatusEvent;

constexpr std::string_view start_replication = "start-replication";
constexpr std::string_view resume_processing = "resume-processing";
constexpr std::string_view reload_target = "reload-target";

// Which starts a task's type and history allow (spec/api.md §5.1).
Result<void> check_start_type(const StoredTask& task, std::string_view type, const CdcMembers& cdc) {
  if (type != start_replication && type != resume_processing && type != reload_target)
    return Failure(start_type_unknown(type));
  if (type == reload_target && task.migration_type == "cdc")
    return Failure(start_type_not_legal(type, task.migration_type));
  if (type != start_replication && cdc.starts()) return Failure(start_position_needs_fresh_start());
  if (type == start_replication && task.run != 0 && task.migration_type != "cdc")
    return Failure(
        start_type_refused("it has run before; use resume-processing, or reload-target to load every table again"));
  if (type != start_replication && task.run == 0)
    return Failure(start_type_refused("it has never run; use start-replication"));
  return {};
}

StartKind start_kind(std::string_view type) {
  return type == start_replication ? StartKind::fresh
         : type == reload_target   ? StartKind::reload_target
                                   : StartKind::resume;
}

// The end's endpoint is there, was reached from the instance, and can be opened now.
Result<void> check_end(const Environment& environment, const std::string& endpoint_id,
                       const std::string& instance_id) {
  const auto endpoint = TRY(find_endpoint(environment.database, endpoint_id));
  const auto connection = TRY(find_connection(environment.database, endpoint_id, instance_id));
  if (!endpoint || !connection || connection->status != "successful") return Failure(start_without_connection());
  if (auto opened = connectable(environment, *endpoint); !opened)
    return Failure(start_without_endpoint(endpoint->identifier, opened.error().message));
  return {};
}

Result<void> check_surroundings(const Environment& environment, const StoredTask& task) {
  if (environment.workers == nullptr) return Failure(no_workers_here());
  const auto instance = TRY(find_instance(environment.database, task.instance_id));
  if (!instance || instance->status != "available")
    return Failure(start_without_instance(instance ? instance->identifier : task.instance_id,
                                          instance ? instance->status : "deleted"));
  TRY(check_end(environment, task.source_endpoint_id, task.instance_id));
  return check_end(environment, task.target_endpoint_id, task.instance_id);
}

Result<std::string> end_uri(const Environment& environment, const std::string& endpoint_id) {
  const auto endpoint = TRY(find_endpoint(environment.database, endpoint_id));
  if (!endpoint) return Failure(start_without_endpoint(endpoint_id, "it was deleted"));
  return uri_of(TRY(connectable(environment, *endpoint)));
}

// Looks once more when the worker of a task that is to stop was not there: it may just be on its way, or have ended.
void look_again(Environment& environment, const StoredTask& task) {
  static constexpr auto launch_takes_at_most = std::chrono::seconds(2);
  environment.background.start([&environment, id = task.id, run = task.run](const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, stop, launch_takes_at_most, [] { return false; });
    if (stop.stop_requested()) return;
    const auto report = environment.workers->report(id);
    if (report && report->run == run)
      take_report(environment, *report);
    else
      take_report(environment, ended_run(id, run, ""));
  });
}

void ask_worker_to_stop(Environment& environment, const StoredTask& task) {
  if (environment.workers == nullptr) return;
  const auto asked = environment.workers->stop(task.id, task.run);
  if (asked) return;
  server_log_of(Severity::info, "tasks", "task={} has no worker to stop: {}", task.identifier, asked.error().message);
  look_again(environment, task);
}

// Whether the worker of this run is to be there: a task that was stopped, went on to another run or was deleted while
// its worker was being started has none. What the store cannot tell is no reason to stop a task.
bool is_wanted(const Result<std::optional<StoredTask>>& task, int64_t run) {
  if (!task) return true;
  if (!*task || (*task)->run != run) return false;
  const TaskStatus status = task_status((*task)->status);
  if (status == TaskStatus::starting || status == TaskStatus::running) return true;
  return status == TaskStatus::stopping && read_follow_up((*task)->after_stop).kind != FollowUp::Kind::rest;
}

// The task ran, and its worker only comes and goes.
bool goes_on(const StoredTask& task) {
  const FollowUp::Kind kind = read_follow_up(task.after_stop).kind;
  return kind == FollowUp::Kind::resuming || kind == FollowUp::Kind::finish;
}

Result<StoredTask> begin_run(Environment& environment, const StartRequest& request) {
  StoredTask task = TRY(require_task(environment, request.arn));
  const auto status = next(task_status(task.status), Event::start_asked);
  if (!status) return Failure(refused(Event::start_asked, task_status(task.status)));
  TRY(check_start_type(task, request.type, request.cdc));
  const bool fresh = request.type != resume_processing;
  // A run that began has taken the one that is stored: without another a later one starts from now (spec/api.md
  // §5.1).
  const bool is_spent = fresh && task.start_position_taken != 0;
  const CdcPositions stored = {is_spent ? "" : task.cdc_start_position, task.cdc_stop_position};
  const CdcPositions positions =
      TRY(merge_positions(environment, task.source_endpoint_id, task.migration_type, stored, request.cdc));
  TRY(check_surroundings(environment, task));
  const int64_t now_us = environment.now_us();
  if (fresh) TRY(clear_figures(environment, task));
  task.status = to_string(*status);
  task.run = std::max(task.run + 1, now_us);  // also where the store was restored from an older copy of itself
  if (fresh) task.fresh_run = task.run;
  if (fresh) task.start_position_taken = 0;  // until it has begun: see task_reports.cpp
  task.start_kind = request.type;
  task.cdc_start_position = positions.start;
  task.cdc_stop_position = task.run_stop_position = positions.stop;
  task.stop_reason.clear();
  task.last_failure.clear();
  task.after_stop.clear();
  task.reading_paused = 0;
  task.start_called_us = task.start_us = now_us;
  if (fresh) task.fresh_start_us = now_us;
  task.stop_us = 0;
  TRY(update_task(environment.database, task));
  TRY(note_started(environment, task));
  return task;
}

}  // namespace

Result<StoredTask> start_task(Environment& environment, const StartRequest& request) {
  const StoredTask task = TRY(environment.database.atomically([&] { return begin_run(environment, request); }));
  launch(environment, task.id);
  return task;
}

Result<WorkerJob> worker_job(const Environment& environment, const std::string& task_id) {
  const auto task = TRY(find_task(environment.database, task_id));
  if (!task) return Failure(task_not_found(make_arn(environment.names, "task", task_id)));
  WorkerJob job;
  job.task_id = task->id;
  job.run = task->run;
  job.fresh_run = task->fresh_run;
  job.start = start_kind(task->start_kind);
  job.type = task->migration_type;
  job.mappings = task->table_mappings;
  job.settings = task->settings_sent;
  if (job.type == "cdc") job.start_position = task->cdc_start_position;
  job.came_to = task->recovery_checkpoint;  // like the figures, cleared by a fresh start
  job.has_begun = task->full_load_start_us != 0 || !task->recovery_checkpoint.empty();
  job.stop_position = task->run_stop_position;
  job.goes_on = goes_on(*task);
  job.state_dir = task_folder(environment, task->id);
  if (const auto instance = TRY(find_instance(environment.database, task->instance_id))) {
    job.server_name = instance->identifier;
    if (const InstanceClass* size = find_instance_class(instance->instance_class))
      job.limits = {.memory_mb = size->memory_mb, .processors = size->processors};
  }
  job.source = TRY(end_uri(environment, task->source_endpoint_id));
  job.target = TRY(end_uri(environment, task->target_endpoint_id));
  return job;
}

// False: the store does not tell the task.
static bool is_launched(Environment& environment, const std::string& task_id) {
  const auto task = find_task(environment.database, task_id);
  if (!task) {
    server_log_of(Severity::error, "tasks", "task={} its worker is not started yet, which is tried again: {}",
                  task_id, task.error().message);
    return false;
  }
  if (!*task || !is_wanted(task, (*task)->run)) return true;
  const auto job = worker_job(environment, task_id);
  const int64_t run = job ? job->run : (*task)->run;
  if (!job && goes_on(**task)) {  // it may be made later, as after a worker's death
    environment.workers->take_up({{task_id, run}});
    return true;
  }
  const auto started = job ? environment.workers->start(*job) : Result<void>(Failure(job.error()));
  if (!started) {
    take_report(environment, ended_run(task_id, run, started.error().message));
    return true;
  }
  const auto now = find_task(environment.database, task_id);
  if (is_wanted(now, run) || environment.workers->stop(task_id, run)) return true;
  if (now && *now && (*now)->run == run) look_again(environment, **now);
  return true;
}

void launch(Environment& environment, const std::string& task_id) {
  if (environment.workers == nullptr) return;
  until_done(environment.background, [&environment, task_id] { return is_launched(environment, task_id); });
}

Result<StoredTask> stop_task(Environment& environment, std::string_view arn) {
  const StoredTask task = TRY(environment.database.atomically([&]() -> Result<StoredTask> {
    StoredTask stopping = TRY(require_task(environment, arn));
    const auto status = next(task_status(stopping.status), Event::stop_asked);
    if (!status) return Failure(refused(Event::stop_asked, task_status(stopping.status)));
    stopping.status = to_string(*status);
    stopping.after_stop.clear();
    TRY(update_task(environment.database, stopping));
    return stopping;
  }));
  ask_worker_to_stop(environment, task);
  return task;
}

Result<StoredTask> stop_at_one_commit_point(Environment& environment, const std::vector<std::string>& arns) {
  const FollowUp gather{.kind = FollowUp::Kind::gather, .group = new_resource_id()};
  std::vector<StoredTask> tasks;
  TRY(environment.database.atomically([&]() -> Result<void> {
    std::set<std::string> seen;
    for (const std::string& arn : arns) {
      StoredTask task = TRY(require_task(environment, arn));
      if (!seen.insert(task.id).second) return Failure(group_names_task_twice(task.identifier));
      const TaskStatus status = task_status(task.status);
      if (status != TaskStatus::running)
        return Failure(in_context(refused(Event::stop_asked, status), task.identifier));
      if (task.migration_type == "full-load") return Failure(group_stop_without_changes(task.identifier));
      task.status = to_string(TaskStatus::stopping);
      task.after_stop = to_string(gather);
      TRY(update_task(environment.database, task));
      tasks.push_back(std::move(task));
    }
    return {};
  }));
  carry_out_stops(environment, tasks);
  return tasks.front();
}

void ask_for_new_stop_position(StoredTask& task) {
  task.after_stop = to_string(FollowUp{.kind = FollowUp::Kind::resume});
}

void carry_out_stops(Environment& environment, std::span<const StoredTask> tasks) {
  for (const StoredTask& task : tasks) {
    const FollowUp::Kind kind = read_follow_up(task.after_stop).kind;
    if (kind == FollowUp::Kind::resume || kind == FollowUp::Kind::gather) ask_worker_to_stop(environment, task);
  }
}

void take_severities(Environment& environment, const StoredTask& task,
                     const std::vector<std::pair<Component, Severity>>& severities) {
  if (environment.workers == nullptr) return;
  if (const auto taken = environment.workers->set_severities(task.id, severities); !taken)
    server_log_of(Severity::warning, "tasks", "task={} its worker takes the log severities at its next start: {}",
                  task.identifier, taken.error().message);
}

void recycle_tasks(Environment& environment, const std::string& instance_id, std::function<void(Result<void>)> done) {
  std::vector<StoredTask> recycled;
  const auto marked = environment.database.atomically([&]() -> Result<void> {
    const TaskFilter filter{.instances = {{instance_id}}, .statuses = {{"starting", "running"}}};
    for (StoredTask& task : TRY(list_tasks(environment.database, filter, {}, TaskTexts::all))) {
      task.after_stop = to_string(FollowUp{.kind = FollowUp::Kind::resume});
      task.stop_reason = "Stop Reason RECYCLE_TASK";
      TRY(update_task(environment.database, task));
      recycled.push_back(std::move(task));
    }
    return {};
  });
  if (!marked || recycled.empty()) return done(marked);
  carry_out_stops(environment, recycled);
  environment.background.start([&environment, recycled, done = std::move(done)](const std::stop_token& stop) {
    const auto is_done = [&] {
      return std::ranges::none_of(recycled, [&](const StoredTask& task) {
        const auto now = find_task(environment.database, task.id);
        return now && *now && read_follow_up((*now)->after_stop).recycles();
      });
    };
    std::mutex mutex;
    std::unique_lock lock(mutex);
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!is_done() && !stop.stop_requested() && std::chrono::steady_clock::now() < end)
      std::condition_variable_any().wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
    done({});
  });
}

}  // namespace godwit
