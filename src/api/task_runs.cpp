// Replication tasks: Start, Stop (spec/api.md §5, §6.6).

#include "control/task_runs.h"

#include "api/task_reply.h"

namespace godwit {

using nlohmann::json;

Result<json> start_replication_task(const Call& call) {
  const StartRequest request{.arn = call.text("ReplicationTaskArn"),
                             .type = call.text("StartReplicationTaskType"),
                             .cdc = read_cdc_members(call)};
  return task_reply(call, TRY(start_task(call.environment, request)));
}

Result<json> stop_replication_task(const Call& call) {
  const std::vector<std::string> arns = read_task_arns(call);
  if (arns.size() == 1) return task_reply(call, TRY(stop_task(call.environment, arns.front())));
  return task_reply(call, TRY(stop_at_one_commit_point(call.environment, arns)));
}

}  // namespace godwit
