// The calls about assessments, on tables in memory.

#include <condition_variable>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "api/api_test_kit.h"
#include "control/assessments.h"
#include "control/fake_engine.h"
#include "engines/memory/engine.h"

namespace godwit {
namespace {

// Sessions are of the memory engine; a test may hold them up, or refuse them.
class AssessedEngine : public FakeEngine {
 public:
  AssessedEngine() : FakeEngine(fake::sql_form) {}

  Result<std::unique_ptr<Source>> open_source(const Endpoint& endpoint, const SessionOptions& options) override {
    EXPECT_TRUE(options.read_only);
    EXPECT_EQ(endpoint.password, "geheim");
    std::unique_lock lock(mutex_);
    open_.wait(lock, [this] { return !held_; });
    if (refused_) return Failure(Error{ErrorKind::connection, "fake.connect", "nobody is there", ""});
    return memory_engine().open_source(in_memory(endpoint), options);
  }
  Result<std::unique_ptr<Target>> open_target(const Endpoint& endpoint, const SessionOptions& options) override {
    return memory_engine().open_target(in_memory(endpoint), options);
  }
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    open_.notify_all();
  }
  void refuse_sessions(bool refused) {
    const std::lock_guard lock(mutex_);
    refused_ = refused;
  }

 private:
  static Endpoint in_memory(const Endpoint& endpoint) {
    return *parse_endpoint("memory://local/api_assessments_" + endpoint.database);
  }
  std::mutex mutex_;
  std::condition_variable open_;
  bool held_ = false, refused_ = false;
};

constexpr const char* no_key = "table-with-no-primary-key-or-unique-constraint";
constexpr const char* rules_match = "all-check-source-selection-rules";

class AssessmentsApi : public ApiTest {
 protected:
  AssessmentsApi() : ApiTest({&engine()}) {}
  static AssessedEngine& engine() {
    static AssessedEngine one;
    return one;
  }

  void SetUp() override {
    TableDef table;
    table.ref = {"s", "keyless"};
    table.columns.emplace_back().name = "word";
    table.columns.back().type.native = "text";
    memory_database("api_assessments_source").create_table(table);
    engine().hold(false);
    engine().refuse_sessions(false);
    instance_ = ok("CreateReplicationInstance",
                   {{"ReplicationInstanceIdentifier", "pool"},
                    {"ReplicationInstanceClass", "dms.t3.medium"}})["ReplicationInstance"]["ReplicationInstanceArn"];
    background_->drain();
    source_ = endpoint("source");
    target_ = endpoint("target");
    task_ = make("one");
  }
  void TearDown() override { engine().hold(false); }

  std::string endpoint(const std::string& side) {
    const std::string arn = ok("CreateEndpoint", {{"EndpointIdentifier", side},
                                                  {"EndpointType", side},
                                                  {"EngineName", "postgres"},
                                                  {"ServerName", "h"},
                                                  {"Port", 5432},
                                                  {"Username", "u"},
                                                  {"Password", "geheim"},
                                                  {"DatabaseName", side}})["Endpoint"]["EndpointArn"];
    ok("TestConnection", {{"ReplicationInstanceArn", instance_}, {"EndpointArn", arn}});
    background_->drain();
    return arn;
  }
  std::string make(const std::string& name, const std::string& type = "full-load-and-cdc") {
    return ok("CreateReplicationTask",
              {{"ReplicationTaskIdentifier", name},
               {"SourceEndpointArn", source_},
               {"TargetEndpointArn", target_},
               {"ReplicationInstanceArn", instance_},
               {"MigrationType", type},
               {"TableMappings",
                R"({"rules":[{"rule-type":"selection","rule-id":"1","rule-name":"1","rule-action":"include",
                   "object-locator":{"schema-name":"s","table-name":"%"}}]})"}})["ReplicationTask"]
                                                                                ["ReplicationTaskArn"];
  }

