#include "control/instance_task_logs.h"

#include "control/task_logs.h"
#include "store/tasks.h"

namespace godwit {

Result<std::vector<InstanceTaskLog>> instance_task_logs(Environment& environment, const std::string& instance_id,
                                                        ListPage page) {
  TaskFilter on_instance;
  on_instance.instances = {instance_id};
  page.limit = -1;
  std::vector<InstanceTaskLog> logs;
  for (const StoredTask& task :
       TRY(list_tasks(environment.database, on_instance, page, TaskTexts::without_settings))) {
    const uint64_t bytes = log_bytes(environment.folder + "/tasks/" + task.id);  // those that were rotated too
    if (bytes == 0) continue;
    logs.push_back({.task_identifier = task.identifier,
                    .task_arn = make_arn(environment.names, "task", task.id),
                    .task_created_us = task.created_us,
                    .bytes = static_cast<int64_t>(bytes)});
  }
  return logs;
}

}  // namespace godwit
