#include "api/api_test_kit.h"
#include "control/fake_engine.h"
#include "control/fake_workers.h"
#include "control/task_reports.h"

namespace godwit {
namespace {

class TasksApiTest : public ApiTest {
 protected:
  TasksApiTest() : ApiTest({&engine()}) { environment_->workers = &workers_; }
  static FakeEngine& engine() {
    static FakeEngine one{fake::sql_form};
    return one;
  }

  void SetUp() override {
    instance_ = ok("CreateReplicationInstance",
                   {{"ReplicationInstanceIdentifier", "pool"},
                    {"ReplicationInstanceClass", "dms.t3.medium"}})["ReplicationInstance"]["ReplicationInstanceArn"];
    background_->drain();
    source_ = endpoint("source");
    target_ = endpoint("target");
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

  json new_task(const std::string& name, const std::string& type = "full-load-and-cdc") const {
    return {{"ReplicationTaskIdentifier", name},
            {"SourceEndpointArn", source_},
            {"TargetEndpointArn", target_},
            {"ReplicationInstanceArn", instance_},
            {"MigrationType", type},
            {"TableMappings",
             R"({ "rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","rule-action":"include",
                "object-locator":{"schema-name":"s","table-name":"%"}}]})"}};
  }
  std::string make(const std::string& name, const std::string& type = "full-load-and-cdc") {
    return ok("CreateReplicationTask", new_task(name, type))["ReplicationTask"]["ReplicationTaskArn"];
  }
  json shown(const std::string& arn) {
    const json tasks = ok("DescribeReplicationTasks", filter("replication-task-arn", {arn}))["ReplicationTasks"];
    return tasks.empty() ? json::object() : tasks[0];
  }
  static std::string id(const std::string& arn) { return arn.substr(arn.rfind(':') + 1); }
  void tell(const std::string& arn, WorkerState state, const std::string& reason = "") {
    WorkerReport report;
    report.task_id = id(arn);
    report.run = workers_.started.back().run;
    report.state = state;
    report.stop_reason = reason;
    report.checkpoint = "checkpoint:V1#1#00000000/00000001#0#0#*#0#0";
    take_report(*environment_, report);
    now_us_ += 5'000'000;
  }
  std::string run(const std::string& name, const std::string& type = "full-load-and-cdc") {
    const std::string arn = make(name, type);
    ok("StartReplicationTask", {{"ReplicationTaskArn", arn}, {"StartReplicationTaskType", "start-replication"}});
    tell(arn, WorkerState::running);
    return arn;
  }
  WorkerTable table(const std::string& name, TableState state) const {
    WorkerTable one;
    one.figures.table = {"s", name};
    one.figures.state = state;
    one.figures.full_load_rows = 3;
    one.figures.load_start_us = 1'693'554'583'761'000;
    one.updated_us = now_us_;
    return one;
  }