  json new_run(const std::string& name, const json& more = json::object()) const {
    json out = {{"ReplicationTaskArn", task_},
                {"ServiceAccessRoleArn", "arn:aws:iam::123456789012:role/r"},
                {"ResultLocationBucket", "results"},
                {"AssessmentRunName", name},
                {"IncludeOnly", {no_key, rules_match}}};
    for (const auto& [member, value] : more.items()) {
      out.erase(member);
      if (!value.is_null()) out[member] = value;
    }
    return out;
  }
  static constexpr const char* arn_member = "ReplicationTaskAssessmentRunArn";
  std::string start(const std::string& name, const json& more = json::object()) {
    return ok("StartReplicationTaskAssessmentRun", new_run(name, more))["ReplicationTaskAssessmentRun"][arn_member];
  }
  // A run that has ended.
  std::string run(const std::string& name, const json& more = json::object()) {
    const std::string arn = start(name, more);
    assessments_->drain();
    return arn;
  }
  json shown(const std::string& arn) {
    return ok("DescribeReplicationTaskAssessmentRuns",
              filter("replication-task-assessment-run-arn", {arn}))["ReplicationTaskAssessmentRuns"][0];
  }
  std::string task_status() {
    return ok("DescribeReplicationTasks", filter("replication-task-arn", {task_}))["ReplicationTasks"][0]["Status"];
  }
  // Names and statuses, in the order of the answer.
  std::vector<std::pair<std::string, std::string>> individual(const std::string& run) {
    std::vector<std::pair<std::string, std::string>> out;
    const json reply =
        ok("DescribeReplicationTaskIndividualAssessments", filter("replication-task-assessment-run-arn", {run}));
    for (const json& one : reply["ReplicationTaskIndividualAssessments"]) {
      EXPECT_EQ(one[arn_member], run);
      out.emplace_back(one["IndividualAssessmentName"], one["Status"]);
    }
    return out;
  }
  std::string path(const std::string& place) const { return folder_ + "/data/assessments/" + place; }
  json file(const std::string& place) const {
    std::ifstream in(path(place));
    EXPECT_TRUE(in) << place;
    return json::parse(std::string(std::istreambuf_iterator<char>(in), {}), nullptr, false);
  }
  std::vector<std::string> applicable(const json& asked = json::object()) {
    return ok("DescribeApplicableIndividualAssessments", asked)["IndividualAssessmentNames"];
  }

  std::string instance_, source_, target_, task_;
};

using Statuses = std::vector<std::pair<std::string, std::string>>;

TEST_F(AssessmentsApi, a_run_is_answered_as_it_was_given_and_ends_with_counts_and_files) {
  engine().hold(true);
  const json begun =
      ok("StartReplicationTaskAssessmentRun",
         new_run("first", {{"ResultLocationFolder", "/a/b/"},
                           {"ResultEncryptionMode", "SSE_KMS"},
                           {"ResultKmsKeyArn", "arn:aws:kms:k"},
                           {"Tags", {{{"Key", "team"}, {"Value", "a"}}}}}))["ReplicationTaskAssessmentRun"];
  EXPECT_EQ(begun["Status"], "starting");
  EXPECT_EQ(begun["ReplicationTaskArn"], task_);
  EXPECT_EQ(begun["ResultLocationFolder"], "a/b");
  EXPECT_EQ(begun["ResultEncryptionMode"], "SSE_KMS");
  EXPECT_EQ(begun["ResultKmsKeyArn"], "arn:aws:kms:k");
  EXPECT_EQ(begun["IsLatestTaskAssessmentRun"], true);
  EXPECT_EQ(begun["AssessmentProgress"],
            (json{{"IndividualAssessmentCount", 2}, {"IndividualAssessmentCompletedCount", 0}}));
  EXPECT_EQ(task_status(), "testing");
  const std::string arn = begun[arn_member];
  EXPECT_EQ(individual(arn), (Statuses{{rules_match, "pending"}, {no_key, "pending"}}));
  EXPECT_EQ(code_of("DeleteReplicationTaskAssessmentRun", {{arn_member, arn}}), "InvalidResourceStateFault");
  engine().hold(false);
  assessments_->drain();

  const json ended = shown(arn);
  EXPECT_EQ(ended["Status"], "warning");
  EXPECT_EQ(ended["AssessmentProgress"]["IndividualAssessmentCompletedCount"], 2);
  EXPECT_EQ(ended["ResultStatistic"],
            (json{{"Passed", 1}, {"Failed", 0}, {"Error", 0}, {"Warning", 1}, {"Cancelled", 0}, {"Skipped", 0}}));
  EXPECT_EQ(task_status(), "ready");
  EXPECT_EQ(individual(arn), (Statuses{{rules_match, "passed"}, {no_key, "warning"}}));
  EXPECT_EQ(ok("ListTagsForResource", {{"ResourceArn", arn}})["TagList"].size(), 1);
  const json summary = file("results/a/b/first/summary.json");
  EXPECT_EQ(summary["overall-test-result"], "warning");
  EXPECT_EQ(summary["summary"]["warning"][0]["test-name"], no_key);
  const json result = file(std::string("results/a/b/first/") + no_key + ".json");
  EXPECT_EQ(result["results"][0]["table"], "keyless");
  const auto kept = find_assessment_result(*database_, arn.substr(arn.rfind(':') + 1), no_key);
  ASSERT_TRUE(kept);
  EXPECT_EQ(json::parse(*kept), result);
}

