#include <fstream>

#include "api/api_test_kit.h"
#include "control/endpoints.h"
#include "control/instances.h"
#include "control/maintenance_window.h"
#include "control/tasks.h"

namespace godwit {
namespace {

class InstancesTest : public ApiTest {
 protected:
  json create(const json& more = json::object()) {
    json input = {{"ReplicationInstanceIdentifier", "Pool-One"}, {"ReplicationInstanceClass", "dms.t3.medium"}};
    input.update(more);
    return ok("CreateReplicationInstance", input)["ReplicationInstance"];
  }
  json modify(json input, const std::string& arn) {
    input["ReplicationInstanceArn"] = arn;
    return ok("ModifyReplicationInstance", input)["ReplicationInstance"];
  }
  std::string refused(json input, const std::string& arn) {
    input["ReplicationInstanceArn"] = arn;
    return fault_of("ModifyReplicationInstance", input);
  }
  json one() { return ok("DescribeReplicationInstances")["ReplicationInstances"][0]; }
  // The messages of the instance's events, oldest first.
  std::vector<std::string> events() {
    std::vector<std::string> messages;
    const json reply = ok("DescribeEvents", {{"SourceType", "replication-instance"}});
    for (const json& event : reply["Events"]) messages.push_back(event["Message"]);
    return messages;
  }
  void put_task(const std::string& identifier, const std::string& instance_arn, const std::string& status = "ready") {
    for (const std::string id : {"SOURCE", "TARGET"})
      if (!*find_endpoint(*database_, id)) {
        EndpointRecord endpoint;
        endpoint.id = endpoint.identifier = id;
        endpoint.type = id == "SOURCE" ? "source" : "target";
        ASSERT_TRUE(insert_endpoint(*database_, endpoint));
      }
    StoredTask task;
    task.id = "TASK" + identifier;
    task.identifier = identifier;
    task.source_endpoint_id = "SOURCE";
    task.target_endpoint_id = "TARGET";
    task.instance_id = *id_of(environment_->names, instance_arn, "rep");
    task.migration_type = "full-load";
    task.status = status;
    task.created_us = ++now_us_;
    ASSERT_TRUE(insert_task(*database_, task));
  }
};

TEST_F(InstancesTest, a_new_one_is_creating_in_its_reply_and_available_by_the_first_describe) {
  const json made = create();
  EXPECT_EQ(made["ReplicationInstanceStatus"], "creating");
  EXPECT_EQ(made["ReplicationInstanceIdentifier"], "pool-one");
  for (const char* later : {"InstanceCreateTime", "AvailabilityZone", "ReplicationInstancePrivateIpAddresses"})
    EXPECT_FALSE(made.contains(later)) << later;
  const json found = one();
  EXPECT_EQ(found["ReplicationInstanceStatus"], "available");
  EXPECT_EQ(found["ReplicationInstanceArn"], made["ReplicationInstanceArn"]);
  EXPECT_EQ(found["AllocatedStorage"], 50);
  EXPECT_EQ(found["EngineVersion"], "3.5.4");
  EXPECT_EQ(found["PendingModifiedValues"], json::object());
  EXPECT_EQ(found["ReplicationSubnetGroup"]["ReplicationSubnetGroupIdentifier"], "default");
  EXPECT_EQ(found["ReplicationSubnetGroup"]["SubnetGroupStatus"], "Complete");
  EXPECT_EQ(found["AutoMinorVersionUpgrade"], true);
  EXPECT_EQ(found["PubliclyAccessible"], true);
  EXPECT_EQ(found["NetworkType"], "IPV4");
  EXPECT_EQ(found["ReplicationInstancePrivateIpAddresses"].size(), 1U);
  EXPECT_EQ(found["ReplicationInstancePublicIpAddresses"], json::array());
  EXPECT_TRUE(read_maintenance_window(std::string(found["PreferredMaintenanceWindow"])));
  EXPECT_EQ(events(),
            (std::vector<std::string>{"Replication instance creation started", "Replication instance created"}));
}

TEST_F(InstancesTest, what_was_given_is_echoed) {
  create({{"VpcSecurityGroupIds", {"sg-1", "sg-2"}},
          {"PreferredMaintenanceWindow", "SUN:06:00-sun:14:00"},
          {"MultiAZ", true},
          {"DnsNameServers", "10.0.0.1,::1"},
          {"ResourceIdentifier", "My-Own"},
          {"KmsKeyId", "alias/mine"},
          {"KerberosAuthenticationSettings", {{"KeyCacheSecretId", "k"}}}});
  const json found = one();
  EXPECT_EQ(found["ReplicationInstanceArn"], "arn:aws:dms:eu-test-1:123456789012:rep:My-Own");
  EXPECT_EQ(found["PreferredMaintenanceWindow"], "sun:06:00-sun:14:00");
  EXPECT_EQ(found["VpcSecurityGroups"][1], (json{{"VpcSecurityGroupId", "sg-2"}, {"Status", "active"}}));
  EXPECT_EQ(found["DnsNameServers"], "10.0.0.1,::1");
  EXPECT_EQ(found["KmsKeyId"], "alias/mine");
  EXPECT_EQ(found["KerberosAuthenticationSettings"]["KeyCacheSecretId"], "k");
  EXPECT_NE(found["AvailabilityZone"], found["SecondaryAvailabilityZone"]);
}

TEST_F(InstancesTest, a_wrong_member_is_refused_by_its_fault_and_nothing_is_made) {
  const std::vector<std::pair<json, std::string>> cases = {
      {{{"ReplicationInstanceIdentifier", "1st"}},
       "InvalidParameterValueException: The parameter ReplicationInstanceI"},
      {{{"ReplicationInstanceIdentifier", "a--b"}}, "InvalidParameterValueException"},
      {{{"ReplicationInstanceIdentifier", "a-"}}, "InvalidParameterValueException"},
      {{{"ReplicationInstanceIdentifier", std::string(64, 'a')}}, "InvalidParameterValueException"},
      {{{"ReplicationInstanceIdentifier", nullptr}}, "ValidationException"},
      {{{"ReplicationInstanceClass", "dms.t3.huge"}}, "InvalidParameterValueException"},
      {{{"ReplicationInstanceClass", std::string(31, 'c')}}, "ValidationException"},
      {{{"AllocatedStorage", 4}}, "InvalidParameterValueException: The parameter AllocatedStorage must be 5 to 6144"},
      {{{"AllocatedStorage", 6145}}, "InvalidParameterValueException"},
      {{{"AllocatedStorage", "50"}}, "ValidationException"},
      {{{"AvailabilityZone", "eu-test-1a"}, {"MultiAZ", true}}, "InvalidParameterCombinationException"},
      {{{"EngineVersion", "9.9.9"}}, "InvalidParameterValueException: The parameter EngineVersion"},
      {{{"DnsNameServers", "a.example"}}, "InvalidParameterValueException"},
      {{{"DnsNameServers", "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5"}}, "InvalidParameterValueException"},
      {{{"NetworkType", "IPV6"}}, "InvalidParameterValueException"},
      {{{"PreferredMaintenanceWindow", "sun:06:00-sun:06:29"}}, "InvalidParameterValueException"},
      {{{"PreferredMaintenanceWindow", "sunday"}}, "InvalidParameterValueException"},
      {{{"ReplicationSubnetGroupIdentifier", "nowhere"}}, "ResourceNotFoundFault: Replication Subnet Group"},
      {{{"ResourceIdentifier", std::string(32, 'r')}}, "InvalidParameterValueException"},
      {{{"Tags", {{{"Key", "aws:x"}, {"Value", "1"}}}}}, "InvalidParameterValueException: A tag's key"},
  };
  for (const auto& [members, fault] : cases) {
    json input = {{"ReplicationInstanceIdentifier", "pool"}, {"ReplicationInstanceClass", "dms.t3.medium"}};
    input.update(members);
    EXPECT_TRUE(fault_of("CreateReplicationInstance", input).starts_with(fault))
        << members << " gave " << fault_of("CreateReplicationInstance", input);
  }
  EXPECT_EQ(ok("DescribeReplicationInstances")["ReplicationInstances"], json::array());
  EXPECT_TRUE(events().empty());
}

TEST_F(InstancesTest, names_clash_in_any_case) {
  create({{"ResourceIdentifier", "rid"}});
  const auto again = [&](std::string_view name, std::string_view id) {
    return code_of("CreateReplicationInstance", {{"ReplicationInstanceIdentifier", name},
                                                 {"ReplicationInstanceClass", "dms.t3.small"},
                                                 {"ResourceIdentifier", id}});
  };
  EXPECT_EQ(again("POOL-ONE", "other"), "ResourceAlreadyExistsFault");
  EXPECT_EQ(again("pool-two", "rid"), "ResourceAlreadyExistsFault");
  EXPECT_EQ(again("pool-two", "other"), "");
}

TEST_F(InstancesTest, filters_select_and_one_that_matches_nothing_is_a_fault) {
  const std::string first = create()["ReplicationInstanceArn"];
  create({{"ReplicationInstanceIdentifier", "pool-two"}, {"ReplicationInstanceClass", "dms.r5.large"}});
  const auto names = [&](const json& input) {
    std::string found;
    const json reply = ok("DescribeReplicationInstances", input);
    for (const json& each : reply["ReplicationInstances"])
      found += std::string(each["ReplicationInstanceIdentifier"]) + " ";
    return found;
  };
  EXPECT_EQ(names(json::object()), "pool-one pool-two ");
  EXPECT_EQ(names(filter("replication-instance-id", {"Pool-ONE", "x"})), "pool-one ");
  EXPECT_EQ(names(filter("replication-instance-arn", {first})), "pool-one ");
  EXPECT_EQ(names(filter("replication-instance-class", {"dms.r5.large"})), "pool-two ");
  EXPECT_EQ(names(filter("engine-version", {"3.5.4"})), "pool-one pool-two ");
  EXPECT_EQ(fault_of("DescribeReplicationInstances", filter("replication-instance-id", {"gone"})),
            "ResourceNotFoundFault: No Replication Instances found matching provided filters");
  EXPECT_EQ(code_of("DescribeReplicationInstances", filter("replication-instance-arn", {"no arn"})),
            "ResourceNotFoundFault");
  EXPECT_EQ(code_of("DescribeReplicationInstances", filter("colour", {"x"})), "InvalidParameterValueException");
}

TEST_F(InstancesTest, pages_go_on_where_the_one_before_ended) {
  for (int i = 0; i < 25; ++i) create({{"ReplicationInstanceIdentifier", "pool" + std::to_string(i)}});
  const json first = ok("DescribeReplicationInstances", {{"MaxRecords", 20}});
  EXPECT_EQ(first["ReplicationInstances"].size(), 20U);
  const json second = ok("DescribeReplicationInstances", {{"MaxRecords", 20}, {"Marker", first["Marker"]}});
  EXPECT_EQ(second["ReplicationInstances"].size(), 5U);
  EXPECT_EQ(second["ReplicationInstances"][0]["ReplicationInstanceIdentifier"], "pool20");
  EXPECT_FALSE(second.contains("Marker"));
}

TEST_F(InstancesTest, quotas_of_instances_and_storage_hold) {
  for (int i = 0; i < 4; ++i)
    create({{"ReplicationInstanceIdentifier", "big" + std::to_string(i)}, {"AllocatedStorage", 6144}});
  create({{"ReplicationInstanceIdentifier", "mid"}, {"AllocatedStorage", 5000}});
  const json input = {{"ReplicationInstanceIdentifier", "over"},
                      {"ReplicationInstanceClass", "dms.t3.medium"},
                      {"AllocatedStorage", 425}};
  EXPECT_EQ(code_of("CreateReplicationInstance", input), "StorageQuotaExceededFault");
  for (int i = 0; i < 55; ++i)
    create({{"ReplicationInstanceIdentifier", "small" + std::to_string(i)}, {"AllocatedStorage", 5}});
  EXPECT_EQ(fault_of("CreateReplicationInstance", {{"ReplicationInstanceIdentifier", "over"},
                                                   {"ReplicationInstanceClass", "dms.t3.medium"},
                                                   {"AllocatedStorage", 5}}),
            "ResourceQuotaExceededFault: The quota ReplicationInstances of 60 is used up.");
}

TEST_F(InstancesTest, a_change_without_effect_is_none) {
  const std::string arn = create()["ReplicationInstanceArn"];
  const std::string none = "InvalidParameterCombinationException: No modifications were requested";
  EXPECT_EQ(refused({{"AllowMajorVersionUpgrade", true}}, arn), none);
  EXPECT_EQ(refused({{"ApplyImmediately", true}}, arn), none);
  EXPECT_EQ(refused({{"ReplicationInstanceClass", "dms.t3.medium"}, {"MultiAZ", false}}, arn), none);
  EXPECT_EQ(refused({{"ReplicationInstanceIdentifier", "POOL-one"}}, arn), none);
}

TEST_F(InstancesTest, a_change_at_once_shows_modifying_and_then_the_new_values) {
  const std::string arn = create()["ReplicationInstanceArn"];
  const json reply = modify({{"ReplicationInstanceClass", "dms.r5.xlarge"},
                             {"AllocatedStorage", 60},
                             {"MultiAZ", true},
                             {"ApplyImmediately", true}},
                            arn);
  EXPECT_EQ(reply["ReplicationInstanceStatus"], "modifying");
  const json found = one();
  EXPECT_EQ(found["ReplicationInstanceStatus"], "available");
  EXPECT_EQ(found["ReplicationInstanceClass"], "dms.r5.xlarge");
  EXPECT_EQ(found["AllocatedStorage"], 60);
  EXPECT_EQ(found["MultiAZ"], true);
  EXPECT_NE(found["AvailabilityZone"], found["SecondaryAvailabilityZone"]);
  EXPECT_EQ(found["PendingModifiedValues"], json::object());
  EXPECT_EQ(events().size(), 2U + 6U);
}

TEST_F(InstancesTest, a_change_for_later_waits_for_the_maintenance_window) {
  const std::string arn = create({{"PreferredMaintenanceWindow", "mon:06:00-mon:07:00"}})["ReplicationInstanceArn"];
  const json reply = modify({{"ReplicationInstanceClass", "dms.r5.xlarge"}, {"EngineVersion", "3.5.4"}}, arn);
  EXPECT_EQ(reply["ReplicationInstanceStatus"], "available");
  EXPECT_EQ(reply["PendingModifiedValues"], (json{{"ReplicationInstanceClass", "dms.r5.xlarge"}}));
  ASSERT_TRUE(apply_pending_values(*environment_));
  EXPECT_EQ(one()["ReplicationInstanceClass"], "dms.t3.medium");
  now_us_ = 1'770'012'000'000'000 + int64_t{60} * 1'000'000;  // Monday, 2026-02-02T06:01:00
  ASSERT_TRUE(apply_pending_values(*environment_));
  EXPECT_EQ(one()["ReplicationInstanceClass"], "dms.r5.xlarge");
  EXPECT_EQ(one()["PendingModifiedValues"], json::object());
}

TEST_F(InstancesTest, a_waiting_change_is_taken_back_by_asking_for_what_is) {
  const std::string arn = create()["ReplicationInstanceArn"];
  modify({{"ReplicationInstanceClass", "dms.r5.xlarge"}}, arn);
  EXPECT_EQ(refused({{"ReplicationInstanceClass", "dms.r5.xlarge"}}, arn),
            "InvalidParameterCombinationException: No modifications were requested");
  EXPECT_EQ(modify({{"ReplicationInstanceClass", "dms.t3.medium"}}, arn)["PendingModifiedValues"], json::object());
  modify({{"ReplicationInstanceClass", "dms.r5.xlarge"}}, arn);
  modify({{"ReplicationInstanceClass", "dms.r5.xlarge"}, {"ApplyImmediately", true}}, arn);
  EXPECT_EQ(one()["ReplicationInstanceClass"], "dms.r5.xlarge");
}

TEST_F(InstancesTest, what_cannot_wait_is_done_at_once) {
  const std::string arn = create()["ReplicationInstanceArn"];
  modify({{"ReplicationInstanceIdentifier", "Renamed"},
          {"PreferredMaintenanceWindow", "TUE:01:00-TUE:02:00"},
          {"AutoMinorVersionUpgrade", false},
          {"VpcSecurityGroupIds", {"sg-9"}}},
         arn);
  const json found = one();
  EXPECT_EQ(found["ReplicationInstanceIdentifier"], "renamed");
  EXPECT_EQ(found["PreferredMaintenanceWindow"], "tue:01:00-tue:02:00");
  EXPECT_EQ(found["AutoMinorVersionUpgrade"], false);
  EXPECT_EQ(found["VpcSecurityGroups"].size(), 1U);
  EXPECT_EQ(found["ReplicationInstanceArn"], arn);
}

TEST_F(InstancesTest, versions_go_up_alone_and_to_another_major_one_by_leave) {
  const std::string arn = create({{"EngineVersion", "3.4.7"}})["ReplicationInstanceArn"];
  EXPECT_TRUE(refused({{"EngineVersion", "3.5.4"}, {"ApplyImmediately", true}}, arn)
                  .starts_with("InvalidParameterCombinationException: The upgrade from 3.4.7 to 3.5.4"));
  const json reply =
      modify({{"EngineVersion", "3.5.3"}, {"ApplyImmediately", true}, {"AllowMajorVersionUpgrade", true}}, arn);
  EXPECT_EQ(reply["ReplicationInstanceStatus"], "upgrading");
  EXPECT_EQ(one()["EngineVersion"], "3.5.3");
  EXPECT_EQ(events().back(), "Replication instance software updated");
  EXPECT_TRUE(refused({{"EngineVersion", "3.5.2"}}, arn).starts_with("InvalidParameterValueException"));
  EXPECT_TRUE(refused({{"EngineVersion", "4.0.0"}}, arn).starts_with("InvalidParameterValueException"));
  EXPECT_TRUE(refused({{"AllocatedStorage", 49}}, arn).starts_with("InvalidParameterValueException"));
}

TEST_F(InstancesTest, a_reboot_shows_itself_and_ends_available) {
  const std::string arn = create({{"MultiAZ", true}})["ReplicationInstanceArn"];
  const std::string zone = one()["AvailabilityZone"];
  const json reply = ok("RebootReplicationInstance", {{"ReplicationInstanceArn", arn}});
  EXPECT_EQ(reply["ReplicationInstance"]["ReplicationInstanceStatus"], "rebooting");
  EXPECT_EQ(one()["ReplicationInstanceStatus"], "available");
  ok("RebootReplicationInstance", {{"ReplicationInstanceArn", arn}, {"ForceFailover", true}});
  EXPECT_EQ(one()["SecondaryAvailabilityZone"], zone);
  EXPECT_EQ(code_of("RebootReplicationInstance",
                    {{"ReplicationInstanceArn", arn}, {"ForceFailover", true}, {"ForcePlannedFailover", true}}),
            "InvalidParameterCombinationException");
  const std::string plain = create({{"ReplicationInstanceIdentifier", "plain"}})["ReplicationInstanceArn"];
  EXPECT_EQ(code_of("RebootReplicationInstance", {{"ReplicationInstanceArn", plain}, {"ForceFailover", true}}),
            "InvalidParameterCombinationException");
}

TEST_F(InstancesTest, one_in_transition_takes_no_call_and_a_restart_ends_its_transition) {
  const std::string arn = create()["ReplicationInstanceArn"];
  for (const std::string status : {"modifying", "upgrading", "rebooting"}) {
    auto record = list_instances(*database_, {}).value().front();
    record.status = status;
    ASSERT_TRUE(update_instance(*database_, record));
    for (const char* operation : {"DeleteReplicationInstance", "RebootReplicationInstance"})
      EXPECT_EQ(code_of(operation, {{"ReplicationInstanceArn", arn}}), "InvalidResourceStateFault") << operation;
    EXPECT_TRUE(refused({{"MultiAZ", true}}, arn).starts_with("InvalidResourceStateFault"));
    restart();
    ASSERT_TRUE(settle_instances(*environment_));
    EXPECT_EQ(one()["ReplicationInstanceStatus"], "available");
  }
}

TEST_F(InstancesTest, one_with_tasks_stays_and_one_without_goes_with_its_tags) {
  const std::string arn = create(
      {{"Tags", {{{"Key", "team"}, {"Value", "db"}}}}, {"ResourceIdentifier", "rid"}})["ReplicationInstanceArn"];
  put_task("t1", arn);
  EXPECT_TRUE(fault_of("DeleteReplicationInstance", {{"ReplicationInstanceArn", arn}})
                  .starts_with("InvalidResourceStateFault: Replication instance pool-one cannot be deleted: 1"));
  ASSERT_TRUE(delete_task(*database_, "TASKt1"));
  const json reply = ok("DeleteReplicationInstance", {{"ReplicationInstanceArn", arn}});
  EXPECT_EQ(reply["ReplicationInstance"]["ReplicationInstanceStatus"], "deleting");
  EXPECT_EQ(code_of("DescribeReplicationInstances", filter("replication-instance-arn", {arn})),
            "ResourceNotFoundFault");
  EXPECT_EQ(code_of("DeleteReplicationInstance", {{"ReplicationInstanceArn", arn}}), "ResourceNotFoundFault");
  create({{"ResourceIdentifier", "rid"}});
  EXPECT_EQ(ok("ListTagsForResource", {{"ResourceArn", arn}})["TagList"], json::array());
}

TEST_F(InstancesTest, task_logs_are_those_that_are_there) {
  const std::string arn = create()["ReplicationInstanceArn"];
  put_task("with", arn);
  put_task("without", arn);
  std::filesystem::create_directories(folder_ + "/data/tasks/TASKwith");
  std::ofstream(folder_ + "/data/tasks/TASKwith/task.log") << "12345";
  const json reply = ok("DescribeReplicationInstanceTaskLogs", {{"ReplicationInstanceArn", arn}});
  EXPECT_EQ(reply["ReplicationInstanceArn"], arn);
  EXPECT_EQ(reply["ReplicationInstanceTaskLogs"],
            (json::array({{{"ReplicationTaskName", "with"},
                           {"ReplicationTaskArn", "arn:aws:dms:eu-test-1:123456789012:task:TASKwith"},
                           {"ReplicationInstanceTaskLogSize", 5}}})));
  EXPECT_EQ(code_of("DescribeReplicationInstanceTaskLogs", {{"ReplicationInstanceArn", "x"}}),
            "ResourceNotFoundFault");
}

TEST_F(InstancesTest, every_class_can_be_ordered_in_every_version_over_pages) {
  size_t rows = 0;
  json input = {{"MaxRecords", 100}};
  for (int pages = 0; pages < 10; ++pages) {
    const json reply = ok("DescribeOrderableReplicationInstances", input);
    rows += reply["OrderableReplicationInstances"].size();
    EXPECT_EQ(reply["OrderableReplicationInstances"][0]["StorageType"], "gp2");
    if (!reply.contains("Marker")) break;
    input["Marker"] = reply["Marker"];
  }
  const json versions = ok("DescribeEngineVersions")["EngineVersions"];
  EXPECT_EQ(rows, instance_classes().size() * versions.size());
  EXPECT_EQ(versions.back(), (json{{"Version", "3.5.4"},
                                   {"Lifecycle", "DEFAULT_VERSION"},
                                   {"ReleaseStatus", "prod"},
                                   {"AvailableUpgrades", json::array()}}));
  EXPECT_EQ(versions[0]["AvailableUpgrades"], (json{"3.5.2", "3.5.3", "3.5.4"}));
}

TEST_F(InstancesTest, no_maintenance_is_ever_pending) {
  const std::string arn = create()["ReplicationInstanceArn"];
  EXPECT_EQ(ok("DescribePendingMaintenanceActions")["PendingMaintenanceActions"], json::array());
  EXPECT_EQ(code_of("DescribePendingMaintenanceActions", {{"ReplicationInstanceArn", "x"}}), "ResourceNotFoundFault");
  const auto apply = [&](std::string_view action, std::string_view opt_in) {
    return code_of("ApplyPendingMaintenanceAction",
                   {{"ReplicationInstanceArn", arn}, {"ApplyAction", action}, {"OptInType", opt_in}});
  };
  EXPECT_EQ(apply("os-upgrade", "immediate"), "ResourceNotFoundFault");
  EXPECT_EQ(apply("paint", "immediate"), "InvalidParameterValueException");
  EXPECT_EQ(apply("os-upgrade", "now"), "InvalidParameterValueException");
}

}  // namespace
}  // namespace godwit
