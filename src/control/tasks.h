#pragma once
// Replication tasks as resources (spec/api.md §5, §6.6): made, modified, moved, deleted. Their runs: task_runs.h.
//
// A create, modify or move is done when its call returns; the reply shows the transitional status that clients wait
// out ("creating", "modifying", "moving"), the store holds the state it leads to, so a server that is killed leaves
// none behind. Only `deleting` lasts: the task's traces on both ends are removed in the background.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/environment.h"
#include "control/tags.h"
#include "control/task_positions.h"
#include "store/tasks.h"

namespace godwit {

// Members of CreateReplicationTask; empty: absent.
struct NewTask {
  std::string identifier, source_endpoint_arn, target_endpoint_arn, instance_arn, migration_type, table_mappings;
  std::string settings, task_data;
  std::optional<std::string> resource_identifier;
  CdcMembers cdc;
  std::vector<Tag> tags;
};

// Members of ModifyReplicationTask; absent: as it is.
struct TaskChange {
  std::optional<std::string> identifier, migration_type, table_mappings, settings, task_data;
  CdcMembers cdc;
};

std::string task_arn(const Environment& environment, const StoredTask& task);
// ResourceNotFoundFault when the ARN is none of a task of this server.
Result<StoredTask> require_task(const Environment& environment, std::string_view arn);
// In order of creation, with the figures of their workers.
Result<std::vector<StoredTask>> tasks_of(const Environment& environment, const TaskFilter& filter,
                                         const ListPage& page, TaskTexts texts);
// tasks/<id> in the data folder: log, spool, statistics.
std::string task_folder(const Environment& environment, std::string_view task_id);

// Each answers the task as its call's reply shows it.
Result<StoredTask> create_task(Environment& environment, const NewTask& wanted);
// A running task takes log severities, Logging.DeleteTaskLogs and, alone, another CdcStopPosition: its worker is then
// put down and goes on towards that position, while the task stays `running`.
Result<StoredTask> modify_task(Environment& environment, std::string_view arn, const TaskChange& change);
// The same CdcStopPosition for several tasks, running or not: all of them, or none.
Result<StoredTask> modify_stop_positions(Environment& environment, const std::vector<std::string>& arns,
                                         const std::string& stop_position);
Result<StoredTask> move_task(Environment& environment, std::string_view arn, std::string_view target_instance_arn);
Result<StoredTask> remove_task(Environment& environment, std::string_view arn);

// For assessments: a resting task shows `testing` from begin to end, with its former state after it.
Result<StoredTask> begin_testing(Environment& environment, std::string_view task_arn);
Result<void> end_testing(Environment& environment, std::string_view task_id);

// The log group of an instance's tasks is named by it: call this in the transaction that changes its identifier.
Result<void> rename_log_groups(Environment& environment, std::string_view instance_id,
                               std::string_view instance_identifier);

}  // namespace godwit