TEST_F(AssessmentsApi, the_newest_run_of_a_task_is_the_latest_and_a_task_may_have_many) {
  const std::string first = run("first"), second = run("second");
  EXPECT_EQ(shown(first)["IsLatestTaskAssessmentRun"], false);
  EXPECT_EQ(shown(second)["IsLatestTaskAssessmentRun"], true);
  EXPECT_EQ(
      ok("DeleteReplicationTaskAssessmentRun", {{arn_member, second}})["ReplicationTaskAssessmentRun"]["Status"],
      "deleting");
  EXPECT_EQ(shown(first)["IsLatestTaskAssessmentRun"], true);
  EXPECT_TRUE(std::filesystem::exists(path("results/second/summary.json")));
  EXPECT_EQ(code_of("DeleteReplicationTaskAssessmentRun", {{arn_member, second}}), "ResourceNotFoundFault");
}

TEST_F(AssessmentsApi, what_is_wrong_is_refused_and_leaves_nothing) {
  run("taken");
  const std::string other = make("two");
  struct Row {
    json more;
    std::string fault;
  };
  const std::string value = "InvalidParameterValueException", pair = "InvalidParameterCombinationException";
  const Row rows[] = {
      {{{"ReplicationTaskArn", task_ + "X"}}, "ResourceNotFoundFault"},
      {{{"AssessmentRunName", "taken"}}, "ResourceAlreadyExistsFault"},
      {{{"ReplicationTaskArn", other}, {"AssessmentRunName", "taken"}}, "ResourceAlreadyExistsFault"},
      {{{"AssessmentRunName", ""}}, value},
      {{{"AssessmentRunName", ".."}}, value},
      {{{"AssessmentRunName", "a/b"}}, value},
      {{{"AssessmentRunName", std::string(256, 'n')}}, value},
      {{{"ServiceAccessRoleArn", ""}}, value},
      {{{"ResultLocationBucket", "/etc"}}, value},
      {{{"ResultLocationBucket", ".."}}, value},
      {{{"ResultLocationBucket", "s3://b"}}, value},
      {{{"ResultLocationFolder", "a/../../b"}}, value},
      {{{"ResultLocationFolder", "a//b"}}, value},
      {{{"ResultEncryptionMode", "AES"}}, value},
      {{{"ResultEncryptionMode", "SSE_KMS"}}, pair},
      {{{"ResultKmsKeyArn", "arn:k"}}, pair},
      {{{"Exclude", {rules_match}}}, pair},
      {{{"IncludeOnly", {"no-such"}}}, value},
      {{{"IncludeOnly", {"mysql-check-server-id"}}}, value},
      {{{"IncludeOnly", nullptr}, {"Exclude", applicable({{"ReplicationTaskArn", task_}})}}, value},
      {{{"Tags", {{{"Key", "aws:x"}, {"Value", "a"}}}}}, value},
  };
  for (const Row& row : rows)
    EXPECT_EQ(code_of("StartReplicationTaskAssessmentRun", new_run("fresh", row.more)), row.fault) << row.more;
  EXPECT_EQ(ok("DescribeReplicationTaskAssessmentRuns")["ReplicationTaskAssessmentRuns"].size(), 1);
  EXPECT_EQ(task_status(), "ready");
}

TEST_F(AssessmentsApi, a_folder_that_cannot_be_written_is_told_at_once) {
  std::filesystem::create_directories(path(""));
  std::ofstream(path("results")) << "a file";
  const std::string fault = fault_of("StartReplicationTaskAssessmentRun", new_run("first"));
  EXPECT_TRUE(fault.starts_with("S3AccessDeniedFault: ")) << fault;
  EXPECT_EQ(task_status(), "ready");
}

