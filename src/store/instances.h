#pragma once
// Replication instances: table `instances`, key `id`. Tables of other resources name an instance by
// `instance_id TEXT NOT NULL REFERENCES instances (id)`; what is to go with it says ON DELETE CASCADE.

#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace godwit {

// What waits for the maintenance window; absent: nothing of it.
struct PendingInstanceValues {
  std::optional<std::string> instance_class;
  std::optional<int64_t> allocated_storage_gb;
  std::optional<bool> multi_az;
  std::optional<std::string> engine_version;
  std::optional<std::string> network_type;

  bool operator==(const PendingInstanceValues&) const = default;
  bool empty() const {
    return !instance_class && !allocated_storage_gb && !multi_az && !engine_version && !network_type;
  }
};

struct InstanceRecord {
  std::string id;          // the last part of its ARN
  std::string identifier;  // lower-case, unique
  int64_t created_us = 0;
  std::string status;  // "available", "modifying", "upgrading", "rebooting"
  std::string instance_class, engine_version;
  int64_t allocated_storage_gb = 0;
  bool multi_az = false, auto_minor_version_upgrade = true, publicly_accessible = true;
  std::string availability_zone, secondary_availability_zone;  // the second one: empty unless multi_az
  std::string subnet_group;                                    // its identifier
  std::vector<std::string> security_groups;
  std::string maintenance_window;  // "sun:06:00-sun:14:00"
  std::string kms_key_id, dns_name_servers, network_type;
  std::string kerberos_settings;  // JSON object as it was given; empty: none
  PendingInstanceValues pending;
};

// Which instances are asked for: of each list that is given, one value must hold.
struct InstanceChoice {
  std::optional<std::vector<std::string>> ids{}, identifiers{}, classes{}, engine_versions{}, statuses{},
      subnet_groups{};
};

Result<void> insert_instance(Database& database, const InstanceRecord& instance);
// All but id and creation time.
Result<void> update_instance(Database& database, const InstanceRecord& instance);
Result<void> delete_instance(Database& database, std::string_view id);

Result<std::optional<InstanceRecord>> find_instance(Database& database, std::string_view id);
Result<std::optional<InstanceRecord>> find_instance_by_identifier(Database& database, std::string_view identifier);
Result<std::vector<InstanceRecord>> list_instances(Database& database, const InstanceChoice& choice,
                                                   const ListPage& page = {});

}  // namespace godwit
