// Replication instances, what can be ordered of them, their logs and their maintenance (spec/api.md §6.1, §6.11).

#include "control/instances.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "api/filter_values.h"
#include "api/instance_json.h"
#include "api/operations.h"
#include "api/paging.h"
#include "api/tag_input.h"
#include "control/engine_versions.h"
#include "control/instance_task_logs.h"
#include "control/resource_faults.h"

namespace godwit {
namespace {

using nlohmann::json;

// A member that is a JSON object, as text; nothing when it is not given.
std::optional<std::string> object_text(const Call& call, std::string_view member) {
  const auto found = call.input.find(member);
  if (found == call.input.end()) return std::nullopt;
  return found->dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<json> instance_reply(const Call& call, const InstanceRecord& instance) {
  const auto group = TRY(require_subnet_group(call.environment, instance.subnet_group));
  return json{{"ReplicationInstance", instance_json(call.environment, instance, group)}};
}

Result<json> create(const Call& call) {
  const NewInstance wanted{.identifier = call.text("ReplicationInstanceIdentifier"),
                           .instance_class = call.text("ReplicationInstanceClass"),
                           .resource_identifier = call.maybe_text("ResourceIdentifier"),
                           .engine_version = call.maybe_text("EngineVersion"),
                           .availability_zone = call.maybe_text("AvailabilityZone"),
                           .subnet_group = call.maybe_text("ReplicationSubnetGroupIdentifier"),
                           .maintenance_window = call.maybe_text("PreferredMaintenanceWindow"),
                           .kms_key_id = call.maybe_text("KmsKeyId"),
                           .dns_name_servers = call.maybe_text("DnsNameServers"),
                           .network_type = call.maybe_text("NetworkType"),
                           .allocated_storage_gb = call.maybe_integer("AllocatedStorage"),
                           .multi_az = call.maybe_flag("MultiAZ"),
                           .auto_minor_version_upgrade = call.maybe_flag("AutoMinorVersionUpgrade"),
                           .publicly_accessible = call.maybe_flag("PubliclyAccessible"),
                           .security_groups = call.texts("VpcSecurityGroupIds"),
                           .kerberos_settings = object_text(call, "KerberosAuthenticationSettings").value_or("")};
  return instance_reply(call, TRY(create_instance(call.environment, wanted, read_tags(call))));
}

Result<json> describe(const Call& call) {
  const auto filters = TRY(read_filters(
      call, {"replication-instance-arn", "replication-instance-id", "replication-instance-class", "engine-version"}));
  const PageRequest page = TRY(read_page(call));
  InstanceChoice choice;
  choice.ids = filter_ids(call, filters, "replication-instance-arn", "rep");
  choice.identifiers = filter_identifiers(filters, "replication-instance-id");
  choice.classes = filter_values(filters, "replication-instance-class");
  choice.engine_versions = filter_values(filters, "engine-version");
  auto instances = TRY(list_instances(call.environment.database, choice, list_page(page)));
  std::map<std::string, SubnetGroupRecord> groups;
  for (const InstanceRecord& instance : instances)
    if (!groups.contains(instance.subnet_group))
      groups[instance.subnet_group] = TRY(require_subnet_group(call.environment, instance.subnet_group));
  const auto key_of = [](const InstanceRecord& instance) {
    return std::vector<std::string>{std::to_string(instance.created_us), instance.identifier};
  };
  const auto to_json = [&](const InstanceRecord& instance) {
    return instance_json(call.environment, instance, groups[instance.subnet_group]);
  };
  return page_reply(call, page, "ReplicationInstances", std::move(instances), key_of, to_json,
                    "Replication Instances");
}

Result<json> modify(const Call& call) {
  InstanceChange change{.identifier = call.maybe_text("ReplicationInstanceIdentifier"),
                        .instance_class = call.maybe_text("ReplicationInstanceClass"),
                        .engine_version = call.maybe_text("EngineVersion"),
                        .maintenance_window = call.maybe_text("PreferredMaintenanceWindow"),
                        .network_type = call.maybe_text("NetworkType"),
                        .kerberos_settings = object_text(call, "KerberosAuthenticationSettings"),
                        .allocated_storage_gb = call.maybe_integer("AllocatedStorage"),
                        .multi_az = call.maybe_flag("MultiAZ"),
                        .auto_minor_version_upgrade = call.maybe_flag("AutoMinorVersionUpgrade"),
                        .security_groups = {},
                        .apply_immediately = call.maybe_flag("ApplyImmediately").value_or(false),
                        .allow_major_version_upgrade = call.maybe_flag("AllowMajorVersionUpgrade").value_or(false)};
  if (call.has("VpcSecurityGroupIds")) change.security_groups = call.texts("VpcSecurityGroupIds");
  return instance_reply(call, TRY(modify_instance(call.environment, call.text("ReplicationInstanceArn"), change)));
}

Result<json> remove(const Call& call) {
  return instance_reply(call, TRY(delete_instance(call.environment, call.text("ReplicationInstanceArn"))));
}

Result<json> reboot(const Call& call) {
  return instance_reply(call, TRY(reboot_instance(call.environment, call.text("ReplicationInstanceArn"),
                                                  call.maybe_flag("ForceFailover").value_or(false),
                                                  call.maybe_flag("ForcePlannedFailover").value_or(false))));
}

// Of a list that never changes the page's rows and all after them; a row's key is its place.
template <class Row>
std::vector<std::pair<size_t, Row>> rows_after(const PageRequest& page, const std::vector<Row>& all) {
  size_t first = 0;
  if (!page.after.empty()) {
    const std::string& text = page.after.front();
    std::from_chars(text.data(), text.data() + text.size(), first);
    ++first;
  }
  std::vector<std::pair<size_t, Row>> rows;
  for (size_t i = first; i < all.size(); ++i) rows.emplace_back(i, all[i]);
  return rows;
}

constexpr auto place_of = [](const auto& row) { return std::vector<std::string>{std::to_string(row.first)}; };

struct OrderableRow {
  std::string_view engine_version;
  const InstanceClass* instance_class;
};

Result<json> describe_orderable(const Call& call) {
  const PageRequest page = TRY(read_page(call));
  std::vector<OrderableRow> all;
  for (const EngineVersion& version : engine_versions())
    for (const InstanceClass& one : instance_classes()) all.push_back({version.version, &one});
  const auto zones = availability_zones(call.environment.names);
  const auto to_json = [&](const auto& row) {
    const auto& [version, one] = row.second;
    return json{{"EngineVersion", version},
                {"ReplicationInstanceClass", one->name},
                {"StorageType", "gp2"},
                {"MinAllocatedStorage", storage_gb_min},
                {"MaxAllocatedStorage", storage_gb_max},
                {"DefaultAllocatedStorage", one->default_storage_gb},
                {"IncludedAllocatedStorage", one->default_storage_gb},
                {"AvailabilityZones", zones}};
  };
  return page_reply(call, page, "OrderableReplicationInstances", rows_after(page, all), place_of, to_json, "");
}

Result<json> describe_engine_versions(const Call& call) {
  const PageRequest page = TRY(read_page(call));
  const std::vector<EngineVersion> all(engine_versions().begin(), engine_versions().end());
  const auto to_json = [](const auto& row) {
    return json{{"Version", row.second.version},
                {"Lifecycle", row.second.lifecycle},
                {"ReleaseStatus", "prod"},
                {"AvailableUpgrades", available_upgrades(row.second.version)}};
  };
  return page_reply(call, page, "EngineVersions", rows_after(page, all), place_of, to_json, "");
}

Result<json> describe_task_logs(const Call& call) {
  const PageRequest page = TRY(read_page(call));
  const InstanceRecord instance = TRY(require_instance(call.environment, call.text("ReplicationInstanceArn")));
  auto logs = TRY(instance_task_logs(call.environment, instance.id, list_page(page)));
  const auto key_of = [](const InstanceTaskLog& log) {
    return std::vector<std::string>{std::to_string(log.task_created_us), log.task_identifier};
  };
  const auto to_json = [](const InstanceTaskLog& log) {
    return json{{"ReplicationTaskName", log.task_identifier},
                {"ReplicationTaskArn", log.task_arn},
                {"ReplicationInstanceTaskLogSize", log.bytes}};
  };
  json reply = TRY(page_reply(call, page, "ReplicationInstanceTaskLogs", std::move(logs), key_of, to_json, ""));
  reply["ReplicationInstanceArn"] = instance_arn(call.environment, instance);
  return reply;
}

// This server has no software or system to patch behind its user's back, so nothing is ever pending.
Result<json> describe_pending_maintenance(const Call& call) {
  TRY(read_filters(call, {"replication-instance-arn"}));
  TRY(read_page(call));
  if (const auto arn = call.maybe_text("ReplicationInstanceArn")) TRY(require_instance(call.environment, *arn));
  return json{{"PendingMaintenanceActions", json::array()}};
}

Result<json> apply_pending_maintenance(const Call& call) {
  const std::string arn = call.text("ReplicationInstanceArn"), action = call.text("ApplyAction"),
                    opt_in = call.text("OptInType");
  constexpr std::string_view actions[] = {"os-upgrade", "system-update", "db-upgrade", "os-patch"};
  constexpr std::string_view opt_ins[] = {"immediate", "next-maintenance", "undo-opt-in"};
  if (std::ranges::find(actions, action) == std::end(actions)) return Failure(maintenance_action_refused(action));
  if (std::ranges::find(opt_ins, opt_in) == std::end(opt_ins)) return Failure(opt_in_type_refused(opt_in));
  TRY(require_instance(call.environment, arn));
  return Failure(no_such_maintenance_action(action, arn));
}

constexpr Operation operations[] = {
    {"CreateReplicationInstance", create, Role::admin},
    {"DescribeReplicationInstances", describe, Role::viewer},
    {"ModifyReplicationInstance", modify, Role::admin},
    {"DeleteReplicationInstance", remove, Role::admin},
    {"RebootReplicationInstance", reboot, Role::admin},
    {"DescribeOrderableReplicationInstances", describe_orderable, Role::viewer},
    {"DescribeEngineVersions", describe_engine_versions, Role::viewer},
    {"DescribeReplicationInstanceTaskLogs", describe_task_logs, Role::viewer},
    {"DescribePendingMaintenanceActions", describe_pending_maintenance, Role::viewer},
    {"ApplyPendingMaintenanceAction", apply_pending_maintenance, Role::admin},
};

}  // namespace

std::span<const Operation> instance_operations() {
  return operations;
}

}  // namespace godwit