TEST_F(AssessmentsApi, a_task_whose_connections_were_not_tested_is_not_assessed) {
  ok("DeleteConnection", {{"ReplicationInstanceArn", instance_}, {"EndpointArn", target_}});
  for (const char* operation : {"StartReplicationTaskAssessmentRun", "StartReplicationTaskAssessment"})
    EXPECT_EQ(fault_of(operation, new_run("first")),
              "InvalidResourceStateFault: Test connection for replication instance and endpoint should be successful "
              "for assessing the replication task");
  EXPECT_EQ(task_status(), "ready");
}

TEST_F(AssessmentsApi, one_assessment_at_a_time_is_made_of_a_task) {
  engine().hold(true);
  start("first");
  EXPECT_EQ(code_of("StartReplicationTaskAssessmentRun", new_run("second")), "InvalidResourceStateFault");
  EXPECT_EQ(code_of("StartReplicationTaskAssessment", {{"ReplicationTaskArn", task_}}), "InvalidResourceStateFault");
  EXPECT_EQ(code_of("StartReplicationTask",
                    {{"ReplicationTaskArn", task_}, {"StartReplicationTaskType", "start-replication"}}),
            "InvalidResourceStateFault");
}

TEST_F(AssessmentsApi, a_cancelled_run_stays_cancelling_and_gives_its_task_back) {
  engine().hold(true);
  const std::string arn = start("first");
  const json cancelled = ok("CancelReplicationTaskAssessmentRun", {{arn_member, arn}});
  EXPECT_EQ(cancelled["ReplicationTaskAssessmentRun"]["Status"], "cancelling");
  EXPECT_EQ(code_of("CancelReplicationTaskAssessmentRun", {{arn_member, arn}}), "InvalidResourceStateFault");
  EXPECT_EQ(code_of("DeleteReplicationTaskAssessmentRun", {{arn_member, arn}}), "InvalidResourceStateFault");
  engine().hold(false);
  assessments_->drain();
  EXPECT_EQ(shown(arn)["Status"], "cancelling");
  EXPECT_EQ(shown(arn)["ResultStatistic"]["Cancelled"], 2);
  EXPECT_EQ(individual(arn), (Statuses{{rules_match, "cancelled"}, {no_key, "cancelled"}}));
  EXPECT_EQ(task_status(), "ready");
  EXPECT_EQ(file("results/first/summary.json")["overall-test-result"], "cancelling");
  ok("DeleteReplicationTaskAssessmentRun", {{arn_member, arn}});
  EXPECT_EQ(code_of("CancelReplicationTaskAssessmentRun", {{arn_member, run("second")}}),
            "InvalidResourceStateFault");
}

TEST_F(AssessmentsApi, an_end_that_cannot_be_reached_is_an_error_that_says_so) {
  engine().refuse_sessions(true);
  const json ended = shown(run("first"));
  EXPECT_EQ(ended["Status"], "error-executing");
  EXPECT_EQ(ended["ResultStatistic"]["Error"], 2);
  EXPECT_TRUE(ended["LastFailureMessage"].get<std::string>().ends_with("nobody is there"));
  EXPECT_EQ(task_status(), "ready");
  engine().refuse_sessions(false);
  EXPECT_EQ(shown(run("second"))["Status"], "warning");
}

TEST_F(AssessmentsApi, a_run_of_a_server_that_is_gone_is_ended_by_the_next_one) {
  engine().hold(true);
  const std::string arn = start("first");
  std::thread later([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    engine().hold(false);
  });
  restart();
  later.join();
  const std::string left = shown(arn)["Status"];  // as far as it came
  EXPECT_TRUE(left == "starting" || left == "running") << left;
  ASSERT_TRUE(end_forgotten_assessments(*environment_));
  const json ended = shown(arn);
  EXPECT_EQ(ended["Status"], "error-executing");
  EXPECT_TRUE(ended["LastFailureMessage"].get<std::string>().starts_with("The server ended"));
  EXPECT_EQ(ended["AssessmentProgress"]["IndividualAssessmentCompletedCount"], 2);
  EXPECT_EQ(task_status(), "ready");
}

