#pragma once
// Replication instances (spec/api.md §4.9, §6.1): named pools of workers on this node. What is of the cloud alone
// (zones, security groups, public access) is kept and echoed.
//
// A call that changes an instance answers with the transitional status a client waits out ("creating", "modifying",
// "rebooting", "deleting"). In the store an instance is in one only while tasks that ran on it are being recycled; a
// server that was killed meanwhile ends it by settle_instances().

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/environment.h"
#include "control/instance_classes.h"
#include "store/instances.h"

namespace godwit {

struct Tag;

// Members of CreateReplicationInstance; absent: the default.
struct NewInstance {
  std::string identifier, instance_class;
  std::optional<std::string> resource_identifier, engine_version, availability_zone, subnet_group, maintenance_window,
      kms_key_id, dns_name_servers, network_type;
  std::optional<int64_t> allocated_storage_gb;
  std::optional<bool> multi_az, auto_minor_version_upgrade, publicly_accessible;
  std::vector<std::string> security_groups;
  std::string kerberos_settings;  // a JSON object; empty: none
};

// Members of ModifyReplicationInstance; absent: as it is.
struct InstanceChange {
  std::optional<std::string> identifier, instance_class, engine_version, maintenance_window, network_type,
      kerberos_settings;
  std::optional<int64_t> allocated_storage_gb;
  std::optional<bool> multi_az, auto_minor_version_upgrade;
  std::optional<std::vector<std::string>> security_groups;
  bool apply_immediately = false, allow_major_version_upgrade = false;
};

std::string instance_arn(const Environment& environment, const InstanceRecord& instance);
// ResourceNotFoundFault when the ARN is none of an instance of this server.
Result<InstanceRecord> require_instance(Environment& environment, std::string_view arn);
// The same, and InvalidResourceStateFault unless it is `available`.
Result<InstanceRecord> require_available_instance(Environment& environment, std::string_view arn);

// Each answers the instance as its call's reply shows it.
Result<InstanceRecord> create_instance(Environment& environment, const NewInstance& wanted,
                                       const std::vector<Tag>& tags);
Result<InstanceRecord> modify_instance(Environment& environment, std::string_view arn, const InstanceChange& change);
Result<InstanceRecord> reboot_instance(Environment& environment, std::string_view arn, bool force_failover,
                                       bool force_planned_failover);
Result<InstanceRecord> delete_instance(Environment& environment, std::string_view arn);

// At the server's start, before its workers are taken up: instances that were in transition are `available`.
Result<void> settle_instances(Environment& environment);
// Carries out what waits for a maintenance window that is open now.
Result<void> apply_pending_values(Environment& environment);

}  // namespace godwit
