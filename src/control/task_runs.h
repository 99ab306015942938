#pragma once
// The runs of a task (spec/api.md §5): started, stopped, and what is asked of a worker on the way. A call has its
// status in the store before a worker hears of it; what becomes of the worker comes back by task_reports.h.
//
// Several tasks stop at one commit point (design §6) by one StopReplicationTask call that names them all: they are
// put down, and when the last one stands, each goes on to the same commit time, a moment after that. They show
// `stopping` until they stand there.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "control/environment.h"
#include "control/task_positions.h"
#include "control/task_workers.h"
#include "store/tasks.h"

namespace godwit {

// Members of StartReplicationTask.
struct StartRequest {
  std::string arn, type;
  CdcMembers cdc;
};

// Each answers the task as its call's reply shows it.
Result<StoredTask> start_task(Environment& environment, const StartRequest& request);
Result<StoredTask> stop_task(Environment& environment, std::string_view arn);
// All of them, or none; answers the first one.
Result<StoredTask> stop_at_one_commit_point(Environment& environment, const std::vector<std::string>& arns);

// Puts the live tasks of an instance down where they stand and starts them again, with the limits the instance has
// then. Returns at once; `done` is called once they run again or have ended, after two minutes at the latest.
void recycle_tasks(Environment& environment, const std::string& instance_id, std::function<void(Result<void>)> done);

// The job of the task's run, with secrets: for the workers alone.
Result<WorkerJob> worker_job(const Environment& environment, const std::string& task_id);

// For control/task*.cpp. A running task is to go on towards its new CdcStopPosition; written by the caller.
void ask_for_new_stop_position(StoredTask& task);
// Tells the workers of those that are to stop, for whatever follows.
void carry_out_stops(Environment& environment, std::span<const StoredTask> tasks);
void take_severities(Environment& environment, const StoredTask& task,
                     const std::vector<std::pair<Component, Severity>>& severities);
// Starts the worker of the run that the store holds; when it cannot be started, the task has failed.
void launch(Environment& environment, const std::string& task_id);

}  // namespace godwit