TEST_F(AssessmentsApi, a_task_that_is_deleted_takes_its_runs_and_their_tags_with_it) {
  run("done", {{"Tags", {{{"Key", "team"}, {"Value", "a"}}}}});
  engine().hold(true);
  start("under-way");
  ok("DeleteReplicationTask", {{"ReplicationTaskArn", task_}});
  background_->drain();
  engine().hold(false);
  assessments_->drain();
  EXPECT_TRUE(ok("DescribeReplicationTaskAssessmentRuns")["ReplicationTaskAssessmentRuns"].empty());
  EXPECT_TRUE(ok("DescribeReplicationTaskIndividualAssessments")["ReplicationTaskIndividualAssessments"].empty());
  int64_t tags = 0;
  ASSERT_TRUE(database_->each("SELECT count(*) FROM tags", {}, [&](const Row& row) { tags = row.integer(0); }));
  EXPECT_EQ(tags, 0);
}

TEST_F(AssessmentsApi, a_run_in_the_place_of_a_deleted_one_leaves_no_file_of_it) {
  const std::string first = run("same");
  ok("DeleteReplicationTaskAssessmentRun", {{arn_member, first}});
  std::ofstream(path("results/same/notes.txt")) << "mine";
  run("same", {{"IncludeOnly", {rules_match}}});
  EXPECT_FALSE(std::filesystem::exists(path(std::string("results/same/") + no_key + ".json")));
  EXPECT_TRUE(std::filesystem::exists(path(std::string("results/same/") + rules_match + ".json")));
  EXPECT_TRUE(std::filesystem::exists(path("results/same/notes.txt")));
}

TEST_F(AssessmentsApi, runs_and_their_assessments_are_found_by_each_filter) {
  const std::string first = run("first"), second = run("second", {{"IncludeOnly", {rules_match}}});
  const std::tuple<std::string_view, std::vector<std::string>, size_t, size_t> rows[] = {
      {"replication-task-assessment-run-arn", {first}, 1, 2},
      {"replication-task-arn", {task_}, 2, 3},
      {"status", {"passed"}, 1, 2},
      {"status", {"passed", "warning"}, 2, 3},
  };
  for (const auto& [name, values, runs, assessments] : rows) {
    EXPECT_EQ(
        ok("DescribeReplicationTaskAssessmentRuns", filter(name, values))["ReplicationTaskAssessmentRuns"].size(),
        runs)
        << name;
    EXPECT_EQ(ok("DescribeReplicationTaskIndividualAssessments",
                 filter(name, values))["ReplicationTaskIndividualAssessments"]
                  .size(),
              assessments)
        << name;
  }
  EXPECT_EQ(ok("DescribeReplicationTaskAssessmentRuns",
               filter("replication-instance-arn", {instance_}))["ReplicationTaskAssessmentRuns"]
                .size(),
            2);
  EXPECT_EQ(fault_of("DescribeReplicationTaskAssessmentRuns", filter("status", {"failed"})),
            "ResourceNotFoundFault: No Assessment Runs found matching provided filters");
  EXPECT_EQ(code_of("DescribeReplicationTaskIndividualAssessments", filter("status", {"failed"})),
            "ResourceNotFoundFault");
  EXPECT_EQ(code_of("DescribeReplicationTaskAssessmentRuns", filter("colour", {"red"})),
            "InvalidParameterValueException");
}

TEST_F(AssessmentsApi, assessments_of_a_run_are_answered_page_by_page_in_their_order) {
  const std::string arn = run("all", {{"IncludeOnly", nullptr}});
  std::vector<std::string> names;
  json asked = filter("replication-task-assessment-run-arn", {arn});
  asked["MaxRecords"] = 20;
  for (bool more = true; more;) {
    const json reply = ok("DescribeReplicationTaskIndividualAssessments", asked);
    for (const json& one : reply["ReplicationTaskIndividualAssessments"])
      names.push_back(one["IndividualAssessmentName"]);
    more = reply.contains("Marker");
    if (more) asked["Marker"] = reply["Marker"];
  }
  EXPECT_GT(names.size(), 40);
  EXPECT_EQ(names, applicable({{"ReplicationTaskArn", task_}}));
}

