#include "api/instance_json.h"

#include "api/call.h"
#include "api/subnet_group_json.h"
#include "control/node_address.h"

namespace godwit {
namespace {

using nlohmann::json;

json pending_json(const PendingInstanceValues& pending) {
  json out = json::object();
  if (pending.instance_class) out["ReplicationInstanceClass"] = *pending.instance_class;
  if (pending.allocated_storage_gb) out["AllocatedStorage"] = *pending.allocated_storage_gb;
  if (pending.multi_az) out["MultiAZ"] = *pending.multi_az;
  if (pending.engine_version) out["EngineVersion"] = *pending.engine_version;
  if (pending.network_type) out["NetworkType"] = *pending.network_type;
  return out;
}

json security_groups_json(const InstanceRecord& instance) {
  json out = json::array();
  for (const std::string& group : instance.security_groups)
    out.push_back({{"VpcSecurityGroupId", group}, {"Status", "active"}});
  return out;
}

void put_place(json& out, const InstanceRecord& instance) {
  out["InstanceCreateTime"] = json_time(instance.created_us);
  out["AvailabilityZone"] = instance.availability_zone;
  if (instance.multi_az) out["SecondaryAvailabilityZone"] = instance.secondary_availability_zone;
  out["ReplicationInstancePrivateIpAddress"] = node_address();
  out["ReplicationInstancePrivateIpAddresses"] = json::array({node_address()});
  out["ReplicationInstancePublicIpAddresses"] = json::array();  // a node has none that Godwit knows of
}

}  // namespace

json instance_json(const Environment& environment, const InstanceRecord& instance, const SubnetGroupRecord& group) {
  json out = {{"ReplicationInstanceIdentifier", instance.identifier},
              {"ReplicationInstanceArn", instance_arn(environment, instance)},
              {"ReplicationInstanceClass", instance.instance_class},
              {"ReplicationInstanceStatus", instance.status},
              {"AllocatedStorage", instance.allocated_storage_gb},
              {"VpcSecurityGroups", security_groups_json(instance)},
              {"ReplicationSubnetGroup", subnet_group_json(group)},
              {"PreferredMaintenanceWindow", instance.maintenance_window},
              {"PendingModifiedValues", pending_json(instance.pending)},
              {"MultiAZ", instance.multi_az},
              {"EngineVersion", instance.engine_version},
              {"AutoMinorVersionUpgrade", instance.auto_minor_version_upgrade},
              {"KmsKeyId", instance.kms_key_id},
              {"PubliclyAccessible", instance.publicly_accessible},
              {"NetworkType", instance.network_type}};
  if (!instance.dns_name_servers.empty()) out["DnsNameServers"] = instance.dns_name_servers;
  if (!instance.kerberos_settings.empty())
    out["KerberosAuthenticationSettings"] = json::parse(instance.kerberos_settings, nullptr, false);
  if (instance.status != "creating") put_place(out, instance);
  return out;
}

}  // namespace godwit
