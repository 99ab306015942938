#include "control/endpoints.h"

#include <gtest/gtest.h>

#include <fstream>

#include "control/connectable.h"
#include "control/endpoint_fixture.h"
#include "store/tasks.h"

namespace godwit {
namespace {

using nlohmann::json;

class Endpoints : public EndpointFixture {
 protected:
  EndpointRecord record(const std::string& arn) { return endpoint_of(*environment_, arn).value(); }
  json settings(const std::string& arn, const std::string& structure = "PostgreSQLSettings") {
    return echoed_settings(*environment_, record(arn)).at(structure);
  }
  Endpoint login(const std::string& arn) { return connectable(*environment_, record(arn)).value(); }
  void put_task(const std::string& endpoint_arn, const std::string& status) {
    StoredTask task;
    task.id = task.identifier = "task-" + status;
    task.source_endpoint_id = task.target_endpoint_id = record(endpoint_arn).id;
    task.instance_id = "INSTANCE";
    task.migration_type = "cdc";
    task.status = status;
    const auto made = insert_task(*database_, task);
    ASSERT_TRUE(made) << made.error().message;
  }
};

struct Refusal {
  std::string what;
  std::function<void(EndpointInput&)> change;
  std::string code, message;  // the message holds this
};

const std::vector<Refusal> refusals = {
    {"no name", [](auto& i) { i.identifier = ""; }, "InvalidParameterValueException", "EndpointIdentifier"},
    {"two hyphens", [](auto& i) { i.identifier = "a--b"; }, "InvalidParameterValueException", "EndpointIdentifier"},
    {"no side", [](auto& i) { i.type = "both"; }, "InvalidParameterValueException", "EndpointType"},
    {"no engine", [](auto& i) { i.engine_name = "oracle"; }, "InvalidParameterValueException",
     "gcp-mysql, postgres, s3"},
    {"a side that is not served",
     [](auto& i) {
       i.engine_name = "gcp-mysql";
       i.type = "target";
     },
     "InvalidParameterValueException", "gcp-mysql cannot be a target"},
    {"no server", [](auto& i) { i.server_name = " "; }, "InvalidParameterValueException",
     "The parameter serverName must be provided and must not be blank."},
    {"no port", [](auto& i) { i.port.reset(); }, "InvalidParameterValueException", "The parameter port must"},
    {"no user", [](auto& i) { i.username.reset(); }, "InvalidParameterValueException", "The parameter username must"},
    {"no password", [](auto& i) { i.password.reset(); }, "InvalidParameterValueException",
     "The parameter password must"},
    {"a blank password", [](auto& i) { i.password = ""; }, "InvalidParameterValueException",
     "The parameter password must"},
    {"a NUL in the password", [](auto& i) { i.password = std::string("a\0b", 3); }, "InvalidParameterValueException",
     "Password"},
    {"a line end in the user", [](auto& i) { i.username = "a\nb"; }, "InvalidParameterValueException", "Username"},
    {"a server with a blank", [](auto& i) { i.server_name = "h h"; }, "InvalidParameterValueException", "ServerName"},
    {"port 0", [](auto& i) { i.port = 0; }, "InvalidParameterValueException", "Port"},
    {"port 65536", [](auto& i) { i.port = 65536; }, "InvalidParameterValueException", "Port"},
    {"an unknown attribute", [](auto& i) { i.extra_connection_attributes = "key=value"; },
     "InvalidParameterValueException", "Unsupported value 'key' for extra connection attributes"},
    {"another engine's settings", [](auto& i) { i.settings["MySQLSettings"] = json::object(); },
     "InvalidParameterCombinationException", "MySQLSettings does not belong to engine postgres"},
    {"a bad setting", [](auto& i) { i.settings["PostgreSQLSettings"] = {{"MaxFileSize", 0}}; },
     "InvalidParameterValueException", "MaxFileSize"},
    {"a setting of another type",
     [](auto& i) { i.settings["PostgreSQLSettings"] = {{"CaptureDdls", json::array()}}; },
     "InvalidParameterValueException", "CaptureDdls"},
    {"a secret beside a login", [](auto& i) { i.settings["PostgreSQLSettings"] = {{"SecretsManagerSecretId", "s"}}; },
     "InvalidParameterCombinationException", "SecretsManagerSecretId"},
    {"an unknown SSL mode", [](auto& i) { i.ssl_mode = "verify-full"; }, "InvalidParameterValueException",
     "none, require, verify-ca"},
    {"no certificate", [](auto& i) { i.ssl_mode = "verify-ca"; }, "InvalidParameterValueException",
     "Invalid certificate ARN"},
    {"an unknown certificate", [](auto& i) { i.certificate_arn = "arn:aws:dms:us-east-1:000000000000:cert:X"; },
     "InvalidParameterValueException", "Invalid certificate ARN"},
    {"a resource identifier with a blank", [](auto& i) { i.resource_identifier = "a b"; },
     "InvalidParameterValueException", "ResourceIdentifier"},
};

TEST_F(Endpoints, that_are_not_complete_and_right_are_refused_and_nothing_is_kept) {
  for (const Refusal& one : refusals) {
    EndpointInput wanted = input();
    one.change(wanted);
    const auto made = create_endpoint(*environment_, wanted, {});
    ASSERT_FALSE(made) << one.what;
    EXPECT_EQ(made.error().code, one.code) << one.what;
    EXPECT_NE(made.error().message.find(one.message), std::string::npos) << one.what << ": " << made.error().message;
    EXPECT_EQ(made.error().message.find("geheim"), std::string::npos) << one.what;
  }
  EXPECT_EQ(count_endpoints(*database_).value(), 0);
}

TEST_F(Endpoints, are_refused_a_change_for_the_same_reasons_and_stay_as_they_are) {
  const std::string arn = put();
  const EndpointRecord before = record(arn);
  for (const Refusal& one : refusals) {
    EndpointInput change = input();
    one.change(change);
    if (one.what == "no port" || one.what == "no user" || one.what == "no password" || change.resource_identifier)
      continue;  // what is not given stays
    const auto made = modify_endpoint(*environment_, arn, change);
    ASSERT_FALSE(made) << one.what;
    EXPECT_EQ(made.error().code, one.code) << one.what;
  }
  EXPECT_EQ(record(arn).settings, before.settings);
  EXPECT_EQ(record(arn).sealed_password, before.sealed_password);
}

TEST_F(Endpoints, of_one_name_or_one_resource_identifier_there_is_one) {
  EndpointInput wanted = input("Name");
  wanted.resource_identifier = "Own-Id";
  const auto made = create_endpoint(*environment_, wanted, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->identifier, "name");
  EXPECT_EQ(endpoint_arn(*environment_, *made), "arn:aws:dms:us-east-1:000000000000:endpoint:Own-Id");
  EXPECT_EQ(create_endpoint(*environment_, input("NAME"), {}).error().code, "ResourceAlreadyExistsFault");
  wanted.identifier = "other";
  EXPECT_EQ(create_endpoint(*environment_, wanted, {}).error().code, "ResourceAlreadyExistsFault");
  const std::string second = put("second");
  EndpointInput rename;
  rename.identifier = "Name";
  EXPECT_EQ(modify_endpoint(*environment_, second, rename).error().code, "ResourceAlreadyExistsFault");
}

TEST_F(Endpoints, keep_the_password_sealed_and_hand_it_to_the_engine_alone) {
  const std::string arn = put();
  const EndpointRecord kept = record(arn);
  const std::string sealed(reinterpret_cast<const char*>(kept.sealed_password.data()), kept.sealed_password.size());
  EXPECT_EQ(sealed.find("geheim"), std::string::npos);
  EXPECT_EQ(settings(arn).dump().find("geheim"), std::string::npos);
  EXPECT_FALSE(settings(arn).contains("Password"));
  const Endpoint end = login(arn);
  EXPECT_EQ(end.password, "geheim;={}");
  EXPECT_EQ(end.scheme, "postgresql");
  EXPECT_EQ(to_string(end), "postgresql://u@h:5432/d");
  EXPECT_EQ(end.parameters, (std::map<std::string, std::string>{{"sslmode", "disable"}}));
}

TEST_F(Endpoints, take_their_login_from_the_settings_too_and_the_flat_members_win) {
  EndpointInput wanted = input();
  wanted.username.reset();
  wanted.password.reset();
  wanted.port.reset();
  wanted.settings["PostgreSQLSettings"] = {{"Username", "s"}, {"Password", "p"}, {"Port", 1}, {"ServerName", "lost"}};
  const auto made = create_endpoint(*environment_, wanted, {});
  ASSERT_TRUE(made) << made.error().message;
  const std::string arn = endpoint_arn(*environment_, *made);
  EXPECT_EQ(to_string(login(arn)), "postgresql://s@h:1/d");
  EXPECT_EQ(login(arn).password, "p");
  EXPECT_EQ(settings(arn), (json{{"Username", "s"}, {"Port", 1}, {"ServerName", "h"}, {"DatabaseName", "d"}}));
}

TEST_F(Endpoints, of_an_address_in_brackets_keep_the_address) {
  EndpointInput wanted = input();
  wanted.server_name = " [2001:db8::1] ";
  const auto made = create_endpoint(*environment_, wanted, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->server_name, "2001:db8::1");
  EXPECT_EQ(parse_endpoint(uri_of(*connectable(*environment_, *made)))->host, "2001:db8::1");
}

TEST_F(Endpoints, read_the_login_of_a_secret_at_each_connection) {
  EndpointInput wanted;
  wanted.identifier = "s";
  wanted.type = "TARGET";
  wanted.engine_name = "Postgres";
  wanted.settings["PostgreSQLSettings"] = {{"SecretsManagerSecretId", "db"}, {"SecretsManagerAccessRoleArn", "r"}};
  const auto made = create_endpoint(*environment_, wanted, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(connectable(*environment_, *made).error().code, "endpoint.secret");
  const std::string path = folder_ + "/secrets/db.json";
  std::ofstream(path) << R"({"username":"u","password":"p","host":"secret-host"})";
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  const auto end = connectable(*environment_, *made);
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(to_string(*end), "postgresql://u@secret-host:5432/");
  const std::string arn = endpoint_arn(*environment_, *made);
  EXPECT_EQ(settings(arn), (json{{"SecretsManagerSecretId", "db"}, {"SecretsManagerAccessRoleArn", "r"}}));

  EndpointInput clear = input("s");
  ASSERT_TRUE(modify_endpoint(*environment_, arn, clear));
  EXPECT_FALSE(settings(arn).contains("SecretsManagerSecretId"));
  EXPECT_EQ(login(arn).host, "h");
  EndpointInput secret;
  secret.settings["PostgreSQLSettings"] = {{"SecretsManagerSecretId", "db"}};
  ASSERT_TRUE(modify_endpoint(*environment_, arn, secret));
  EXPECT_TRUE(record(arn).sealed_password.empty());
  EXPECT_FALSE(settings(arn).contains("ServerName"));
  EXPECT_EQ(login(arn).host, "secret-host");
}

// What a call carries, and what is echoed and handed to the engine after it.
struct Step {
  std::optional<std::string> extra;
  json given;  // of the settings structure; null: none
  bool exact;
  std::string extra_after;
  json settings_after;
  std::map<std::string, std::string> parameters_after;
};

TEST_F(Endpoints, merge_what_each_call_carries) {
  const Step steps[] = {
      {"slotName=s;CaptureDdls=N;options=-c a=b",
       nullptr,
       false,
       "slotName=s;CaptureDdls=N;options=-c a=b;",
       {{"SlotName", "s"}, {"CaptureDdls", false}},
       {{"SlotName", "s"}, {"CaptureDdls", "false"}, {"options", "-c a=b"}}},
      // a setting takes the place of the attribute of its name
      {std::nullopt,
       {{"SlotName", "t"}, {"MaxFileSize", 7}},
       false,
       "CaptureDdls=N;options=-c a=b;",
       {{"SlotName", "t"}, {"CaptureDdls", false}, {"MaxFileSize", 7}},
       {{"SlotName", "t"}, {"CaptureDdls", "false"}, {"options", "-c a=b"}, {"MaxFileSize", "7"}}},
      // and the attribute of a later call that of the setting
      {"SlotName=u",
       nullptr,
       false,
       "SlotName=u;",
       {{"SlotName", "u"}, {"MaxFileSize", 7}},
       {{"SlotName", "u"}, {"MaxFileSize", "7"}}},
      // of one call the setting wins; what both say stays in both
      {"slotName=v;maxFileSize=8;",
       {{"SlotName", "w"}, {"MaxFileSize", 8}},
       false,
       "maxFileSize=8;",
       {{"SlotName", "w"}, {"MaxFileSize", 8}},
       {{"SlotName", "w"}, {"MaxFileSize", "8"}}},
      {"", nullptr, false, "", {{"SlotName", "w"}, {"MaxFileSize", 8}}, {{"SlotName", "w"}, {"MaxFileSize", "8"}}},
      {std::nullopt, {{"SlotName", ""}}, false, "", {{"MaxFileSize", 8}}, {{"MaxFileSize", "8"}}},
      {std::nullopt,
       {{"PluginName", "TEST_DECODING"}},
       true,
       "",
       {{"PluginName", "test-decoding"}},
       {{"PluginName", "test-decoding"}}},
      {"Initstmt=SET A=1;initstmt=SET B=2",
       nullptr,
       true,
       "Initstmt=SET A=1;initstmt=SET B=2;",
       json::object(),
       {{"Initstmt", "SET A=1;SET B=2"}}},
  };
  const std::string arn = put();
  int number = 0;
  for (const Step& one : steps) {
    ++number;
    EndpointInput change;
    change.extra_connection_attributes = one.extra;
    change.exact_settings = one.exact;
    if (!one.given.is_null()) change.settings["PostgreSQLSettings"] = one.given;
    const auto made = modify_endpoint(*environment_, arn, change);
    ASSERT_TRUE(made) << number << ": " << made.error().message;
    EXPECT_EQ(made->extra_connection_attributes, one.extra_after) << number;
    json expected = {{"Username", "u"}, {"Port", 5432}, {"ServerName", "h"}, {"DatabaseName", "d"}};
    expected.update(one.settings_after);
    EXPECT_EQ(settings(arn), expected) << number;
    auto parameters = one.parameters_after;
    parameters["sslmode"] = "disable";
    EXPECT_EQ(login(arn).parameters, parameters) << number;
    EXPECT_EQ(login(arn).password, "geheim;={}") << number;
  }
}

TEST_F(Endpoints, of_another_kind_of_engine_keep_no_settings) {
  EndpointInput wanted = input();
  wanted.extra_connection_attributes = "slotName=s";
  const auto made = create_endpoint(*environment_, wanted, {});
  const std::string arn = endpoint_arn(*environment_, *made);
  EndpointInput change;
  change.engine_name = "gcp-mysql";
  change.settings["GcpMySQLSettings"] = {{"MaxFileSize", 9}};
  ASSERT_TRUE(modify_endpoint(*environment_, arn, change));
  EXPECT_EQ(settings(arn, "MySQLSettings").at("MaxFileSize"), 9);
  EXPECT_EQ(settings(arn, "GcpMySQLSettings").at("MaxFileSize"), 9);
  EXPECT_FALSE(settings(arn, "GcpMySQLSettings").contains("SlotName"));
  change = {};
  change.engine_name = "s3";
  ASSERT_TRUE(modify_endpoint(*environment_, arn, change));
  EXPECT_EQ(record(arn).extra_connection_attributes, "");
  EXPECT_EQ(record(arn).settings, "{}");
}

TEST_F(Endpoints, that_tasks_use_are_kept_and_while_they_run_left_alone) {
  const std::string arn = put();
  EndpointInput change;
  change.port = 1;
  put_task(arn, "stopped");
  EXPECT_TRUE(modify_endpoint(*environment_, arn, change));
  EndpointInput side;
  side.type = "target";
  EXPECT_EQ(modify_endpoint(*environment_, arn, side).error().code, "InvalidResourceStateFault");
  EndpointInput family;
  family.engine_name = "s3";
  EXPECT_EQ(modify_endpoint(*environment_, arn, family).error().code, "InvalidResourceStateFault");
  EXPECT_EQ(record(arn).engine_name, "postgres");
  EndpointInput sibling;  // of the same family
  sibling.engine_name = "gcp-mysql";
  EXPECT_TRUE(modify_endpoint(*environment_, arn, sibling));
  EXPECT_EQ(delete_endpoint(*environment_, arn).error().code, "InvalidResourceStateFault");
  for (const std::string status : {"starting", "running", "stopping"}) {
    const std::string other = put(status);
    put_task(other, status);
    EXPECT_EQ(modify_endpoint(*environment_, other, change).error().code, "InvalidResourceStateFault") << status;
  }
}

TEST_F(Endpoints, that_are_not_there_are_not_found) {
  const std::string arn = put();
  ASSERT_TRUE(delete_endpoint(*environment_, arn));
  for (const std::string& wanted :
       {arn, std::string("x"), std::string(), std::string("arn:aws:dms:us-east-1:000000000000:rep:INSTANCE")}) {
    EXPECT_EQ(endpoint_of(*environment_, wanted).error().code, "ResourceNotFoundFault");
    EXPECT_EQ(delete_endpoint(*environment_, wanted).error().code, "ResourceNotFoundFault");
    EXPECT_EQ(modify_endpoint(*environment_, wanted, {}).error().code, "ResourceNotFoundFault");
  }
}

}  // namespace
}  // namespace godwit
