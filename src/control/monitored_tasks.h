#pragma once
// Tasks by the names under which monitoring shows them: log groups and metrics are named by the replication
// instance's identifier, streams and dimensions by the task's resource id.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/environment.h"

namespace godwit {

struct MonitoredTask {
  std::string id;  // the resource id
  std::string identifier, status, instance_identifier, instance_class;
  int64_t created_us = 0;
  int64_t run = 0;     // of its last start; 0: never
  std::string folder;  // of its log, spool and statistics
};

// In order of creation. `instance_identifier`: those of this instance alone.
Result<std::vector<MonitoredTask>> monitored_tasks(Environment& environment,
                                                   const std::optional<std::string>& instance_identifier = {});

// Logging.EnableLogging of the task's settings, which takes the time to read them: ask it of few tasks.
Result<bool> publishes_log(Environment& environment, const MonitoredTask& task);

struct MonitoredInstance {
  std::string identifier;
  int64_t allocated_storage_gb = 0;
  int64_t processors = 0, memory_mb = 0;  // of its class
  std::string id{};
};

Result<std::vector<MonitoredInstance>> monitored_instances(Environment& environment);

}  // namespace godwit
