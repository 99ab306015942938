#include "store/instances.h"

#include "store/json_columns.h"
#include "store/where.h"

namespace godwit {
namespace {

constexpr std::string_view select =
    "SELECT id, identifier, created_us, status, instance_class, engine_version, allocated_storage_gb, multi_az, "
    "auto_minor_version_upgrade, publicly_accessible, availability_zone, secondary_availability_zone, subnet_group, "
    "security_groups, maintenance_window, kms_key_id, dns_name_servers, network_type, kerberos_settings, "
    "pending_instance_class, pending_allocated_storage_gb, pending_multi_az, pending_engine_version, "
    "pending_network_type FROM instances";

InstanceRecord read(const Row& row) {
  InstanceRecord out;
  out.id = row.text(0);
  out.identifier = row.text(1);
  out.created_us = row.integer(2);
  out.status = row.text(3);
  out.instance_class = row.text(4);
  out.engine_version = row.text(5);
  out.allocated_storage_gb = row.integer(6);
  out.multi_az = row.integer(7) != 0;
  out.auto_minor_version_upgrade = row.integer(8) != 0;
  out.publicly_accessible = row.integer(9) != 0;
  out.availability_zone = row.text(10);
  out.secondary_availability_zone = row.text(11);
  out.subnet_group = row.text(12);
  out.security_groups = read_text_list(row.text(13));
  out.maintenance_window = row.text(14);
  out.kms_key_id = row.text(15);
  out.dns_name_servers = row.text(16);
  out.network_type = row.text(17);
  out.kerberos_settings = row.text(18);
  out.pending.instance_class = row.maybe_text(19);
  out.pending.allocated_storage_gb = row.maybe_integer(20);
  if (!row.is_null(21)) out.pending.multi_az = row.integer(21) != 0;
  out.pending.engine_version = row.maybe_text(22);
  out.pending.network_type = row.maybe_text(23);
  return out;
}

SqlValue flag(bool value) {
  return int64_t{value};
}
SqlValue maybe(const std::optional<std::string>& text) {
  return text ? SqlValue(std::string_view(*text)) : SqlValue(nullptr);
}
SqlValue maybe(const std::optional<int64_t>& number) {
  return number ? SqlValue(*number) : SqlValue(nullptr);
}
SqlValue maybe(const std::optional<bool>& value) {
  return value ? flag(*value) : SqlValue(nullptr);
}

// The statement's '?'s are these columns in this order, then the id, then what `last` adds.
Result<void> write(Database& database, std::string_view sql, const InstanceRecord& one,
                   std::initializer_list<SqlValue> last) {
  const std::string groups = text_list(one.security_groups);
  std::vector<SqlValue> values = {one.identifier,
                                  one.status,
                                  one.instance_class,
                                  one.engine_version,
                                  one.allocated_storage_gb,
                                  flag(one.multi_az),
                                  flag(one.auto_minor_version_upgrade),
                                  flag(one.publicly_accessible),
                                  one.availability_zone,
                                  one.secondary_availability_zone,
                                  one.subnet_group,
                                  groups,
                                  one.maintenance_window,
                                  one.kms_key_id,
                                  one.dns_name_servers,
                                  one.network_type,
                                  one.kerberos_settings,
                                  maybe(one.pending.instance_class),
                                  maybe(one.pending.allocated_storage_gb),
                                  maybe(one.pending.multi_az),
                                  maybe(one.pending.engine_version),
                                  maybe(one.pending.network_type),
                                  one.id};
  values.insert(values.end(), last);
  TRY(database.run(sql, values));
  return {};
}

Result<std::optional<InstanceRecord>> find(Database& database, std::string_view condition, std::string_view value) {
  std::optional<InstanceRecord> found;
  TRY(database.each(std::string(select).append(condition), {value}, [&](const Row& row) { found = read(row); }));
  return found;
}

}  // namespace

Result<void> insert_instance(Database& database, const InstanceRecord& instance) {
  return write(database,
               "INSERT INTO instances (identifier, status, instance_class, engine_version, allocated_storage_gb, "
               "multi_az, auto_minor_version_upgrade, publicly_accessible, availability_zone, "
               "secondary_availability_zone, subnet_group, security_groups, maintenance_window, kms_key_id, "
               "dns_name_servers, network_type, kerberos_settings, pending_instance_class, "
               "pending_allocated_storage_gb, pending_multi_az, pending_engine_version, pending_network_type, id, "
               "created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               instance, {instance.created_us});
}

Result<void> update_instance(Database& database, const InstanceRecord& instance) {
  return write(database,
               "UPDATE instances SET identifier = ?, status = ?, instance_class = ?, engine_version = ?, "
               "allocated_storage_gb = ?, multi_az = ?, auto_minor_version_upgrade = ?, publicly_accessible = ?, "
               "availability_zone = ?, secondary_availability_zone = ?, subnet_group = ?, security_groups = ?, "
               "maintenance_window = ?, kms_key_id = ?, dns_name_servers = ?, network_type = ?, kerberos_settings = "
               "?, pending_instance_class = ?, pending_allocated_storage_gb = ?, pending_multi_az = ?, "
               "pending_engine_version = ?, pending_network_type = ? WHERE id = ?",
               instance, {});
}

Result<void> delete_instance(Database& database, std::string_view id) {
  TRY(database.run("DELETE FROM instances WHERE id = ?", {id}));
  return {};
}

Result<std::optional<InstanceRecord>> find_instance(Database& database, std::string_view id) {
  return find(database, " WHERE id = ?", id);
}

Result<std::optional<InstanceRecord>> find_instance_by_identifier(Database& database, std::string_view identifier) {
  return find(database, " WHERE identifier = ?", identifier);
}

Result<std::vector<InstanceRecord>> list_instances(Database& database, const InstanceChoice& choice,
                                                   const ListPage& page) {
  Where where;
  if (choice.ids) where.among("id", *choice.ids);
  if (choice.identifiers) where.among("identifier", *choice.identifiers);
  if (choice.classes) where.among("instance_class", *choice.classes);
  if (choice.engine_versions) where.among("engine_version", *choice.engine_versions);
  if (choice.statuses) where.among("status", *choice.statuses);
  if (choice.subnet_groups) where.among("subnet_group", *choice.subnet_groups);
  std::vector<InstanceRecord> out;
  const std::string sql = std::string(select) + where.sql(page);
  TRY(database.each(sql, where.values(), [&](const Row& row) { out.push_back(read(row)); }));
  return out;
}

}  // namespace godwit
