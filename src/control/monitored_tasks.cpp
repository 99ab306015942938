#include "control/monitored_tasks.h"

#include <map>
#include <nlohmann/json.hpp>

#include "control/instance_classes.h"
#include "store/instances.h"
#include "store/tasks.h"

namespace godwit {
namespace {

bool enables_logging(const std::string& settings) {
  const auto document = nlohmann::json::parse(settings, nullptr, false);
  if (!document.is_object()) return false;
  const auto logging = document.find("Logging");
  if (logging == document.end() || !logging->is_object()) return false;
  const auto enabled = logging->find("EnableLogging");
  return enabled != logging->end() && enabled->is_boolean() && enabled->get<bool>();
}

}  // namespace

Result<std::vector<MonitoredTask>> monitored_tasks(Environment& environment,
                                                   const std::optional<std::string>& instance_identifier) {
  InstanceChoice choice;
  if (instance_identifier) choice.identifiers = {*instance_identifier};
  std::map<std::string, InstanceRecord> instances;
  std::vector<std::string> ids;
  for (InstanceRecord& instance : TRY(list_instances(environment.database, choice))) {
    ids.push_back(instance.id);
    instances.emplace(instance.id, std::move(instance));
  }
  TaskFilter filter;
  filter.instances = std::move(ids);
  std::vector<MonitoredTask> tasks;
  for (StoredTask& task : TRY(list_tasks(environment.database, filter, {}, TaskTexts::without_settings))) {
    const auto instance = instances.find(task.instance_id);
    if (instance == instances.end()) continue;
    tasks.push_back({.id = task.id,
                     .identifier = std::move(task.identifier),
                     .status = std::move(task.status),
                     .instance_identifier = instance->second.identifier,
                     .instance_class = instance->second.instance_class,
                     .created_us = task.created_us,
                     .run = task.run,
                     .folder = environment.folder + "/tasks/" + task.id});
  }
  return tasks;
}

Result<bool> publishes_log(Environment& environment, const MonitoredTask& task) {
  const auto stored = TRY(find_task(environment.database, task.id));
  return stored && enables_logging(stored->settings);
}

Result<std::vector<MonitoredInstance>> monitored_instances(Environment& environment) {
  std::vector<MonitoredInstance> instances;
  for (const InstanceRecord& record : TRY(list_instances(environment.database, {}))) {
    const InstanceClass* its_class = find_instance_class(record.instance_class);
    instances.push_back({.identifier = record.identifier,
                         .allocated_storage_gb = record.allocated_storage_gb,
                         .processors = its_class == nullptr ? 0 : its_class->processors,
                         .memory_mb = its_class == nullptr ? 0 : its_class->memory_mb,
                         .id = record.id});
  }
  return instances;
}

}  // namespace godwit
