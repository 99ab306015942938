#include "control/connection_tests.h"

#include <gtest/gtest.h>

#include <thread>

#include "control/endpoint_fixture.h"
#include "control/schema_refreshes.h"
#include "store/tasks.h"

namespace godwit {
namespace {

const Error refused{ErrorKind::connection, "postgres.connect", "cannot connect to postgresql://u@h:5432/d: refused.",
                    ""};

class ConnectionTests : public EndpointFixture {
 protected:
  ShownConnection latest() { return connections_of(*environment_, {}, {}).value().at(0); }
  std::string status() { return latest().record.status; }
  ShownConnection tested(const std::string& endpoint) {
    const auto begun = test_connection(*environment_, instance(), endpoint);
    EXPECT_TRUE(begun) << begun.error().message;
    background_.drain();
    return latest();
  }
};

TEST_F(ConnectionTests, say_testing_at_once_and_then_what_the_engine_found) {
  const std::string endpoint = put();
  const auto begun = test_connection(*environment_, instance(), endpoint);
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->record.status, "testing");
  EXPECT_EQ(begun->endpoint_arn, endpoint);
  EXPECT_EQ(begun->endpoint_identifier, "one");
  EXPECT_EQ(begun->instance_arn, instance());
  EXPECT_EQ(begun->instance_identifier, "name-INSTANCE");
  background_.drain();
  EXPECT_EQ(status(), "successful");
  EXPECT_EQ(sql_.last_uri(), "postgresql://u:geheim%3B%3D%7B%7D@h:5432/d?sslmode=disable");
  sql_.refuse(refused);
  EXPECT_EQ(tested(endpoint).record.status, "failed");
  EXPECT_EQ(
      latest().record.last_failure_message,
      "Test Endpoint failed: Application-Status: 1020912, Application-Message: Failed to connect Network error "
      "has occurred, Application-Detailed-Message: RetCode: SQL_ERROR SqlState: 08001 NativeError: 101 Message: "
      "cannot connect to postgresql://u@h:5432/d: refused.");
  sql_.refuse(std::nullopt);
  EXPECT_EQ(tested(endpoint).record.last_failure_message, "");
  EXPECT_EQ(connections_of(*environment_, {}, {}).value().size(), 1U);
}

TEST_F(ConnectionTests, whose_end_the_store_does_not_take_are_ended_later) {
  const std::string endpoint = put();
  const std::string refusal = "CREATE TRIGGER refusal BEFORE UPDATE ON connections WHEN NEW.status = 'successful' ";
  ASSERT_TRUE(database_->run(refusal + "BEGIN SELECT RAISE(ABORT, 'disk'); END"));
  ASSERT_TRUE(test_connection(*environment_, instance(), endpoint));
  while (sql_.probes() == 0) std::this_thread::yield();
  EXPECT_EQ(status(), "testing");
  ASSERT_TRUE(database_->run("DROP TRIGGER refusal"));
  background_.drain();
  EXPECT_EQ(status(), "successful");
  EXPECT_EQ(sql_.probes(), 1U);
}

TEST_F(ConnectionTests, carry_the_servers_own_numbers) {
  const std::tuple<Error, std::string, std::string> cases[] = {
      {{ErrorKind::prerequisite, "mysql.1045", "denied", "28000"}, "SqlState: 28000", "NativeError: 1045"},
      {{ErrorKind::usage, "endpoint.attribute", "bad", ""}, "SqlState: HY000", "NativeError: 0"},
  };
  for (const auto& [error, state, number] : cases) {
    const std::string text = failure_text(error);
    EXPECT_NE(text.find(state), std::string::npos) << text;
    EXPECT_NE(text.find(number), std::string::npos) << text;
  }
}

TEST_F(ConnectionTests, fail_with_the_reason_when_there_is_no_login_to_try) {
  EndpointInput wanted;
  wanted.identifier = "s";
  wanted.type = "source";
  wanted.engine_name = "postgres";
  wanted.settings["PostgreSQLSettings"] = {{"SecretsManagerSecretId", "db"}};
  const auto made = create_endpoint(*environment_, wanted, {});
  const ShownConnection found = tested(endpoint_arn(*environment_, *made));
  EXPECT_EQ(found.record.status, "failed");
  EXPECT_NE(found.record.last_failure_message.find("the secret db"), std::string::npos);
  EXPECT_EQ(sql_.probes(), 0U);
}

TEST_F(ConnectionTests, need_an_endpoint_and_an_instance_that_is_available) {
  const std::string endpoint = put();
  put_instance("BUSY", "modifying");
  EXPECT_EQ(test_connection(*environment_, instance("BUSY"), endpoint).error().code, "InvalidResourceStateFault");
  EXPECT_EQ(test_connection(*environment_, instance("NONE"), endpoint).error().code, "ResourceNotFoundFault");
  EXPECT_EQ(test_connection(*environment_, instance(), "x").error().code, "ResourceNotFoundFault");
  EXPECT_TRUE(connections_of(*environment_, {}, {}).value().empty());
}

TEST_F(ConnectionTests, run_one_at_a_time_for_a_pair_and_again_when_the_endpoint_changes) {
  const std::string endpoint = put();
  const std::string id = endpoint_of(*environment_, endpoint)->id;
  ASSERT_TRUE(begin_connection_test(*database_, id, "INSTANCE", 1));
  EXPECT_EQ(test_connection(*environment_, instance(), endpoint).error().code, "InvalidResourceStateFault");
  EXPECT_FALSE(require_tested(*environment_, "INSTANCE", id));
  ASSERT_TRUE(take_up_connection_tests(*environment_));
  background_.drain();
  EXPECT_EQ(status(), "successful");
  EXPECT_TRUE(require_tested(*environment_, "INSTANCE", id));
  EXPECT_FALSE(require_tested(*environment_, "OTHER", id));

  sql_.refuse(refused);
  EXPECT_TRUE(modify_endpoint(*environment_, endpoint, {}));
  background_.drain();
  EXPECT_EQ(status(), "successful");  // nothing was changed
  EndpointInput change;
  change.port = 1;
  ASSERT_TRUE(modify_endpoint(*environment_, endpoint, change));
  background_.drain();
  EXPECT_EQ(status(), "failed");
  EXPECT_NE(sql_.last_uri().find("@h:1/"), std::string::npos);
}

TEST_F(ConnectionTests, a_test_that_a_change_of_the_endpoint_began_is_superseded_by_one_that_a_caller_asks_for) {
  const std::string endpoint = put();
  const std::string id = endpoint_of(*environment_, endpoint)->id;
  tested(endpoint);
  const auto begun = begin_tests_again(*environment_, id);  // as a change does, whose test has not come up yet
  ASSERT_EQ(begun->size(), 1U);
  const auto asked = test_connection(*environment_, instance(), endpoint);
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_GT(asked->record.attempt, begun->front().attempt);
  background_.drain();
  EXPECT_EQ(status(), "successful");
  const size_t probes = sql_.probes();
  run_tests(*environment_, *begun);  // late
  background_.drain();
  EXPECT_EQ(sql_.probes(), probes);
  ASSERT_TRUE(begin_connection_test(*database_, id, "INSTANCE", 1));
  EXPECT_EQ(test_connection(*environment_, instance(), endpoint).error().code, "InvalidResourceStateFault");
  ASSERT_TRUE(begin_tests_again(*environment_, id));  // what the caller asked for was of settings that are no more
  EXPECT_TRUE(test_connection(*environment_, instance(), endpoint));
  background_.drain();
  EXPECT_EQ(status(), "successful");
}

TEST_F(ConnectionTests, go_by_a_call_but_not_under_a_running_task) {
  const std::string endpoint = put();
  EXPECT_EQ(remove_connection(*environment_, instance(), endpoint).error().code, "ResourceNotFoundFault");
  tested(endpoint);
  StoredTask task;
  task.id = task.identifier = "t";
  task.source_endpoint_id = task.target_endpoint_id = endpoint_of(*environment_, endpoint)->id;
  task.instance_id = "INSTANCE";
  task.migration_type = "cdc";
  task.status = "running";
  ASSERT_TRUE(insert_task(*database_, task));
  EXPECT_EQ(remove_connection(*environment_, instance(), endpoint).error().code, "InvalidResourceStateFault");
  task.status = "stopped";
  ASSERT_TRUE(update_task(*database_, task));
  EXPECT_EQ(remove_connection(*environment_, instance(), endpoint)->record.status, "deleting");
  EXPECT_TRUE(connections_of(*environment_, {}, {}).value().empty());
}

TEST_F(ConnectionTests, let_the_schemas_be_read) {
  const std::string endpoint = put();
  sql_.set_schemas({"b", "a"});
  EXPECT_EQ(refresh_schemas(*environment_, endpoint, instance()).error().code, "InvalidResourceStateFault");
  EXPECT_EQ(schema_refresh_of(*environment_, endpoint).error().code, "ResourceNotFoundFault");
  EXPECT_TRUE(schemas_of(*environment_, endpoint, "", -1)->empty());
  tested(endpoint);
  EXPECT_EQ(refresh_schemas(*environment_, endpoint, instance())->status, "refreshing");
  background_.drain();
  EXPECT_EQ(schema_refresh_of(*environment_, endpoint)->status, "successful");
  EXPECT_EQ(schemas_of(*environment_, endpoint, "", -1).value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(schemas_of(*environment_, endpoint, "a", 1).value(), (std::vector<std::string>{"b"}));

  sql_.refuse(refused);
  ASSERT_TRUE(refresh_schemas(*environment_, endpoint, instance()));
  background_.drain();
  EXPECT_EQ(schema_refresh_of(*environment_, endpoint)->status, "failed");
  EXPECT_NE(schema_refresh_of(*environment_, endpoint)->last_failure_message.find("refused"), std::string::npos);
  EXPECT_EQ(schemas_of(*environment_, endpoint, "", -1)->size(), 2U);
}

TEST_F(ConnectionTests, a_refresh_that_runs_is_answered_and_a_restarted_server_takes_it_up) {
  const std::string endpoint = put();
  tested(endpoint);
  sql_.set_schemas({"s"});
  const auto begun = begin_schema_refresh(*database_, endpoint_of(*environment_, endpoint)->id, "INSTANCE", 5);
  const auto again = refresh_schemas(*environment_, endpoint, instance());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempt, begun->attempt);
  ASSERT_TRUE(take_up_schema_refreshes(*environment_));
  background_.drain();
  EXPECT_EQ(schema_refresh_of(*environment_, endpoint)->status, "successful");
}

}  // namespace
}  // namespace godwit
