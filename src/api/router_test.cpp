#include "api/router.h"

#include <gtest/gtest.h>

#include "api/operations.h"
#include "api/test_server.h"
#include "base/base64.h"
#include "base/server_log.h"

namespace godwit {
namespace {

using nlohmann::json;

class RouterTest : public testing::Test {
 protected:
  RouterTest() { set_server_log_severity(Severity::error); }
  ~RouterTest() override { set_server_log_severity(Severity::info); }

  static HttpRequest request(std::string_view target, std::string body = "{}") {
    HttpRequest made{.method = "POST", .target = "/", .headers = {}, .body = std::move(body), .peer = "127.0.0.1"};
    if (!target.empty()) made.headers.emplace_back("x-amz-target", target);
    made.headers.emplace_back("content-type", "application/x-amz-json-1.1");
    return made;
  }
  static std::string header(const HttpReply& reply, std::string_view name) {
    for (const auto& [known, value] : reply.headers)
      if (known == name) return value;
    return "";
  }
  static std::string fault_of(const HttpReply& reply) {
    const json body = json::parse(reply.body, nullptr, false);
    if (!body.contains("__type")) return "";
    EXPECT_EQ(header(reply, "x-amzn-ErrorType"), body["__type"]);
    EXPECT_FALSE(body["message"].get<std::string>().empty());
    return body["__type"];
  }

