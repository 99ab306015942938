// What becomes of running tasks when their instance changes.

#include "api/api_test_kit.h"
#include "control/fake_engine.h"
#include "control/fake_workers.h"
#include "control/task_reports.h"

namespace godwit {
namespace {

class InstanceTasksTest : public ApiTest {
 protected:
  InstanceTasksTest() : ApiTest({&engine()}) { environment_->workers = &workers_; }
  static FakeEngine& engine() {
    static FakeEngine one{fake::sql_form};
    return one;
  }

  void SetUp() override {
    instance_ = ok("CreateReplicationInstance",
                   {{"ReplicationInstanceIdentifier", "pool"},
                    {"ReplicationInstanceClass", "dms.t3.medium"}})["ReplicationInstance"]["ReplicationInstanceArn"];
    task_ = ok("CreateReplicationTask",
               {{"ReplicationTaskIdentifier", "orders"},
                {"SourceEndpointArn", endpoint("source")},
                {"TargetEndpointArn", endpoint("target")},
                {"ReplicationInstanceArn", instance_},
                {"MigrationType", "cdc"},
                {"TableMappings", R"({"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1",
                   "rule-action":"include","object-locator":{"schema-name":"s","table-name":"%"}}]})"}})
        ["ReplicationTask"]["ReplicationTaskArn"];
    ok("StartReplicationTask", {{"ReplicationTaskArn", task_}, {"StartReplicationTaskType", "start-replication"}});
    tell(WorkerState::running);
  }
  std::string endpoint(const std::string& side) {
    const std::string arn = ok("CreateEndpoint", {{"EndpointIdentifier", side},
                                                  {"EndpointType", side},
                                                  {"EngineName", "postgres"},
                                                  {"ServerName", "h"},
                                                  {"Port", 5432},
                                                  {"Username", "u"},
                                                  {"Password", "geheim"},
                                                  {"DatabaseName", "d"}})["Endpoint"]["EndpointArn"];
    ok("TestConnection", {{"ReplicationInstanceArn", instance_}, {"EndpointArn", arn}});
    background_->drain();
    return arn;
  }
  void tell(WorkerState state, const std::string& reason = "") {
    WorkerReport report;
    report.task_id = task_.substr(task_.rfind(':') + 1);
    report.run = workers_.started.back().run;
    report.state = state;
    report.stop_reason = reason;
    if (state == WorkerState::stopped) workers_.living.erase(report.task_id);
    take_report(*environment_, report);
  }
  // What the worker does that is put down and started again.
  void recycle() {
    tell(WorkerState::stopped, "Stop Reason NORMAL");
    tell(WorkerState::running);
    background_->drain();
  }
  json instance() { return ok("DescribeReplicationInstances")["ReplicationInstances"][0]; }
  json task() { return ok("DescribeReplicationTasks")["ReplicationTasks"][0]; }

  FakeWorkers workers_;
  std::string instance_, task_;
};

TEST_F(InstanceTasksTest, another_class_recycles_the_running_task_which_gets_the_new_limits) {
  ASSERT_EQ(workers_.started.size(), 1U);
  EXPECT_EQ(workers_.started[0].limits.memory_mb, 4'096);
  ok("ModifyReplicationInstance", {{"ReplicationInstanceArn", instance_},
                                   {"ReplicationInstanceClass", "dms.r5.large"},
                                   {"ApplyImmediately", true}});
  EXPECT_EQ(instance()["ReplicationInstanceStatus"], "modifying");
  EXPECT_EQ(workers_.stopped.size(), 1U);
  EXPECT_EQ(code_of("RebootReplicationInstance", {{"ReplicationInstanceArn", instance_}}),
            "InvalidResourceStateFault");
  recycle();
  ASSERT_EQ(workers_.started.size(), 2U);
  EXPECT_EQ(workers_.started[1].limits.memory_mb, 16'384);
  EXPECT_EQ(workers_.started[1].start, StartKind::resume);
  EXPECT_EQ(task()["Status"], "running");
  EXPECT_EQ(instance()["ReplicationInstanceStatus"], "available");
  const json events = ok("DescribeEvents", {{"SourceType", "replication-instance"}})["Events"];
  EXPECT_EQ(events.back()["Message"], "Replication instance class changed");
}

TEST_F(InstanceTasksTest, a_reboot_recycles_and_what_needs_none_does_not) {
  ok("ModifyReplicationInstance",
     {{"ReplicationInstanceArn", instance_}, {"AllocatedStorage", 60}, {"ApplyImmediately", true}});
  EXPECT_EQ(instance()["ReplicationInstanceStatus"], "available");
  EXPECT_TRUE(workers_.stopped.empty());
  ok("RebootReplicationInstance", {{"ReplicationInstanceArn", instance_}});
  EXPECT_EQ(instance()["ReplicationInstanceStatus"], "rebooting");
  EXPECT_EQ(workers_.stopped.size(), 1U);
  recycle();
  EXPECT_EQ(instance()["ReplicationInstanceStatus"], "available");
  EXPECT_EQ(task()["Status"], "running");
}

TEST_F(InstanceTasksTest, an_instance_with_a_task_is_not_deleted_and_a_subscription_may_name_the_task) {
  EXPECT_EQ(code_of("DeleteReplicationInstance", {{"ReplicationInstanceArn", instance_}}),
            "InvalidResourceStateFault");
  const json made = ok("CreateEventSubscription", {{"SubscriptionName", "ops"},
                                                   {"SnsTopicArn", "https://hooks.example/"},
                                                   {"SourceType", "replication-task"},
                                                   {"SourceIds", {"Orders"}}});
  EXPECT_EQ(made["EventSubscription"]["SourceIdsList"], json::array({"orders"}));
  EXPECT_EQ(ok("ListTagsForResource", {{"ResourceArn", task_}})["TagList"], json::array());
}

}  // namespace
}  // namespace godwit
