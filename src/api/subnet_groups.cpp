// Replication subnet groups (spec/api.md §6.2).

#include "control/subnet_groups.h"

#include "api/filter_values.h"
#include "api/operations.h"
#include "api/paging.h"
#include "api/subnet_group_json.h"
#include "api/tag_input.h"

namespace godwit {

using nlohmann::json;

json subnet_group_json(const SubnetGroupRecord& group) {
  json subnets = json::array();
  for (const SubnetRecord& subnet : group.subnets)
    subnets.push_back({{"SubnetIdentifier", subnet.identifier},
                       {"SubnetAvailabilityZone", {{"Name", subnet.availability_zone}}},
                       {"SubnetStatus", "Active"}});
  return {{"ReplicationSubnetGroupIdentifier", group.identifier},
          {"ReplicationSubnetGroupDescription", group.description},
          {"VpcId", group.vpc_id},
          {"SubnetGroupStatus", "Complete"},
          {"Subnets", std::move(subnets)},
          {"SupportedNetworkTypes", json::array({"IPV4"})},
          {"IsReadOnly", false}};
}

namespace {

SubnetGroupInput read_input(const Call& call) {
  return {.identifier = call.text("ReplicationSubnetGroupIdentifier"),
          .description = call.maybe_text("ReplicationSubnetGroupDescription"),
          .subnets = call.texts("SubnetIds")};
}

Result<json> create(const Call& call) {
  const auto group = TRY(create_subnet_group(call.environment, read_input(call), read_tags(call)));
  return json{{"ReplicationSubnetGroup", subnet_group_json(group)}};
}

Result<json> describe(const Call& call) {
  const auto filters = TRY(read_filters(call, {"replication-subnet-group-id"}));
  const PageRequest page = TRY(read_page(call));
  const SubnetGroupChoice choice{.identifiers = filter_identifiers(filters, "replication-subnet-group-id")};
  auto groups = TRY(list_subnet_groups(call.environment.database, choice, list_page(page)));
  const auto key_of = [](const SubnetGroupRecord& group) {
    return std::vector<std::string>{std::to_string(group.created_us), group.identifier};
  };
  return page_reply(call, page, "ReplicationSubnetGroups", std::move(groups), key_of, subnet_group_json,
                    "Replication Subnet Groups");
}

Result<json> modify(const Call& call) {
  const auto group = TRY(modify_subnet_group(call.environment, read_input(call)));
  return json{{"ReplicationSubnetGroup", subnet_group_json(group)}};
}

Result<json> remove(const Call& call) {
  TRY(delete_subnet_group(call.environment, call.text("ReplicationSubnetGroupIdentifier")));
  return json::object();
}

constexpr Operation operations[] = {
    {"CreateReplicationSubnetGroup", create, Role::admin},
    {"DescribeReplicationSubnetGroups", describe, Role::viewer},
    {"ModifyReplicationSubnetGroup", modify, Role::admin},
    {"DeleteReplicationSubnetGroup", remove, Role::admin},
};

}  // namespace

std::span<const Operation> subnet_group_operations() {
  return operations;
}

}  // namespace godwit