  TestServer server_;
  Router open_{server_.environment(), {.required = false}};
  Router strict_{server_.environment(), {.required = true}};
};

TEST_F(RouterTest, each_refusal_has_its_fault) {
  struct Case {
    HttpRequest request;
    std::string_view fault;
  };
  HttpRequest elsewhere = request("AmazonDMSv20160101.DescribeEndpoints");
  elsewhere.target = "/endpoints";
  HttpRequest read = request("AmazonDMSv20160101.DescribeEndpoints");
  read.method = "GET";
  HttpRequest form = request("AmazonDMSv20160101.DescribeEndpoints");
  form.headers.back().second = "application/x-www-form-urlencoded";
  const Case cases[] = {
      {request(""), "UnknownOperationException"},
      {request("DescribeEndpoints"), "UnknownOperationException"},
      {request("AmazonDMSv20160101."), "UnknownOperationException"},
      {request("AmazonDMSv20160101.describeEndpoints"), "UnknownOperationException"},
      {request("AmazonDMSv20160102.DescribeEndpoints"), "UnknownOperationException"},
      {elsewhere, "UnknownOperationException"},
      {read, "UnknownOperationException"},
      {form, "SerializationException"},
      {request("AmazonDMSv20160101.DescribeEndpoints", "{"), "SerializationException"},
      {request("AmazonDMSv20160101.DeleteEndpoint"), "ValidationException"},
      {request("AmazonDMSv20160101.StartReplication",
               R"({"ReplicationConfigArn":"a","StartReplicationType":"start-replication"})"),
       "InvalidResourceStateFault"},
      {request("AmazonDMSv20160101.StartDataMigration",
               R"({"DataMigrationIdentifier":"a","StartType":"start-replication"})"),
       "InvalidOperationFault"},
  };
  for (const auto& [asked, fault] : cases) {
    const HttpReply reply = open_.answer(asked);
    EXPECT_EQ(reply.status, 400U);
    EXPECT_EQ(fault_of(reply), fault) << reply.body;
    EXPECT_EQ(header(reply, "x-amzn-RequestId").size(), 36U);
  }
}

TEST_F(RouterTest, no_operation_without_a_handler_fails_otherwise_than_unsupported) {
  for (const ModelOperation& operation : service_model().operations()) {
    if (find_operation(operation.name) != nullptr) continue;
    const HttpReply reply = open_.answer(request("AmazonDMSv20160101." + operation.name));
    const std::string fault = fault_of(reply);
    EXPECT_TRUE(reply.status == 200 || fault == "ValidationException" || fault == operation.unsupported_fault)
        << operation.name << ": " << reply.body;
  }
  EXPECT_EQ(open_.answer(request("AmazonDMSv20160101.DescribeRecommendations")).body, R"({"Recommendations":[]})");
}

TEST_F(RouterTest, a_path_that_comes_to_the_root_is_the_root) {
  for (const std::string_view path : {"/", "//", "/./", "/?a=b", ""}) {
    HttpRequest asked = request("AmazonDMSv20160101.DescribeRecommendations");
    asked.target = path;
    EXPECT_EQ(open_.answer(asked).status, 200U) << path;
  }
}

TEST_F(RouterTest, without_a_signature_nothing_but_health_is_answered) {
  EXPECT_EQ(fault_of(strict_.answer(request("AmazonDMSv20160101.DescribeEndpoints"))),
            "MissingAuthenticationTokenException");
  HttpRequest identity = request("", "Action=GetCallerIdentity&Version=2011-06-15");
  identity.headers.back().second = "application/x-www-form-urlencoded; charset=utf-8";
  const HttpReply refused = strict_.answer(identity);
  EXPECT_EQ(refused.content_type, "text/xml");
  EXPECT_NE(refused.body.find("<Code>MissingAuthenticationToken"), std::string::npos) << refused.body;
  EXPECT_NE(open_.answer(identity).body.find("<Account>123456789012</Account>"), std::string::npos);
  HttpRequest health{.method = "GET", .target = "/healthz", .headers = {}, .body = {}, .peer = "10.0.0.1"};
  EXPECT_EQ(strict_.answer(health).body, R"({"status":"ok"})");
}

TEST_F(RouterTest, without_authentication_the_host_is_the_loopback) {
  const std::pair<std::string_view, bool> cases[] = {
      {"localhost", true},       {"LOCALHOST:8470", true},
      {"127.0.0.1:8470", true},  {"127.3.2.1", true},
      {"[::1]:8470", true},      {"[::1]", true},
      {"evil.example", false},   {"127.0.0.1.evil.example", false},
      {"localhost.evil", false}, {"[::2]:8470", false},
      {"10.0.0.1:8470", false},  {"", false},
  };
  for (const auto& [host, answered] : cases) {
    HttpRequest asked = request("AmazonDMSv20160101.DescribeRecommendations");
    asked.headers.emplace_back("host", host);
    EXPECT_EQ(open_.answer(asked).status == 200, answered) << host;
    HttpRequest metrics{.method = "GET", .target = "/metrics", .headers = asked.headers, .body = {}, .peer = "::1"};
    EXPECT_EQ(open_.answer(metrics).status == 200, answered) << host;
  }
}

TEST_F(RouterTest, an_error_of_the_servers_own_shows_an_id_and_no_words) {
  ASSERT_TRUE(server_.environment().database.run("DROP TABLE server_facts"));
  HttpRequest health{.method = "GET", .target = "/healthz", .headers = {}, .body = {}, .peer = "10.0.0.1"};
  EXPECT_EQ(strict_.answer(health).status, 503U);
  ASSERT_TRUE(server_.environment().database.run("DROP TABLE access_keys"));
  HttpRequest asked = request("AmazonDMSv20160101.DescribeEndpoints");
  // 2026-03-01T09:30:05Z is the time of the test's clock.
  asked.headers.emplace_back("host", "h");
  asked.headers.emplace_back("x-amz-date", "20260301T093005Z");
  asked.headers.emplace_back("authorization",
                             "AWS4-HMAC-SHA256 Credential=GKIAXXXXXXXXXXXXXXXX/20260301/us-east-1/dms/aws4_request, "
                             "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" +
                                 std::string(64, '0'));
  const HttpReply reply = strict_.answer(asked);
  EXPECT_EQ(reply.status, 500U);
  EXPECT_EQ(fault_of(reply), "InternalFailure");
  EXPECT_NE(reply.body.find(header(reply, "x-amzn-RequestId")), std::string::npos);
  EXPECT_EQ(reply.body.find("access_keys"), std::string::npos) << reply.body;
}

}  // namespace
}  // namespace godwit