TEST_F(AssessmentsApi, applicable_assessments_are_those_of_a_task_of_a_pair_or_all) {
  const auto of_task = applicable({{"ReplicationTaskArn", task_}});
  const json pair = {{"ReplicationInstanceArn", instance_},
                     {"SourceEngineName", "postgres"},
                     {"TargetEngineName", "postgres"},
                     {"MigrationType", "full-load-and-cdc"}};
  EXPECT_EQ(applicable(pair), of_task);
  const auto has = [](const std::vector<std::string>& names, const char* name) {
    return std::ranges::find(names, name) != names.end();
  };
  EXPECT_TRUE(has(of_task, "postgres-check-wallevel"));
  EXPECT_FALSE(has(of_task, "mysql-check-server-id"));
  json load = pair;
  load["MigrationType"] = "full-load";
  EXPECT_FALSE(has(applicable(load), "postgres-check-wallevel"));

  std::vector<std::string> all;
  json asked = {{"MaxRecords", 50}};
  for (bool more = true; more;) {
    const json reply = ok("DescribeApplicableIndividualAssessments", asked);
    for (const json& name : reply["IndividualAssessmentNames"]) all.push_back(name);
    more = reply.contains("Marker");
    if (more) asked["Marker"] = reply["Marker"];
  }
  EXPECT_TRUE(has(all, "postgres-check-wallevel") && has(all, "mysql-check-server-id") &&
              has(all, "mariadb-check-server-id"));
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());

  const auto refused = [&](const json& more) {
    json given = pair;
    given.update(more);
    for (const auto& [member, value] : more.items())
      if (value.is_null()) given.erase(member);
    return code_of("DescribeApplicableIndividualAssessments", given);
  };
  EXPECT_EQ(refused({{"MigrationType", nullptr}}), "InvalidParameterCombinationException");
  EXPECT_EQ(refused({{"ReplicationTaskArn", task_}}), "InvalidParameterCombinationException");
  EXPECT_EQ(refused({{"SourceEngineName", "oracle"}}), "InvalidParameterValueException");
  EXPECT_EQ(refused({{"TargetEngineName", "gcp-mysql"}}), "InvalidParameterValueException");
  EXPECT_EQ(refused({{"ReplicationInstanceArn", instance_ + "X"}}), "ResourceNotFoundFault");
  EXPECT_EQ(refused({{"ReplicationConfigArn", "arn:aws:dms:r:a:replication-config:X"}}), "ResourceNotFoundFault");
}

TEST_F(AssessmentsApi, data_types_are_reported_of_each_task_that_was_assessed) {
  const json asked = {{"ReplicationTaskArn", task_}};
  const char* rows = "ReplicationTaskAssessmentResults";
  EXPECT_TRUE(ok("DescribeReplicationTaskAssessmentResults", asked)[rows].empty());
  EXPECT_EQ(ok("StartReplicationTaskAssessment", asked)["ReplicationTask"]["Status"], "testing");
  assessments_->drain();
  EXPECT_EQ(task_status(), "ready");
  const json reply = ok("DescribeReplicationTaskAssessmentResults", asked);
  ASSERT_EQ(reply[rows].size(), 1);
  const json& one = reply[rows][0];
  EXPECT_EQ(one["ReplicationTaskIdentifier"], "one");
  EXPECT_EQ(one["ReplicationTaskArn"], task_);
  EXPECT_EQ(one["AssessmentStatus"], "No issues found");
  EXPECT_EQ(one["AssessmentResultsFile"], "one/2026-02-02-02-40");
  EXPECT_EQ(json::parse(one["AssessmentResults"].get<std::string>())["summary"]["task-name"], "one");
  const std::string bucket = reply["BucketName"];
  EXPECT_TRUE(bucket.starts_with("dms-123456789012-")) << bucket;
  EXPECT_EQ(one["S3ObjectUrl"], "file://" + path(bucket + "/one/2026-02-02-02-40"));
  EXPECT_EQ(file(bucket + "/one/2026-02-02-02-40")["summary"]["task-name"], "one");

  const json all = ok("DescribeReplicationTaskAssessmentResults")[rows];
  ASSERT_EQ(all.size(), 1);
  EXPECT_FALSE(all[0].contains("AssessmentResults") || all[0].contains("S3ObjectUrl"));
  EXPECT_EQ(code_of("DescribeReplicationTaskAssessmentResults", {{"ReplicationTaskArn", task_ + "X"}}),
            "ResourceNotFoundFault");

  engine().refuse_sessions(true);
  ok("StartReplicationTaskAssessment", asked);
  assessments_->drain();
  const json failed = ok("DescribeReplicationTaskAssessmentResults", asked)[rows][0];
  EXPECT_EQ(failed["AssessmentStatus"], "Assessment failed: nobody is there");
  EXPECT_FALSE(failed.contains("AssessmentResultsFile") || failed.contains("AssessmentResults"));
}

}  // namespace
}  // namespace godwit
