#pragma once
// The logs that the tasks of an instance keep in the server's folder: tasks/<resource id>/task.log.

#include <string>
#include <vector>

#include "control/environment.h"

namespace godwit {

struct InstanceTaskLog {
  std::string task_identifier, task_arn;
  int64_t task_created_us = 0;
  int64_t bytes = 0;
};

// One of each task that has a log, in the tasks' order; of the page its start is used, so the answer may hold more.
Result<std::vector<InstanceTaskLog>> instance_task_logs(Environment& environment, const std::string& instance_id,
                                                        ListPage page);

}  // namespace godwit
