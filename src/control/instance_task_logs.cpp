#include "control/instance_task_logs.h"

#include <filesystem>

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
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(environment.folder + "/tasks/" + task.id + "/task.log", missing);
    if (missing) continue;
    logs.push_back({.task_identifier = task.identifier,
                    .task_arn = make_arn(environment.names, "task", task.id),
                    .task_created_us = task.created_us,
                    .bytes = static_cast<int64_t>(bytes)});
  }
  return logs;
}

}  // namespace godwit
