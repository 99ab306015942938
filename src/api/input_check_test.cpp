#include "api/input_check.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using nlohmann::json;

std::string refusal(std::string_view operation, std::string_view body) {
  const auto read = read_input(*service_model().find(operation), body);
  return read ? "accepted" : read.error().code + ": " + read.error().message;
}

json accepted(std::string_view operation, std::string_view body) {
  auto read = read_input(*service_model().find(operation), body);
  EXPECT_TRUE(read) << body << ": " << read.error().message;
  return read ? read->input : json();
}

TEST(InputCheckTest, what_is_right_comes_in_one_form) {
  struct Case {
    std::string_view operation, body, input;
  };
  const Case cases[] = {
      {"DescribeEndpoints", "", "{}"},
      {"DescribeEndpoints", " \n", "{}"},
      {"DescribeEndpoints", R"({"MaxRecords":null,"Marker":"m"})", R"({"Marker":"m"})"},
      {"DescribeEndpoints", R"({"MaxRecords":20,"MaxRecords":30})", R"({"MaxRecords":30})"},
      {"DescribeEndpoints", R"({"MaxRecords":20.0})", R"({"MaxRecords":20})"},
      {"DescribeEndpoints", R"({"maxRecords":1,"Filters":[{"Name":"n","Values":[],"More":{}}]})",
       R"({"Filters":[{"Name":"n","Values":[]}]})"},
      {"CreateEndpoint", R"({"EndpointIdentifier":"e","EndpointType":"Source","EngineName":"postgres"})",
       R"({"EndpointIdentifier":"e","EndpointType":"source","EngineName":"postgres"})"},
      {"DescribeEvents", R"({"StartTime":1520511132})", R"({"StartTime":1520511132})"},
      {"DescribeEvents", R"({"StartTime":1520511132.5})", R"({"StartTime":1520511132.5})"},
      {"DescribeEvents", R"({"StartTime":"2018-03-08T12:12:12Z"})", R"({"StartTime":1520511132})"},
      {"DescribeEvents", R"({"StartTime":"2018-03-08 12:12:12.5"})", R"({"StartTime":1520511132.5})"},
      {"ImportCertificate", R"({"CertificateIdentifier":"c","CertificateWallet":"Zm8="})",
       R"({"CertificateIdentifier":"c","CertificateWallet":"Zm8="})"},
      {"CreateEndpoint",
       R"({"EndpointIdentifier":"e","EndpointType":"target","EngineName":"s3","S3Settings":{"AddColumnName":true}})",
       R"({"EndpointIdentifier":"e","EndpointType":"target","EngineName":"s3","S3Settings":{"AddColumnName":true}})"},
  };
  for (const auto& [operation, body, input] : cases) EXPECT_EQ(accepted(operation, body), json::parse(input)) << body;
}

TEST(InputCheckTest, no_text_or_list_is_without_end) {
  const auto described = [](size_t characters) {
    return refusal("DescribeEndpoints", json{{"Marker", std::string(characters, 'x')}}.dump());
  };
  EXPECT_EQ(described(2048), "accepted");
  EXPECT_TRUE(described(2049).contains("length less than or equal to 2048")) << described(2049);
  const auto listed = [](size_t arns) {
    return refusal("ListTagsForResource", json{{"ResourceArnList", std::vector<std::string>(arns, "a")}}.dump());
  };
  EXPECT_EQ(listed(1000), "accepted");
  EXPECT_TRUE(listed(1001).contains("length less than or equal to 1000"));
  const std::string settings(2048 * 1024 + 1, 'x');
  EXPECT_TRUE(refusal("ModifyReplicationTask",
                      json{{"ReplicationTaskArn", "a"}, {"ReplicationTaskSettings", settings}}.dump())
                  .contains("length less than or equal to 2097152"));
}

