#include "api/api_test_kit.h"

namespace godwit {
namespace {

class SubnetGroupsTest : public ApiTest {
 protected:
  static json input(const json& more = json::object()) {
    json out = {{"ReplicationSubnetGroupIdentifier", "My Group"},
                {"ReplicationSubnetGroupDescription", "for tests"},
                {"SubnetIds", {"subnet-1", "subnet-2", "subnet-3"}}};
    out.update(more);
    return out;
  }
  std::vector<std::string> zones() {
    std::vector<std::string> out;
    const json reply = ok("DescribeReplicationSubnetGroups");
    for (const json& subnet : reply["ReplicationSubnetGroups"][0]["Subnets"])
      out.push_back(std::string(subnet["SubnetIdentifier"]) + " " +
                    std::string(subnet["SubnetAvailabilityZone"]["Name"]));
    return out;
  }
};

TEST_F(SubnetGroupsTest, a_group_is_kept_and_described_by_its_name_in_lower_case) {
  const json made = ok("CreateReplicationSubnetGroup", input())["ReplicationSubnetGroup"];
  EXPECT_EQ(made["ReplicationSubnetGroupIdentifier"], "my group");
  EXPECT_EQ(made["VpcId"], "vpc-godwit");
  EXPECT_EQ(made["SubnetGroupStatus"], "Complete");
  EXPECT_EQ(made["SupportedNetworkTypes"], json::array({"IPV4"}));
  EXPECT_EQ(made["Subnets"][0], (json{{"SubnetIdentifier", "subnet-1"},
                                      {"SubnetAvailabilityZone", {{"Name", "eu-test-1a"}}},
                                      {"SubnetStatus", "Active"}}));
  const json found = ok("DescribeReplicationSubnetGroups", filter("replication-subnet-group-id", {"MY GROUP"}));
  EXPECT_EQ(found["ReplicationSubnetGroups"], json::array({made}));
  EXPECT_EQ(fault_of("DescribeReplicationSubnetGroups", filter("replication-subnet-group-id", {"x"})),
            "ResourceNotFoundFault: No Replication Subnet Groups found matching provided filters");
}

TEST_F(SubnetGroupsTest, a_wrong_member_is_refused_by_its_fault) {
  const std::vector<std::pair<json, std::string>> cases = {
      {{{"ReplicationSubnetGroupIdentifier", "Default"}}, "InvalidParameterValueException"},
      {{{"ReplicationSubnetGroupIdentifier", "a/b"}}, "InvalidParameterValueException"},
      {{{"ReplicationSubnetGroupDescription", " "}}, "InvalidParameterValueException"},
      {{{"ReplicationSubnetGroupDescription", "a\nb"}}, "InvalidParameterValueException"},
      {{{"ReplicationSubnetGroupDescription", nullptr}}, "ValidationException"},
      {{{"SubnetIds", {"one"}}}, "ReplicationSubnetGroupDoesNotCoverEnoughAZs"},
      {{{"SubnetIds", {"one", "one"}}}, "InvalidSubnet"},
      {{{"SubnetIds", {"one", ""}}}, "InvalidSubnet"},
      {{{"SubnetIds", std::vector<std::string>()}}, "ReplicationSubnetGroupDoesNotCoverEnoughAZs"},
  };
  for (const auto& [members, fault] : cases)
    EXPECT_EQ(code_of("CreateReplicationSubnetGroup", input(members)), fault) << members;
  ok("CreateReplicationSubnetGroup", input());
  EXPECT_EQ(fault_of("CreateReplicationSubnetGroup", input({{"ReplicationSubnetGroupIdentifier", "MY group"}})),
            "ResourceAlreadyExistsFault: The Replication Subnet Group already exists: my group");
}

TEST_F(SubnetGroupsTest, a_subnet_keeps_its_zone_and_a_new_one_gets_the_emptiest) {
  ok("CreateReplicationSubnetGroup", input());
  ok("ModifyReplicationSubnetGroup",
     {{"ReplicationSubnetGroupIdentifier", "my group"}, {"SubnetIds", {"subnet-3", "subnet-1", "subnet-9"}}});
  EXPECT_EQ(zones(), (std::vector<std::string>{"subnet-3 eu-test-1c", "subnet-1 eu-test-1a", "subnet-9 eu-test-1b"}));
}

TEST_F(SubnetGroupsTest, what_an_instance_is_in_stays) {
  ok("CreateReplicationSubnetGroup", input());
  ok("CreateReplicationInstance", {{"ReplicationInstanceIdentifier", "pool"},
                                   {"ReplicationInstanceClass", "dms.t3.small"},
                                   {"AvailabilityZone", "eu-test-1b"},
                                   {"ReplicationSubnetGroupIdentifier", "My Group"}});
  EXPECT_EQ(fault_of("ModifyReplicationSubnetGroup",
                     {{"ReplicationSubnetGroupIdentifier", "my group"}, {"SubnetIds", {"subnet-1", "subnet-3"}}}),
            "SubnetAlreadyInUse: The subnet subnet-2 cannot be removed: replication instance pool is in it.");
  EXPECT_EQ(code_of("DeleteReplicationSubnetGroup", {{"ReplicationSubnetGroupIdentifier", "my group"}}),
            "InvalidResourceStateFault");
  ok("ModifyReplicationSubnetGroup", {{"ReplicationSubnetGroupIdentifier", "my group"},
                                      {"ReplicationSubnetGroupDescription", "another"},
                                      {"SubnetIds", {"subnet-1", "subnet-2"}}});
  EXPECT_EQ(zones().size(), 2U);
}

TEST_F(SubnetGroupsTest, a_deleted_group_is_gone_with_its_tags) {
  const json arn = {{"ResourceArn", "arn:aws:dms:eu-test-1:123456789012:subgrp:My Group"}};
  ok("CreateReplicationSubnetGroup", input({{"Tags", {{{"Key", "a"}, {"Value", "b"}}}}}));
  EXPECT_EQ(ok("ListTagsForResource", arn)["TagList"], json::array({{{"Key", "a"}, {"Value", "b"}}}));
  EXPECT_EQ(ok("DeleteReplicationSubnetGroup", {{"ReplicationSubnetGroupIdentifier", "MY group"}}), json::object());
  EXPECT_EQ(code_of("ListTagsForResource", arn), "ResourceNotFoundFault");
  EXPECT_EQ(code_of("DeleteReplicationSubnetGroup", {{"ReplicationSubnetGroupIdentifier", "my group"}}),
            "ResourceNotFoundFault");
  ok("CreateReplicationSubnetGroup", input());
  EXPECT_EQ(ok("ListTagsForResource", arn)["TagList"], json::array());
}

}  // namespace
}  // namespace godwit
