// Replication tasks: Create, Describe, Modify, Delete, Move (spec/api.md §6.6).

#include "control/tasks.h"

#include <array>

#include "api/filter_values.h"
#include "api/operations.h"
#include "api/paging.h"
#include "api/tag_input.h"
#include "api/task_reply.h"
#include "control/task_faults.h"

namespace godwit {
namespace {

using nlohmann::json;

Result<json> create(const Call& call) {
  NewTask wanted;
  wanted.identifier = call.text("ReplicationTaskIdentifier");
  wanted.source_endpoint_arn = call.text("SourceEndpointArn");
  wanted.target_endpoint_arn = call.text("TargetEndpointArn");
  wanted.instance_arn = call.text("ReplicationInstanceArn");
  wanted.migration_type = call.text("MigrationType");
  wanted.table_mappings = call.text("TableMappings");
  wanted.settings = call.text("ReplicationTaskSettings");
  wanted.task_data = call.text("TaskData");
  wanted.resource_identifier = call.maybe_text("ResourceIdentifier");
  wanted.cdc = read_cdc_members(call);
  wanted.tags = read_tags(call);
  return task_reply(call, TRY(create_task(call.environment, wanted)));
}

Result<json> describe(const Call& call) {
  const auto filters = TRY(read_filters(call, {"replication-task-arn", "replication-task-id", "migration-type",
                                               "endpoint-arn", "replication-instance-arn"}));
  TaskFilter wanted;
  wanted.ids = filter_ids(call, filters, "replication-task-arn", "task");
  wanted.identifiers = filter_identifiers(filters, "replication-task-id");
  wanted.migration_types = filter_identifiers(filters, "migration-type");
  wanted.endpoints = filter_ids(call, filters, "endpoint-arn", "endpoint");
  wanted.instances = filter_ids(call, filters, "replication-instance-arn", "rep");
  const PageRequest page = TRY(read_page(call));
  const bool with_settings = !call.maybe_flag("WithoutSettings").value_or(false);
  const TaskTexts texts = with_settings ? TaskTexts::shown : TaskTexts::without_settings;
  std::vector<StoredTask> rows = TRY(tasks_of(call.environment, wanted, list_page(page), texts));
  return page_reply(
      call, page, "ReplicationTasks", std::move(rows),
      [](const StoredTask& task) {
        return std::vector<std::string>{std::to_string(task.created_us), task.identifier};
      },
      [&](const StoredTask& task) { return task_json(call, task, with_settings); }, "Tasks");
}

Result<json> modify(const Call& call) {
  TaskChange change;
  change.identifier = call.maybe_text("ReplicationTaskIdentifier");
  change.migration_type = call.maybe_text("MigrationType");
  change.table_mappings = call.maybe_text("TableMappings");
  change.settings = call.maybe_text("ReplicationTaskSettings");
  change.task_data = call.maybe_text("TaskData");
  change.cdc = read_cdc_members(call);
  const std::vector<std::string> arns = read_task_arns(call);
  if (arns.size() == 1) return task_reply(call, TRY(modify_task(call.environment, arns.front(), change)));
  const bool alone = !change.identifier && !change.migration_type && !change.table_mappings && !change.settings &&
                     !change.task_data && !change.cdc.starts() && change.cdc.stop_position;
  if (!alone) return Failure(group_takes_stop_position_alone());
  return task_reply(call, TRY(modify_stop_positions(call.environment, arns, *change.cdc.stop_position)));
}

Result<json> remove(const Call& call) {
  return task_reply(call, TRY(remove_task(call.environment, call.text("ReplicationTaskArn"))));
}

Result<json> move(const Call& call) {
  const std::string target = call.text("TargetReplicationInstanceArn");
  json reply = task_reply(call, TRY(move_task(call.environment, call.text("ReplicationTaskArn"), target)));
  reply["ReplicationTask"]["TargetReplicationInstanceArn"] = target;
  return reply;
}

constexpr std::array operations = {
    Operation{"CreateReplicationTask", create, Role::operator_},
    Operation{"DescribeReplicationTasks", describe, Role::viewer},
    Operation{"ModifyReplicationTask", modify, Role::operator_},
    Operation{"DeleteReplicationTask", remove, Role::operator_},
    Operation{"MoveReplicationTask", move, Role::operator_},
    Operation{"StartReplicationTask", start_replication_task, Role::operator_},
    Operation{"StopReplicationTask", stop_replication_task, Role::operator_},
};

}  // namespace

std::span<const Operation> task_operations() {
  return operations;
}

}  // namespace godwit
