#include "control/instance_changes.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/server_log.h"
#include "base/text.h"
#include "control/engine_versions.h"
#include "control/instances.h"
#include "control/resource_faults.h"
#include "control/subnet_groups.h"
#include "control/task_runs.h"

namespace godwit {
namespace {

constexpr std::string_view configuration_change = "configuration change";

Result<void> settle(Environment& environment, const std::string& instance_id,
                    const std::vector<InstanceEvent>& done) {
  return environment.database.atomically([&]() -> Result<void> {
    auto instance = TRY(find_instance(environment.database, instance_id));
    if (!instance) return {};
    instance->status = "available";
    TRY(update_instance(environment.database, *instance));
    return note_instance_events(environment, *instance, done);
  });
}

void apply_multi_az(const Environment& environment, InstanceRecord& instance, bool multi_az) {
  instance.multi_az = multi_az;
  instance.secondary_availability_zone.clear();
  if (!multi_az) return;
  const auto zones = availability_zones(environment.names);
  instance.secondary_availability_zone = zones.front() == instance.availability_zone ? zones.back() : zones.front();
}

}  // namespace

Result<void> note_instance_events(Environment& environment, const InstanceRecord& instance,
                                  const std::vector<InstanceEvent>& events) {
  for (const InstanceEvent& event : events)
    TRY(note_event(environment, EventSource::replication_instance, instance.identifier,
                   instance_arn(environment, instance), event.number, event.category, event.message));
  return {};
}

Result<void> check_instance_class(std::string_view name) {
  if (find_instance_class(name) == nullptr) return Failure(instance_class_refused(name));
  return {};
}

Result<void> check_storage(int64_t gb) {
  if (gb < storage_gb_min || gb > storage_gb_max) return Failure(storage_refused(gb, storage_gb_min, storage_gb_max));
  return {};
}

Result<void> check_engine_version(std::string_view version) {
  if (find_engine_version(version) == nullptr) return Failure(engine_version_refused(version));
  return {};
}

Result<void> check_network_type(std::string_view type) {
  if (type != "IPV4" && type != "DUAL") return Failure(network_type_refused(type));
  return {};
}

Result<void> check_dns_name_servers(std::string_view servers) {
  if (servers.empty()) return {};
  const auto addresses = split(servers, ',');
  const auto is_address = [](const std::string& address) {
    in6_addr bytes{};  // the larger of both
    const std::string text(trim(address));
    return ::inet_pton(AF_INET, text.c_str(), &bytes) == 1 || ::inet_pton(AF_INET6, text.c_str(), &bytes) == 1;
  };
  if (addresses.size() > 4 || !std::ranges::all_of(addresses, is_address))
    return Failure(dns_name_servers_refused(servers));
  return {};
}

AppliedValues apply_values(const Environment& environment, InstanceRecord& instance,
                           const PendingInstanceValues& values) {
  AppliedValues applied;
  if (values.instance_class) {
    instance.instance_class = *values.instance_class;
    applied.recycles = true;
    applied.started.push_back({12, configuration_change, "Replication instance class change started"});
    applied.done.push_back({14, configuration_change, "Replication instance class changed"});
  }
  if (values.allocated_storage_gb) {
    instance.allocated_storage_gb = *values.allocated_storage_gb;
    applied.started.push_back({18, configuration_change, "Replication instance storage increase started"});
    applied.done.push_back({17, configuration_change, "Replication instance storage increased"});
  }
  if (values.multi_az) {
    apply_multi_az(environment, instance, *values.multi_az);
    applied.started.push_back(*values.multi_az
                                  ? InstanceEvent{24, configuration_change, "Change to Multi-AZ started"}
                                  : InstanceEvent{30, configuration_change, "Change to Single-AZ started"});
    applied.done.push_back(*values.multi_az
                               ? InstanceEvent{25, configuration_change, "Change to Multi-AZ completed"}
                               : InstanceEvent{29, configuration_change, "Change to Single-AZ completed"});
  }
  if (values.engine_version) {
    instance.engine_version = *values.engine_version;
    applied.recycles = true;
    applied.done.push_back({47, "maintenance", "Replication instance software updated"});
  }
  if (values.network_type) instance.network_type = *values.network_type;
  return applied;
}

std::string_view transition_of(const PendingInstanceValues& values) {
  return values.engine_version ? "upgrading" : "modifying";
}

void recycle_then_settle(Environment& environment, const std::string& instance_id, std::vector<InstanceEvent> done) {
  const auto finish = [&environment, instance_id, done = std::move(done)](const Result<void>& recycled) {
    if (!recycled)
      server_log_of(Severity::warning, "instances", "Tasks of replication instance {} were not all resumed: {}",
                    instance_id, recycled.error().message);
    until_stored(environment.background, "instances",
                 fmt::format("The end of a change of replication instance {}", instance_id),
                 [&environment, instance_id, done] { return settle(environment, instance_id, done); });
  };
  recycle_tasks(environment, instance_id, finish);
}

}  // namespace godwit
