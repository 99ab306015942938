#include "control/subnet_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "control/account.h"
#include "control/faults.h"
#include "control/identifiers.h"
#include "control/resource_faults.h"
#include "store/instances.h"

namespace godwit {
namespace {

constexpr std::string_view vpc_id = "vpc-godwit";

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<void> check_description(std::string_view description) {
  if (trim(description).empty() || !is_printable(description)) return Failure(subnet_group_description_refused());
  return {};
}

Result<void> check_subnets(const std::vector<std::string>& subnets) {
  std::set<std::string_view> seen;
  for (const std::string& subnet : subnets) {
    if (trim(subnet).empty() || subnet.size() > 255 || !is_printable(subnet)) return Failure(subnet_refused(subnet));
    if (!seen.insert(subnet).second) return Failure(subnet_given_twice(subnet));
  }
  if (subnets.size() < 2) return Failure(subnets_do_not_cover_zones());
  return require_within_quota("SubnetsPerReplicationSubnetGroup", static_cast<int64_t>(subnets.size()));
}

// A subnet that was there keeps its zone; a new one gets the zone that fewest are in.
std::vector<SubnetRecord> place_subnets(const Namespace& names, const std::vector<std::string>& subnets,
                                        const std::vector<SubnetRecord>& before) {
  const auto zones = availability_zones(names);
  std::vector<SubnetRecord> placed;
  const auto in_zone = [&](const std::string& zone) {
    return std::ranges::count(placed, zone, &SubnetRecord::availability_zone);
  };
  for (const std::string& subnet : subnets) {
    const auto known = std::ranges::find(before, subnet, &SubnetRecord::identifier);
    const auto emptiest =
        std::ranges::min_element(zones, [&](const auto& a, const auto& b) { return in_zone(a) < in_zone(b); });
    placed.push_back(
        {.identifier = subnet, .availability_zone = known != before.end() ? known->availability_zone : *emptiest});
  }
  const bool one_zone = std::ranges::all_of(
      placed, [&](const SubnetRecord& one) { return one.availability_zone == placed.front().availability_zone; });
  return one_zone && !before.empty() ? place_subnets(names, subnets, {}) : placed;
}

// The subnet an instance of this zone is in: the first one of its zone, else the first one.
const SubnetRecord& subnet_of(const SubnetGroupRecord& group, std::string_view zone) {
  const auto found = std::ranges::find(group.subnets, zone, &SubnetRecord::availability_zone);
  return found == group.subnets.end() ? group.subnets.front() : *found;
}

Result<void> check_removed_subnets(Environment& environment, const SubnetGroupRecord& before,
                                   const std::vector<std::string>& subnets) {
  const auto instances = TRY(list_instances(environment.database, {.subnet_groups = {{before.identifier}}}));
  for (const InstanceRecord& instance : instances)
    for (const std::string& zone : {instance.availability_zone, instance.secondary_availability_zone}) {
      if (zone.empty()) continue;
      const std::string& subnet = subnet_of(before, zone).identifier;
      if (std::ranges::find(subnets, subnet) == subnets.end())
        return Failure(subnet_in_use(subnet, instance.identifier));
    }
  return {};
}

Result<SubnetGroupRecord> make_default_group(Environment& environment) {
  SubnetGroupRecord group{.identifier = "default",
                          .description = fmt::format("default group created by the server for {}", vpc_id),
                          .vpc_id = std::string(vpc_id),
                          .subnets = place_subnets(environment.names, {"subnet-godwit-a", "subnet-godwit-b"}, {}),
                          .created_us = environment.now_us()};
  TRY(insert_subnet_group(environment.database, group));
  return group;
}

}  // namespace

std::vector<std::string> availability_zones(const Namespace& names) {
  return {names.region + "a", names.region + "b", names.region + "c"};
}

std::string subnet_group_arn(const Environment& environment, std::string_view identifier) {
  return make_arn(environment.names, "subgrp", identifier);
}

Result<SubnetGroupRecord> create_subnet_group(Environment& environment, const SubnetGroupInput& wanted,
                                              const std::vector<Tag>& tags) {
  SubnetGroupRecord group;
  group.identifier = TRY(read_subnet_group_identifier(wanted.identifier));
  group.description = wanted.description.value_or("");
  group.vpc_id = vpc_id;
  group.created_us = environment.now_us();
  TRY(check_description(group.description));
  TRY(check_subnets(wanted.subnets));
  group.subnets = place_subnets(environment.names, wanted.subnets, {});
  TRY(environment.database.atomically([&]() -> Result<void> {
    if (TRY(find_subnet_group(environment.database, group.identifier)))
      return Failure(subnet_group_exists(group.identifier));
    TRY(require_quota(environment, "ReplicationSubnetGroups"));
    TRY(insert_subnet_group(environment.database, group));
    return add_tags(environment, subnet_group_arn(environment, group.identifier), tags);
  }));
  return group;
}

Result<SubnetGroupRecord> modify_subnet_group(Environment& environment, const SubnetGroupInput& wanted) {
  return environment.database.atomically([&]() -> Result<SubnetGroupRecord> {
    auto group = TRY(find_subnet_group(environment.database, wanted.identifier));
    if (!group) return Failure(not_found("Replication Subnet Group", wanted.identifier));
    if (wanted.description) TRY(check_description(*wanted.description));
    TRY(check_subnets(wanted.subnets));
    TRY(check_removed_subnets(environment, *group, wanted.subnets));
    if (wanted.description) group->description = *wanted.description;
    group->subnets = place_subnets(environment.names, wanted.subnets, group->subnets);
    TRY(update_subnet_group(environment.database, *group));
    return std::move(*group);
  });
}

Result<void> delete_subnet_group(Environment& environment, const std::string& identifier) {
  return environment.database.atomically([&]() -> Result<void> {
    const auto group = TRY(find_subnet_group(environment.database, identifier));
    if (!group) return Failure(not_found("Replication Subnet Group", identifier));
    const auto instances = TRY(list_instances(environment.database, {.subnet_groups = {{group->identifier}}}));
    if (!instances.empty()) return Failure(subnet_group_in_use(group->identifier, instances.front().identifier));
    return delete_subnet_group(environment.database, group->identifier);
  });
}

Result<SubnetGroupRecord> require_subnet_group(Environment& environment, const std::string& identifier) {
  const std::string name = identifier.empty() ? "default" : lower_ascii(identifier);
  auto group = TRY(find_subnet_group(environment.database, name));
  if (group) return std::move(*group);
  if (name == "default") return make_default_group(environment);
  return Failure(not_found("Replication Subnet Group", identifier));
}

}  // namespace godwit