TEST(InputCheckTest, what_is_wrong_is_told_with_place_and_constraint) {
  struct Case {
    std::string_view operation, body, error;
  };
  const Case cases[] = {
      {"StopReplicationTask", "{}",
       "ValidationException: 1 validation error detected: Value null at 'replicationTaskArn' failed to satisfy "
       "constraint: Member must not be null"},
      {"StopReplicationTask", R"({"ReplicationTaskArn":null})", "Value null at 'replicationTaskArn'"},
      {"StopReplicationTask", R"({"ReplicationTaskArn":7})",
       "Value '7' at 'replicationTaskArn' failed to satisfy constraint: Member must be a string"},
      {"StopReplicationTask", R"({"ReplicationTaskArn":["a"]})", "Value at 'replicationTaskArn' failed"},
      {"StopReplicationTask", R"({"ReplicationTaskArn":"a\u0000b"})", "must not contain the character U+0000"},
      {"TestConnection", "{}", "2 validation errors detected: Value null at 'replicationInstanceArn'"},
      {"StartReplicationTask", R"({"ReplicationTaskArn":"a","StartReplicationTaskType":"go"})",
       "Value 'go' at 'startReplicationTaskType' failed to satisfy constraint: Member must satisfy enum value set: "
       "[start-replication, resume-processing, reload-target]"},
      {"StartReplicationTask", R"({"ReplicationTaskArn":"a","StartReplicationTaskType":"Reload-Target"})",
       "Member must satisfy enum value set"},
      {"StartReplicationTask",
       R"({"ReplicationTaskArn":"a","StartReplicationTaskType":"reload-target","CdcStartTime":"soon"})",
       "Member must be a timestamp"},
      {"DescribeEvents", R"({"StartTime":1e300})", "Member must be a timestamp"},
      {"DescribeEndpoints", R"({"MaxRecords":"20"})", "Member must be an integer between -2147483648 and 2147483647"},
      {"DescribeEndpoints", R"({"MaxRecords":20.5})", "Member must be an integer"},
      {"DescribeEndpoints", R"({"MaxRecords":2147483648})", "Member must be an integer"},
      {"DescribeEndpoints", R"({"MaxRecords":18446744073709551615})", "Member must be an integer"},
      {"DescribeEndpoints", R"({"MaxRecords":1e400})", "Exception"},
      {"DescribeEndpoints", R"({"Filters":{}})", "at 'filters' failed to satisfy constraint: Member must be a list"},
      {"DescribeEndpoints", R"({"Filters":[{"Name":"a"},null,3]})",
       "3 validation errors detected: Value null at 'filters.1.member.values' failed to satisfy constraint: Member "
       "must "
       "not be null; Value null at 'filters.2.member' failed to satisfy constraint: Member must not be null; Value "
       "'3' "
       "at 'filters.3.member' failed to satisfy constraint: Member must be a structure"},
      {"DescribeReplicationTasks", R"({"WithoutSettings":"true"})", "Member must be true or false"},
      {"CreateReplicationInstance",
       R"({"ReplicationInstanceIdentifier":"r","ReplicationInstanceClass":"0123456789012345678901234567890"})",
       "Member must have length less than or equal to 30"},
      {"ImportCertificate", R"({"CertificateIdentifier":"c","CertificateWallet":"*"})", "Member must be base64 text"},
      {"DescribeEndpoints", "[]", "SerializationException: The request body must be a JSON object: it is array."},
      {"DescribeEndpoints", "nonsense", "SerializationException"},
      {"DescribeEndpoints", "{\"Marker\":\"\xff\"}", "SerializationException"},
      {"DescribeEndpoints", "{} {}", "SerializationException"},
  };
  for (const auto& [operation, body, error] : cases) {
    const std::string refused = refusal(operation, body);
    EXPECT_NE(refused.find(error), std::string::npos) << body << " gave " << refused;
  }
}

TEST(InputCheckTest, a_secret_that_is_wrong_is_not_repeated) {
  const std::string refused = refusal(
      "CreateEndpoint", R"({"EndpointIdentifier":"e","EndpointType":"source","EngineName":"x","Password":123456})");
  EXPECT_NE(refused.find("Value at 'password'"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("123456"), std::string::npos) << refused;
}

TEST(InputCheckTest, no_depth_and_no_number_of_errors_is_too_much) {
  const std::string deep = "{\"Filters\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_TRUE(refusal("DescribeEndpoints", deep).starts_with("SerializationException"));
  std::string many = "{\"Filters\":[0";
  for (int i = 0; i < 900; ++i) many += ",0";
  const std::string refused = refusal("DescribeEndpoints", many + "]}");
  EXPECT_NE(refused.find("20 validation errors detected"), std::string::npos);
  EXPECT_LT(refused.size(), 4'000U);
  EXPECT_LT(refusal("DescribeEndpoints", "{\"MaxRecords\":\"" + std::string(1'000'000, 'x') + "\"}").size(), 500U);
}

TEST(InputCheckTest, members_that_nobody_knows_are_named) {
  const auto read = read_input(*service_model().find("CreateEndpoint"),
                               R"({"EndpointIdentifier":"e","EndpointType":"source","EngineName":"x","New":1,
                                   "PostgreSQLSettings":{"Newer":{"a":[]}}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ignored, (std::vector<std::string>{"postgreSQLSettings.Newer", "New"}));
}

}  // namespace
}  // namespace godwit
