#include "control/resource_faults.h"

#include <fmt/format.h>

#include "control/faults.h"

namespace godwit {

Error identifier_refused(std::string_view member, std::string_view text, size_t longest) {
  return invalid_value(fmt::format(
      "The parameter {} must be 1 to {} letters, digits and hyphens, begin with a letter, and hold neither "
      "two hyphens in a row nor one at its end: {}",
      member, longest, text));
}

Error subnet_group_identifier_refused(std::string_view text) {
  return invalid_value(
      fmt::format("The parameter ReplicationSubnetGroupIdentifier must be 1 to 255 letters, digits, periods, "
                  "underscores, hyphens and blanks, and not \"default\": {}",
                  text));
}

Error instance_class_refused(std::string_view text) {
  return invalid_value(
      fmt::format("The parameter ReplicationInstanceClass is none of the classes that "
                  "DescribeOrderableReplicationInstances lists: {}",
                  text));
}

Error storage_refused(int64_t gb, int64_t lowest, int64_t highest) {
  return invalid_value(
      fmt::format("The parameter AllocatedStorage must be {} to {} (GB), not {}.", lowest, highest, gb));
}

Error storage_cannot_shrink(int64_t gb, int64_t now_gb) {
  return invalid_value(
      fmt::format("The parameter AllocatedStorage can only grow: it is {} GB, and {} were asked for.", now_gb, gb));
}

Error engine_version_refused(std::string_view text) {
  return invalid_value(
      fmt::format("The parameter EngineVersion is none of the versions that DescribeEngineVersions lists: {}", text));
}

Error engine_version_is_no_upgrade(std::string_view text, std::string_view now) {
  return invalid_value(
      fmt::format("The parameter EngineVersion {} is no upgrade of {}: DescribeEngineVersions lists its "
                  "AvailableUpgrades.",
                  text, now));
}

Error major_upgrade_not_allowed(std::string_view text, std::string_view now) {
  return invalid_combination(fmt::format(
      "The upgrade from {} to {} is one of the major version: give AllowMajorVersionUpgrade.", now, text));
}

Error network_type_refused(std::string_view text) {
  return invalid_value(fmt::format("The parameter NetworkType must be IPV4 or DUAL: {}", text));
}

Error dns_name_servers_refused(std::string_view text) {
  return invalid_value(fmt::format(
      "The parameter DnsNameServers must be at most four IP addresses with commas between them: {}", text));
}

Error maintenance_window_refused(std::string_view text) {
  return invalid_value(
      fmt::format("The parameter PreferredMaintenanceWindow must have the form ddd:hh24:mi-ddd:hh24:mi, such as "
                  "sun:06:00-sun:14:00 (UTC): {}",
                  text));
}

Error maintenance_window_too_short(std::string_view text) {
  return invalid_value(
      fmt::format("The parameter PreferredMaintenanceWindow must be of at least 30 minutes: {}", text));
}

Error zone_with_multi_az() {
  return invalid_combination("AvailabilityZone cannot be given together with MultiAZ.");
}

Error no_modifications() {
  return invalid_combination("No modifications were requested");
}

Error instance_not_available(std::string_view identifier, std::string_view status) {
  return invalid_state(
      fmt::format("Replication instance {} is not available: its status is {}.", identifier, status));
}

Error instance_has_tasks(std::string_view identifier, int64_t tasks) {
  return invalid_state(fmt::format(
      "Replication instance {} cannot be deleted: {} replication task(s) are assigned to it. Move or delete "
      "them first.",
      identifier, tasks));
}

Error failover_needs_multi_az() {
  return invalid_combination("ForceFailover and ForcePlannedFailover need an instance with MultiAZ.");
}

Error failover_kinds_exclude_each_other() {
  return invalid_combination("ForceFailover and ForcePlannedFailover cannot be given together.");
}

Error storage_quota_exceeded(int64_t gb, int64_t most_gb) {
  return fault("StorageQuotaExceededFault",
               fmt::format("{} GB more would exceed the quota AllocatedStorage of {} GB.", gb, most_gb));
}

Error maintenance_action_refused(std::string_view text) {
  return invalid_value(
      fmt::format("The parameter ApplyAction must be os-upgrade, system-update, db-upgrade or os-patch: {}", text));
}

Error opt_in_type_refused(std::string_view text) {
  return invalid_value(
      fmt::format("The parameter OptInType must be immediate, next-maintenance or undo-opt-in: {}", text));
}

Error no_such_maintenance_action(std::string_view action, std::string_view arn) {
  return fault("ResourceNotFoundFault", fmt::format("No maintenance action {} is pending for {}.", action, arn));
}

Error subnet_group_exists(std::string_view identifier) {
  return fault("ResourceAlreadyExistsFault",
               fmt::format("The Replication Subnet Group already exists: {}", identifier));
}

Error subnet_group_description_refused() {
  return invalid_value(
      "The parameter ReplicationSubnetGroupDescription must be provided, must not be blank and must not hold control "
      "characters.");
}

Error subnets_do_not_cover_zones() {
  return fault("ReplicationSubnetGroupDoesNotCoverEnoughAZs",
               "A replication subnet group needs at least two subnets in at least two availability zones.");
}

Error subnet_refused(std::string_view text) {
  return fault("InvalidSubnet", fmt::format("The subnet identifier must be 1 to 255 printable characters: {}", text));
}

Error subnet_given_twice(std::string_view subnet) {
  return fault("InvalidSubnet", fmt::format("The subnet {} was given twice.", subnet));
}

Error subnet_in_use(std::string_view subnet, std::string_view instance) {
  return fault("SubnetAlreadyInUse",
               fmt::format("The subnet {} cannot be removed: replication instance {} is in it.", subnet, instance));
}

Error subnet_group_in_use(std::string_view identifier, std::string_view instance) {
  return invalid_state(
      fmt::format("The Replication Subnet Group {} cannot be deleted: replication instance {} is in "
                  "it.",
                  identifier, instance));
}

Error arn_refused(std::string_view member, std::string_view text) {
  return invalid_value(fmt::format("The parameter {} is no ARN of a DMS resource: {}", member, text));
}

Error tag_key_refused(std::string_view key) {
  return invalid_value(fmt::format(
      "A tag's key must be 1 to 128 letters, digits, blanks and characters of _.:/=+-@, and not begin with "
      "aws: or dms: – {}",
      key));
}

Error tag_value_refused(std::string_view key) {
  return invalid_value(fmt::format(
      "The value of tag {} must be at most 256 letters, digits, blanks and characters of _.:/=+-@, and not "
      "begin with aws: or dms:",
      key));
}

Error too_many_tags(std::string_view arn, size_t most) {
  return invalid_state(fmt::format("A resource has at most {} tags: {}", most, arn));
}

Error tag_arns_wanted_once() {
  return invalid_combination("Either ResourceArn or ResourceArnList must be given, and not both.");
}

Error too_many_tag_arns(size_t given, size_t most) {
  return invalid_value(
      fmt::format("ResourceArnList has {} ARNs; at most {} are allowed. Ask in several calls.", given, most));
}

Error tag_arn_named_twice(std::string_view arn) {
  return invalid_value(fmt::format("ResourceArnList names a resource twice: {}", arn));
}

Error source_type_refused(std::string_view text) {
  return invalid_value(
      fmt::format("The parameter SourceType must be replication-instance or replication-task: {}", text));
}

Error event_category_refused(std::string_view text, std::string_view source_type, std::string_view allowed) {
  return invalid_value(fmt::format("The event category {} is none of {}, which are: {}", text,
                                   source_type.empty() ? "any source type" : source_type, allowed));
}

Error source_ids_without_type() {
  return invalid_combination("SourceIds can be given together with SourceType only.");
}

Error source_type_has_source_ids(std::string_view source_type) {
  return invalid_combination(
      fmt::format("SourceType cannot change: the subscription names sources of type {}, which cannot change either. "
                  "Make another subscription.",
                  source_type));
}

Error event_duration_refused(int64_t minutes, int64_t most) {
  return invalid_value(fmt::format(
      "The parameter Duration must be 1 to {} (minutes; events are kept 14 days), not {}.", most, minutes));
}

Error event_times_over_determined() {
  return invalid_combination("Of StartTime, EndTime and Duration at most two can be given.");
}

Error event_times_reversed() {
  return invalid_combination("StartTime must be before EndTime.");
}

Error topic_refused(std::string_view why) {
  return fault("SNSInvalidTopicFault", fmt::format("The parameter SnsTopicArn cannot be used: {}.", why));
}

}  // namespace godwit
