#pragma once
// ReplicationTask as replies show it (spec/api.md §9), and the calls of the runs of a task.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/call.h"
#include "control/task_positions.h"
#include "control/tasks.h"

namespace godwit {

// As it is stored; a worker's figures are put over it by show_live_figures(). `with_settings`:
// ReplicationTaskSettings too.
nlohmann::json task_json(const Call& call, const StoredTask& task, bool with_settings = true);
// {"ReplicationTask": …}, with the figures of its worker.
nlohmann::json task_reply(const Call& call, StoredTask task);

// CdcStartTime, CdcStartPosition, CdcStopPosition.
CdcMembers read_cdc_members(const Call& call);
// ReplicationTaskArn; several ARNs, with commas between, name a group of tasks (control/task_runs.h).
std::vector<std::string> read_task_arns(const Call& call);

// api/task_runs.cpp
Result<nlohmann::json> start_replication_task(const Call& call);
Result<nlohmann::json> stop_replication_task(const Call& call);

}  // namespace godwit
