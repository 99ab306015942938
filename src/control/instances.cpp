#include "control/instances.h"

#include <algorithm>
#include <random>

#include "base/text.h"
#include "control/account.h"
#include "control/engine_versions.h"
#include "control/faults.h"
#include "control/identifiers.h"
#include "control/instance_changes.h"
#include "control/maintenance_window.h"
#include "control/resource_faults.h"
#include "control/subnet_groups.h"
#include "control/tags.h"
#include "control/tasks.h"
#include "store/tasks.h"

namespace godwit {
namespace {

const std::string available = "available";

InstanceRecord shown_as(InstanceRecord instance, std::string_view status) {
  instance.status = status;
  return instance;
}

// The zone asked for, else one of those its subnets are in; a second one for MultiAZ.
void choose_zones(InstanceRecord& instance, const NewInstance& wanted, const SubnetGroupRecord& group) {
  std::vector<std::string> zones;
  for (const SubnetRecord& subnet : group.subnets)
    if (std::ranges::find(zones, subnet.availability_zone) == zones.end()) zones.push_back(subnet.availability_zone);
  std::ranges::shuffle(zones, std::random_device());
  instance.availability_zone = wanted.availability_zone.value_or(zones.front());
  if (instance.multi_az) instance.secondary_availability_zone = zones.back();
}

Result<void> check_new_instance(const NewInstance& wanted) {
  TRY(check_instance_class(wanted.instance_class));
  if (wanted.allocated_storage_gb) TRY(check_storage(*wanted.allocated_storage_gb));
  if (wanted.engine_version) TRY(check_engine_version(*wanted.engine_version));
  if (wanted.network_type) TRY(check_network_type(*wanted.network_type));
  if (wanted.dns_name_servers) TRY(check_dns_name_servers(*wanted.dns_name_servers));
  if (wanted.availability_zone && wanted.multi_az.value_or(false)) return Failure(zone_with_multi_az());
  return {};
}

Result<InstanceRecord> with_defaults(const Environment& environment, const NewInstance& wanted) {
  InstanceRecord made;
  made.identifier = TRY(read_identifier("ReplicationInstanceIdentifier", wanted.identifier, 63));
  TRY(check_new_instance(wanted));
  made.id = wanted.resource_identifier ? TRY(read_resource_identifier(*wanted.resource_identifier)) : new_resource_id();
  made.created_us = environment.now_us();
  made.status = available;
  made.instance_class = wanted.instance_class;
  made.engine_version = wanted.engine_version.value_or(std::string(default_engine_version()));
  made.allocated_storage_gb =
      wanted.allocated_storage_gb.value_or(find_instance_class(wanted.instance_class)->default_storage_gb);
  made.multi_az = wanted.multi_az.value_or(false);
  made.auto_minor_version_upgrade = wanted.auto_minor_version_upgrade.value_or(true);
  made.publicly_accessible = wanted.publicly_accessible.value_or(true);
  made.maintenance_window = wanted.maintenance_window ? TRY(read_maintenance_window(*wanted.maintenance_window))
                                                      : random_maintenance_window();
                                                      made.kms_key_id = wanted.kms_key_id.value_or(
                                                          default_kms_key_arn(environment.names));
                                                      made.dns_name_servers = wanted.dns_name_servers.value_or("");
                                                      made.network_type = wanted.network_type.value_or("IPV4");
                                                      made.security_groups = wanted.security_groups;
                                                      made.kerberos_settings = wanted.kerberos_settings;
                                                      return made;
}

Result<void> check_names_are_free(Environment& environment, const InstanceRecord& made) {
  if (TRY(find_instance_by_identifier(environment.database, made.identifier)))
    return Failure(already_exists("Replication Instance", made.identifier));
  if (TRY(find_instance(environment.database, made.id)))
    return Failure(already_exists("Replication Instance", made.id, instance_arn(environment, made)));
  return {};
}

Result<void> check_change(const InstanceRecord& now, const InstanceChange& change) {
  if (change.instance_class) TRY(check_instance_class(*change.instance_class));
  if (change.network_type) TRY(check_network_type(*change.network_type));
  if (change.allocated_storage_gb) {
    TRY(check_storage(*change.allocated_storage_gb));
    if (*change.allocated_storage_gb < now.allocated_storage_gb)
      return Failure(storage_cannot_shrink(*change.allocated_storage_gb, now.allocated_storage_gb));
  }
  if (!change.engine_version || *change.engine_version == now.engine_version) return {};
  TRY(check_engine_version(*change.engine_version));
  const auto upgrades = available_upgrades(now.engine_version);
  if (std::ranges::find(upgrades, *change.engine_version) == upgrades.end())
    return Failure(engine_version_is_no_upgrade(*change.engine_version, now.engine_version));
  if (is_major_change(now.engine_version, *change.engine_version) && !change.allow_major_version_upgrade)
    return Failure(major_upgrade_not_allowed(*change.engine_version, now.engine_version));
  return {};
}

template <class Value>
void want(std::optional<Value>& pending, const std::optional<Value>& asked, const Value& now) {
  if (asked) pending = asked;
  if (pending == now) pending.reset();
}

// What is to become of the values that may wait for the maintenance window.
PendingInstanceValues wanted_values(const InstanceRecord& now, const InstanceChange& change) {
  PendingInstanceValues wanted = now.pending;
  want(wanted.instance_class, change.instance_class, now.instance_class);
  want(wanted.allocated_storage_gb, change.allocated_storage_gb, now.allocated_storage_gb);
  want(wanted.multi_az, change.multi_az, now.multi_az);
  want(wanted.engine_version, change.engine_version, now.engine_version);
  want(wanted.network_type, change.network_type, now.network_type);
  return wanted;
}

template <class Value>
bool assign(Value& now, const std::optional<Value>& asked) {
  if (!asked || *asked == now) return false;
  now = *asked;
  return true;
}

// The values that never wait; answers whether any of them is another one.
Result<bool> apply_at_once(Environment& environment, InstanceRecord& instance, const InstanceChange& change) {
  bool changed = false;
  if (change.identifier) {
    const std::string name = TRY(read_identifier("ReplicationInstanceIdentifier", *change.identifier, 63));
    const auto other = TRY(find_instance_by_identifier(environment.database, name));
    if (other && other->id != instance.id) return Failure(already_exists("Replication Instance", name));
    if (name != instance.identifier) TRY(rename_log_groups(environment, instance.id, name));
    changed |= assign(instance.identifier, std::optional(name));
  }
  if (change.maintenance_window)
    changed |=
        assign(instance.maintenance_window, std::optional(TRY(read_maintenance_window(*change.maintenance_window))));
  changed |= assign(instance.auto_minor_version_upgrade, change.auto_minor_version_upgrade);
  changed |= assign(instance.security_groups, change.security_groups);
  changed |= assign(instance.kerberos_settings, change.kerberos_settings);
  return changed;
}

bool asks_for_deferred(const InstanceChange& change) {
  return change.instance_class || change.allocated_storage_gb || change.multi_az || change.engine_version ||
         change.network_type;
}

// Takes the values on now, inside a transaction. What is to follow its end.
Result<AppliedValues> take_on(Environment& environment, InstanceRecord& instance,
                              const PendingInstanceValues& values) {
  if (values.allocated_storage_gb)
    TRY(require_quota(environment, "AllocatedStorage", *values.allocated_storage_gb - instance.allocated_storage_gb));
  AppliedValues applied = apply_values(environment, instance, values);
  instance.pending = {};
  if (applied.recycles) instance.status = transition_of(values);
  TRY(update_instance(environment.database, instance));
  TRY(note_instance_events(environment, instance, applied.started));
  if (!applied.recycles) TRY(note_instance_events(environment, instance, applied.done));
  return applied;
}

}  // namespace

std::string instance_arn(const Environment& environment, const InstanceRecord& instance) {
  return make_arn(environment.names, "rep", instance.id);
}

Result<InstanceRecord> require_instance(Environment& environment, std::string_view arn) {
  const auto id = id_of(environment.names, arn, "rep");
  auto instance = id ? TRY(find_instance(environment.database, *id)) : std::nullopt;
  if (!instance) return Failure(not_found("Replication Instance", arn));
  return std::move(*instance);
}

Result<InstanceRecord> require_available_instance(Environment& environment, std::string_view arn) {
  InstanceRecord instance = TRY(require_instance(environment, arn));
  if (instance.status != available) return Failure(instance_not_available(instance.identifier, instance.status));
  return instance;
}

Result<InstanceRecord> create_instance(Environment& environment, const NewInstance& wanted,
                                       const std::vector<Tag>& tags) {
  InstanceRecord made = TRY(with_defaults(environment, wanted));
  TRY(environment.database.atomically([&]() -> Result<void> {
    TRY(check_names_are_free(environment, made));
    TRY(require_quota(environment, "ReplicationInstances"));
    TRY(require_quota(environment, "AllocatedStorage", made.allocated_storage_gb));
    const SubnetGroupRecord group = TRY(require_subnet_group(environment, wanted.subnet_group.value_or("")));
    made.subnet_group = group.identifier;
    choose_zones(made, wanted, group);
    TRY(insert_instance(environment.database, made));
    TRY(add_tags(environment, instance_arn(environment, made), tags));
    return note_instance_events(
        environment, made,
        {{67, "creation", "Replication instance creation started"}, {5, "creation", "Replication instance created"}});
  }));
  return shown_as(std::move(made), "creating");
}

Result<InstanceRecord> modify_instance(Environment& environment, std::string_view arn, const InstanceChange& change) {
  AppliedValues applied;
  InstanceRecord shown = TRY(environment.database.atomically([&]() -> Result<InstanceRecord> {
    InstanceRecord instance = TRY(require_available_instance(environment, arn));
    TRY(check_change(instance, change));
    const PendingInstanceValues wanted = wanted_values(instance, change);
    const bool changed = TRY(apply_at_once(environment, instance, change));
    const bool applies = change.apply_immediately && asks_for_deferred(change) && !wanted.empty();
    if (!changed && !applies && wanted == instance.pending) return Failure(no_modifications());
    if (applies) {
      applied = TRY(take_on(environment, instance, wanted));
      return shown_as(std::move(instance), transition_of(wanted));
    }
    instance.pending = wanted;
    TRY(update_instance(environment.database, instance));
    return instance;
  }));
  if (applied.recycles) recycle_then_settle(environment, shown.id, std::move(applied.done));
  return shown;
}

Result<InstanceRecord> reboot_instance(Environment& environment, std::string_view arn, bool force_failover,
                                       bool force_planned_failover) {
  if (force_failover && force_planned_failover) return Failure(failover_kinds_exclude_each_other());
  const bool failover = force_failover || force_planned_failover;
  InstanceRecord instance = TRY(environment.database.atomically([&]() -> Result<InstanceRecord> {
    InstanceRecord found = TRY(require_available_instance(environment, arn));
    if (failover && !found.multi_az) return Failure(failover_needs_multi_az());
    if (failover) {
      std::swap(found.availability_zone, found.secondary_availability_zone);
      TRY(note_instance_events(environment, found, {{13, "failover", "Failover started"}}));
    }
    found.status = "rebooting";
    TRY(update_instance(environment.database, found));
    return found;
  }));
  std::vector<InstanceEvent> done;
  if (failover) done.push_back({49, "failover", "Failover completed"});
  recycle_then_settle(environment, instance.id, std::move(done));
  return instance;
}

Result<InstanceRecord> delete_instance(Environment& environment, std::string_view arn) {
  return environment.database.atomically([&]() -> Result<InstanceRecord> {
    InstanceRecord instance = TRY(require_available_instance(environment, arn));
    TaskFilter on_instance;
    on_instance.instances = {instance.id};
    const int64_t tasks = TRY(count_tasks(environment.database, on_instance));
    if (tasks > 0) return Failure(instance_has_tasks(instance.identifier, tasks));
    TRY(delete_instance(environment.database, instance.id));
    TRY(note_instance_events(environment, instance,
                             {{66, "deletion", "Replication instance deletion started"},
                              {3, "deletion", "Replication instance deleted"}}));
    return shown_as(std::move(instance), "deleting");
  });
}

Result<void> settle_instances(Environment& environment) {
  const InstanceChoice in_transition{.statuses = {{"modifying", "upgrading", "rebooting"}}};
  return environment.database.atomically([&]() -> Result<void> {
    for (InstanceRecord& instance : TRY(list_instances(environment.database, in_transition))) {
      std::vector<InstanceEvent> done;
      if (instance.status == "modifying")
        done.push_back({14, "configuration change", "Replication instance class changed"});
      if (instance.status == "upgrading")
        done.push_back({47, "maintenance", "Replication instance software updated"});
      instance.status = available;
      TRY(update_instance(environment.database, instance));
      TRY(note_instance_events(environment, instance, done));
    }
    return {};
  });
}

Result<void> apply_pending_values(Environment& environment) {
  const int64_t now = environment.now_us();
  for (const InstanceRecord& one : TRY(list_instances(environment.database, {.statuses = {{available}}}))) {
    if (one.pending.empty() || !is_open(one.maintenance_window, now)) continue;
    const AppliedValues applied = TRY(environment.database.atomically([&]() -> Result<AppliedValues> {
      auto instance = TRY(find_instance(environment.database, one.id));
      if (!instance || instance->status != available) return AppliedValues{};
      const PendingInstanceValues values = instance->pending;
      return take_on(environment, *instance, values);
    }));
    if (applied.recycles) recycle_then_settle(environment, one.id, applied.done);
  }
  return {};
}

}  // namespace godwit