  FakeWorkers workers_;
  std::string instance_, source_, target_;
};

TEST_F(TasksApiTest, a_task_is_answered_as_it_was_given) {
  json wanted = new_task("My-Task", "cdc");
  wanted["CdcStartTime"] = 1520511132;
  wanted["TaskData"] = "graph";
  wanted["Tags"] = json::array({{{"Key", "team"}, {"Value", "a"}}});
  const json made = ok("CreateReplicationTask", wanted)["ReplicationTask"];
  EXPECT_EQ(made["Status"], "creating");
  const json task = shown(made["ReplicationTaskArn"]);
  EXPECT_EQ(task["Status"], "ready");
  EXPECT_EQ(task["ReplicationTaskIdentifier"], "my-task");
  for (const char* member : {"SourceEndpointArn", "TargetEndpointArn", "ReplicationInstanceArn", "MigrationType",
                             "TableMappings", "TaskData"})
    EXPECT_EQ(task[member], wanted[member]) << member;
  EXPECT_EQ(task["CdcStartPosition"], "2018-03-08T12:12:12");
  EXPECT_TRUE(json::parse(task["ReplicationTaskSettings"].get<std::string>()).contains("TargetMetadata"));
  for (const char* member : {"ReplicationTaskStats", "StopReason", "LastFailureMessage", "RecoveryCheckpoint",
                             "ReplicationTaskStartDate", "CdcStopPosition"})
    EXPECT_FALSE(task.contains(member)) << member;
  EXPECT_EQ(ok("ListTagsForResource", {{"ResourceArn", made["ReplicationTaskArn"]}})["TagList"].size(), 1);
}

TEST_F(TasksApiTest, tasks_are_found_by_each_filter) {
  const std::string one = make("one"), two = make("two", "full-load");
  const std::tuple<std::string_view, std::vector<std::string>, std::vector<std::string>> rows[] = {
      {"replication-task-arn", {one}, {"one"}},
      {"replication-task-id", {"ONE", "two"}, {"one", "two"}},
      {"migration-type", {"full-load"}, {"two"}},
      {"endpoint-arn", {target_}, {"one", "two"}},
      {"replication-instance-arn", {instance_}, {"one", "two"}},
  };
  for (const auto& [name, values, found] : rows) {
    std::vector<std::string> names;
    const json reply = ok("DescribeReplicationTasks", filter(name, values));
    for (const json& task : reply["ReplicationTasks"]) names.push_back(task["ReplicationTaskIdentifier"]);
    EXPECT_EQ(names, found) << name;
  }
  EXPECT_EQ(fault_of("DescribeReplicationTasks", filter("replication-task-id", {"three"})),
            "ResourceNotFoundFault: No Tasks found matching provided filters");
  EXPECT_EQ(code_of("DescribeReplicationTasks", filter("replication-task-arn", {source_})), "ResourceNotFoundFault");
  EXPECT_EQ(code_of("DescribeReplicationTasks", filter("colour", {"red"})), "InvalidParameterValueException");
  json asked = filter("replication-task-id", {"one"});
  asked["WithoutSettings"] = true;
  EXPECT_FALSE(ok("DescribeReplicationTasks", asked)["ReplicationTasks"][0].contains("ReplicationTaskSettings"));
}

TEST_F(TasksApiTest, lists_are_in_order_of_creation_page_by_page) {
  for (int n = 0; n < 45; ++n) make("task-" + std::to_string(n));
  std::vector<std::string> names;
  json asked = {{"MaxRecords", 20}};
  for (int page = 0; page < 3; ++page) {
    const json reply = ok("DescribeReplicationTasks", asked);
    for (const json& task : reply["ReplicationTasks"]) names.push_back(task["ReplicationTaskIdentifier"]);
    EXPECT_EQ(reply.contains("Marker"), page < 2);
    if (page < 2) asked["Marker"] = reply["Marker"];
  }
  ASSERT_EQ(names.size(), 45);
  for (int n = 0; n < 45; ++n) EXPECT_EQ(names[static_cast<size_t>(n)], "task-" + std::to_string(n));
}

TEST_F(TasksApiTest, a_run_is_shown_from_its_start_to_its_stop) {
  const std::string arn = make("one");
  const json started =
      ok("StartReplicationTask", {{"ReplicationTaskArn", arn}, {"StartReplicationTaskType", "start-replication"}});
  EXPECT_EQ(started["ReplicationTask"]["Status"], "starting");
  EXPECT_TRUE(started["ReplicationTask"].contains("ReplicationTaskStartDate"));
  tell(arn, WorkerState::running);
  WorkerStatistics live;
  live.run = workers_.started.back().run;
  live.full_load_percent = 40;
  live.tables_loading = 2;
  workers_.figures[id(arn)] = live;
  json task = shown(arn);
  EXPECT_EQ(task["Status"], "running");
  EXPECT_EQ(task["ReplicationTaskStats"]["FullLoadProgressPercent"], 40);
  EXPECT_EQ(task["ReplicationTaskStats"]["TablesLoading"], 2);
  EXPECT_TRUE(task["ReplicationTaskStats"].contains("FreshStartDate"));
  EXPECT_FALSE(task["ReplicationTaskStats"].contains("StopDate"));
  EXPECT_EQ(code_of("DeleteReplicationTask", {{"ReplicationTaskArn", arn}}), "InvalidResourceStateFault");
  EXPECT_EQ(ok("StopReplicationTask", {{"ReplicationTaskArn", arn}})["ReplicationTask"]["Status"], "stopping");
  tell(arn, WorkerState::stopped, "Stop Reason NORMAL");
  task = shown(arn);
  EXPECT_EQ(task["Status"], "stopped");
  EXPECT_EQ(task["StopReason"], "Stop Reason NORMAL");
  EXPECT_EQ(task["RecoveryCheckpoint"], "checkpoint:V1#1#00000000/00000001#0#0#*#0#0");
  EXPECT_TRUE(task["ReplicationTaskStats"].contains("StopDate"));
  EXPECT_EQ(ok("DeleteReplicationTask", {{"ReplicationTaskArn", arn}})["ReplicationTask"]["Status"], "deleting");
  background_->drain();
  EXPECT_EQ(code_of("DescribeReplicationTasks", filter("replication-task-arn", {arn})), "ResourceNotFoundFault");
}

TEST_F(TasksApiTest, one_call_names_a_group_of_tasks) {
  const std::string one = run("one"), two = run("two", "cdc");
  const std::string both = one + ", " + two;
  EXPECT_EQ(code_of("ModifyReplicationTask", {{"ReplicationTaskArn", both}, {"TaskData", "x"}}),
            "InvalidParameterCombinationException");
  ok("ModifyReplicationTask", {{"ReplicationTaskArn", both}, {"CdcStopPosition", "commit_time:2026-03-01T00:00:00"}});
  for (const std::string& arn : {one, two}) {
    EXPECT_EQ(shown(arn)["Status"], "running");
    EXPECT_EQ(shown(arn)["CdcStopPosition"], "commit_time:2026-03-01T00:00:00");
  }
  ok("StopReplicationTask", {{"ReplicationTaskArn", both}});
  for (const std::string& arn : {one, two}) EXPECT_EQ(shown(arn)["Status"], "stopping");
}

TEST_F(TasksApiTest, tables_are_answered_by_name_filter_and_page) {
  const std::string arn = run("one");
  const json asked = {{"ReplicationTaskArn", arn}};
  EXPECT_TRUE(ok("DescribeTableStatistics", asked)["TableStatistics"].empty());
  WorkerStatistics live;
  live.run = workers_.started.back().run;
  for (int n = 30; n > 0; --n)
    live.tables.push_back(table("t" + std::to_string(10 + n), n == 7 ? TableState::error : TableState::completed));
  workers_.figures[id(arn)] = live;
  const json all = ok("DescribeTableStatistics", asked);
  EXPECT_EQ(all["ReplicationTaskArn"], arn);
  ASSERT_EQ(all["TableStatistics"].size(), 30);
  EXPECT_EQ(all["TableStatistics"][0]["TableName"], "t11");
  EXPECT_EQ(all["TableStatistics"][0]["FullLoadRows"], 3);
  EXPECT_EQ(all["TableStatistics"][0]["ValidationState"], "Not enabled");
  EXPECT_DOUBLE_EQ(all["TableStatistics"][0]["FullLoadStartTime"].get<double>(), 1693554583.761);
  json errors = filter("table-state", {"Table error"});
  errors["ReplicationTaskArn"] = arn;
  EXPECT_EQ(ok("DescribeTableStatistics", errors)["TableStatistics"].size(), 1);
  json none = filter("table-name", {"T11"});
  none["ReplicationTaskArn"] = arn;
  EXPECT_TRUE(ok("DescribeTableStatistics", none)["TableStatistics"].empty());
  json paged = {{"ReplicationTaskArn", arn}, {"MaxRecords", 20}};
  const json first = ok("DescribeTableStatistics", paged);
  EXPECT_EQ(first["TableStatistics"].size(), 20);
  paged["Marker"] = first["Marker"];
  const json second = ok("DescribeTableStatistics", paged);
  EXPECT_EQ(second["TableStatistics"].size(), 10);
  EXPECT_EQ(second["TableStatistics"][0]["TableName"], "t31");
  EXPECT_FALSE(second.contains("Marker"));
  EXPECT_EQ(code_of("DescribeTableStatistics", {{"ReplicationTaskArn", arn}, {"MaxRecords", 501}}),
            "InvalidParameterValueException");
  EXPECT_EQ(code_of("DescribeTableStatistics", {{"ReplicationTaskArn", arn + "X"}}), "ResourceNotFoundFault");
}

TEST_F(TasksApiTest, tables_are_reloaded_by_name) {
  const std::string arn = run("one");
  WorkerStatistics live;
  live.run = workers_.started.back().run;
  live.tables = {table("t", TableState::completed)};
  workers_.figures[id(arn)] = live;
  json asked = {{"ReplicationTaskArn", arn},
                {"TablesToReload", json::array({{{"SchemaName", "s"}, {"TableName", "t"}}})}};
  EXPECT_EQ(ok("ReloadTables", asked)["ReplicationTaskArn"], arn);
  EXPECT_EQ(workers_.reloaded, (std::vector<TableRef>{{"s", "t"}}));
  asked["TablesToReload"][0]["TableName"] = "u";
  EXPECT_EQ(code_of("ReloadTables", asked), "InvalidParameterValueException");
}

TEST_F(TasksApiTest, a_move_names_where_it_goes) {
  const std::string arn = make("one");
  const std::string other =
      ok("CreateReplicationInstance",
         {{"ReplicationInstanceIdentifier", "other"},
          {"ReplicationInstanceClass", "dms.t3.medium"}})["ReplicationInstance"]["ReplicationInstanceArn"];
  background_->drain();
  const json moving = ok("MoveReplicationTask",
                         {{"ReplicationTaskArn", arn}, {"TargetReplicationInstanceArn", other}})["ReplicationTask"];
  EXPECT_EQ(moving["Status"], "moving");
  EXPECT_EQ(moving["TargetReplicationInstanceArn"], other);
  EXPECT_EQ(moving["ReplicationInstanceArn"], instance_);
  EXPECT_EQ(shown(arn)["ReplicationInstanceArn"], other);
  EXPECT_FALSE(shown(arn).contains("TargetReplicationInstanceArn"));
}

}  // namespace
}  // namespace godwit
