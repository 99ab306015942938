#include "api/task_reply.h"

#include "base/text.h"
#include "control/arn.h"
#include "control/task_figures.h"
#include "control/tasks.h"

namespace godwit {
namespace {

using nlohmann::json;

void add_text(json& object, const char* member, const std::string& text) {
  if (!text.empty()) object[member] = text;
}

void add_time(json& object, const char* member, int64_t time_us) {
  if (time_us != 0) object[member] = json_time(time_us);
}

// Absent before the first start.
json stats_json(const StoredTask& task) {
  json stats = {{"FullLoadProgressPercent", task.migration_type == "cdc" ? 100 : task.full_load_percent},
                {"ElapsedTimeMillis", task.elapsed_ms},
                {"TablesLoaded", task.tables_loaded},
                {"TablesLoading", task.tables_loading},
                {"TablesQueued", task.tables_queued},
                {"TablesErrored", task.tables_errored}};
  add_time(stats, "FreshStartDate", task.fresh_start_us);
  add_time(stats, "StartDate", task.start_us);
  add_time(stats, "StopDate", task.stop_us);
  add_time(stats, "FullLoadStartDate", task.full_load_start_us);
  add_time(stats, "FullLoadFinishDate", task.full_load_finish_us);
  return stats;
}

}  // namespace

json task_json(const Call& call, const StoredTask& task, bool with_settings) {
  const Namespace& names = call.environment.names;
  json out = {{"ReplicationTaskIdentifier", task.identifier},
              {"ReplicationTaskArn", task_arn(call.environment, task)},
              {"SourceEndpointArn", make_arn(names, "endpoint", task.source_endpoint_id)},
              {"TargetEndpointArn", make_arn(names, "endpoint", task.target_endpoint_id)},
              {"ReplicationInstanceArn", make_arn(names, "rep", task.instance_id)},
              {"MigrationType", task.migration_type},
              {"TableMappings", task.table_mappings},
              {"Status", task.status},
              {"ReplicationTaskCreationDate", json_time(task.created_us)}};
  if (with_settings) out["ReplicationTaskSettings"] = task.settings;
  add_text(out, "LastFailureMessage", task.last_failure);
  add_text(out, "StopReason", task.stop_reason);
  add_time(out, "ReplicationTaskStartDate", task.start_called_us);
  add_text(out, "CdcStartPosition", task.cdc_start_position);
  add_text(out, "CdcStopPosition", task.cdc_stop_position);
  add_text(out, "RecoveryCheckpoint", task.recovery_checkpoint);
  add_text(out, "TaskData", task.task_data);
  if (task.run != 0) out["ReplicationTaskStats"] = stats_json(task);
  return out;
}

json task_reply(const Call& call, StoredTask task) {
  show_live_figures(call.environment, task);
  return {{"ReplicationTask", task_json(call, task)}};
}

CdcMembers read_cdc_members(const Call& call) {
  return {.start_time_us = call.maybe_time_us("CdcStartTime"),
          .start_position = call.maybe_text("CdcStartPosition"),
          .stop_position = call.maybe_text("CdcStopPosition")};
}

std::vector<std::string> read_task_arns(const Call& call) {
  std::vector<std::string> arns;
  for (const std::string& arn : split(call.text("ReplicationTaskArn"), ',')) arns.emplace_back(trim(arn));
  return arns;
}

}  // namespace godwit
