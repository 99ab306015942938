#include "api/api_test_kit.h"
#include "control/endpoint_fixture.h"
#include "control/fake_engine.h"
#include "control/test_certificate.h"

namespace godwit {
namespace {

struct FakeEngines {
  FakeEngine sql_{fake::sql_form}, files_{fake::file_form};
};

// The engines outlive the background's jobs.
class EndpointApi : protected FakeEngines, public ApiTest {
 protected:
  EndpointApi() : ApiTest({&sql_, &files_}) { put_instance(*database_, "INSTANCE", "available"); }
  // A reply, in which no secret stands.
  json answer(std::string_view operation, const json& input = json::object()) {
    const json reply = ok(operation, input);
    EXPECT_EQ(reply.dump().find("geheim"), std::string::npos) << reply.dump(1);
    return reply;
  }
  std::string instance() const { return make_arn(environment_->names, "rep", "INSTANCE"); }
  json wanted(const std::string& name) {
    return {{"EndpointIdentifier", name},
            {"EndpointType", "source"},
            {"EngineName", "postgres"},
            {"Username", "u"},
            {"Password", "geheim"},
            {"ServerName", "h"},
            {"Port", 5432},
            {"DatabaseName", "d"}};
  }
  std::string made(const std::string& name) {
    return answer("CreateEndpoint", wanted(name))["Endpoint"]["EndpointArn"];
  }
};

TEST_F(EndpointApi, answers_an_endpoint_whole_and_never_its_password) {
  json input = wanted("One");
  input["ExtraConnectionAttributes"] = "captureDdls=N;Initstmt=SET a=1";
  input["PostgreSQLSettings"] = {{"SlotName", "s"}, {"Password", "geheim"}, {"Nothing", 1}};
  input["ServiceAccessRoleArn"] = "arn:aws:iam::1:role/r";
  input["KmsKeyId"] = "k";
  input["Tags"] = {{{"Key", "a"}, {"Value", "b"}}};
  json endpoint = answer("CreateEndpoint", input)["Endpoint"];
  const std::string arn = endpoint["EndpointArn"];
  EXPECT_TRUE(arn.starts_with("arn:aws:dms:eu-test-1:123456789012:endpoint:"));
  endpoint.erase("EndpointArn");
  EXPECT_EQ(endpoint, json::parse(R"({
    "EndpointIdentifier": "one", "EndpointType": "SOURCE", "EngineName": "postgres",
    "EngineDisplayName": "PostgreSQL", "Username": "u", "ServerName": "h", "Port": 5432, "DatabaseName": "d",
    "ExtraConnectionAttributes": "captureDdls=N;Initstmt=SET a=1;", "Status": "active", "KmsKeyId": "k",
    "SslMode": "none", "ServiceAccessRoleArn": "arn:aws:iam::1:role/r",
    "PostgreSQLSettings": {"Username": "u", "ServerName": "h", "Port": 5432, "DatabaseName": "d", "SlotName": "s",
                           "CaptureDdls": false}})"));
  endpoint["EndpointArn"] = arn;
  EXPECT_EQ(answer("DescribeEndpoints", filter("endpoint-arn", {arn}))["Endpoints"], json::array({endpoint}));

  json modified =
      answer("ModifyEndpoint", {{"EndpointArn", arn}, {"Port", 1}, {"ExtraConnectionAttributes", ""}})["Endpoint"];
  EXPECT_EQ(modified["Port"], 1);
  EXPECT_FALSE(modified.contains("ExtraConnectionAttributes"));
  EXPECT_EQ(modified["PostgreSQLSettings"]["SlotName"], "s");
  modified = answer(
      "ModifyEndpoint",
      {{"EndpointArn", arn}, {"ExactSettings", true}, {"PostgreSQLSettings", {{"CaptureDdls", true}}}})["Endpoint"];
  EXPECT_EQ(
      modified["PostgreSQLSettings"],
      (json{{"Username", "u"}, {"ServerName", "h"}, {"Port", 1}, {"DatabaseName", "d"}, {"CaptureDdls", true}}));

  EXPECT_EQ(answer("DeleteEndpoint", {{"EndpointArn", arn}})["Endpoint"]["Status"], "deleting");
  EXPECT_EQ(fault_of("DescribeEndpoints", filter("endpoint-arn", {arn})),
            "ResourceNotFoundFault: No Endpoints found matching provided filters");
  EXPECT_EQ(answer("DescribeEndpoints", json::object())["Endpoints"], json::array());
}

TEST_F(EndpointApi, describes_what_every_filter_holds_for_in_pages) {
  for (int i = 0; i < 45; ++i) made("e" + std::to_string(i));
  json input = wanted("target-1");
  input["EndpointType"] = "TARGET";
  answer("CreateEndpoint", input);
  const auto count = [&](const json& asked) { return answer("DescribeEndpoints", asked)["Endpoints"].size(); };
  EXPECT_EQ(count(filter("endpoint-type", {"Source"})), 45U);
  EXPECT_EQ(count(filter("endpoint-type", {"source", "target"})), 46U);
  EXPECT_EQ(count(filter("endpoint-id", {"E1", "e2", "none"})), 2U);
  EXPECT_EQ(count(filter("engine-name", {"postgres"})), 46U);
  json both = filter("endpoint-type", {"target"});
  both["Filters"].push_back({{"Name", "endpoint-id"}, {"Values", {"e1"}}});
  EXPECT_EQ(fault_of("DescribeEndpoints", both),
            "ResourceNotFoundFault: No Endpoints found matching provided filters");
  EXPECT_TRUE(fault_of("DescribeEndpoints", filter("colour", {"red"})).starts_with("InvalidParameterValueException"));

  std::vector<std::string> seen;
  json page = {{"MaxRecords", 20}};
  do {
    const json reply = answer("DescribeEndpoints", page);
    for (const json& one : reply["Endpoints"]) seen.push_back(one["EndpointIdentifier"]);
    page["Marker"] = reply.value("Marker", "");
  } while (page["Marker"] != "");
  ASSERT_EQ(seen.size(), 46U);
  EXPECT_EQ(seen.front(), "e0");
  EXPECT_EQ(seen.back(), "target-1");
}

TEST_F(EndpointApi, refuses_with_the_faults_of_the_reference) {
  const std::string arn = made("one");
  const auto without = [&](const std::string& member) {
    json input = wanted("two");
    input.erase(member);
    return input;
  };
  const auto with = [&](const std::string& member, const json& value) {
    json input = wanted("two");
    input[member] = value;
    return input;
  };
  const std::tuple<std::string, json, std::string> cases[] = {
      {"CreateEndpoint", wanted("ONE"), "ResourceAlreadyExistsFault"},
      {"CreateEndpoint", without("EngineName"), "ValidationException"},
      {"CreateEndpoint", without("ServerName"),
       "InvalidParameterValueException: The parameter serverName must be provided and must not be blank."},
      {"CreateEndpoint", with("ExtraConnectionAttributes", "key=value;"),
       "InvalidParameterValueException: Unsupported value 'key' for extra connection attributes"},
      {"CreateEndpoint", with("EngineName", "neptune"), "InvalidParameterValueException: EngineName neptune"},
      {"CreateEndpoint", with("MySQLSettings", json::object()), "InvalidParameterCombinationException"},
      {"CreateEndpoint", with("SslMode", "perhaps"), "ValidationException"},
      {"CreateEndpoint", with("SslMode", "verify-ca"), "InvalidParameterValueException: Invalid certificate ARN"},
      {"CreateEndpoint", with("CertificateArn", "x"), "InvalidParameterValueException: Invalid certificate ARN"},
      {"CreateEndpoint", with("Tags", {{{"Key", "aws:x"}, {"Value", ""}}}), "InvalidParameterValueException"},
      {"ModifyEndpoint", {{"EndpointArn", "x"}}, "ResourceNotFoundFault"},
      {"DeleteEndpoint", {{"EndpointArn", arn + "X"}}, "ResourceNotFoundFault"},
      {"DescribeEndpointSettings", {{"EngineName", "neptune"}}, "InvalidParameterValueException"},
      {"TestConnection", {{"EndpointArn", arn}, {"ReplicationInstanceArn", "x"}}, "ResourceNotFoundFault"},
      {"DeleteConnection", {{"EndpointArn", arn}, {"ReplicationInstanceArn", instance()}}, "ResourceNotFoundFault"},
      {"RefreshSchemas", {{"EndpointArn", arn}, {"ReplicationInstanceArn", instance()}}, "InvalidResourceStateFault"},
      {"DescribeRefreshSchemasStatus", {{"EndpointArn", arn}}, "ResourceNotFoundFault"},
      {"DescribeSchemas", {{"EndpointArn", "x"}}, "ResourceNotFoundFault"},
      {"ImportCertificate", {{"CertificateIdentifier", "c"}, {"CertificatePem", "x"}}, "InvalidCertificateFault"},
      {"DeleteCertificate", {{"CertificateArn", "x"}}, "ResourceNotFoundFault"},
  };
  for (const auto& [operation, input, fault] : cases)
    EXPECT_TRUE(fault_of(operation, input).starts_with(fault)) << operation << ": " << fault_of(operation, input);
  EXPECT_EQ(answer("DescribeEndpoints", json::object())["Endpoints"].size(), 1U);
}

TEST_F(EndpointApi, lists_the_kinds_of_endpoints_of_its_engines) {
  const auto row = [](const std::string& name, const std::string& side, bool cdc, const std::string& display) {
    return json{{"EngineName", name}, {"EndpointType", side}, {"SupportsCDC", cdc}, {"EngineDisplayName", display}};
  };
  const json all = {row("gcp-mysql", "source", true, "Google Cloud SQL for MySQL"),
                    row("postgres", "source", true, "PostgreSQL"), row("postgres", "target", true, "PostgreSQL"),
                    row("s3", "source", false, "Amazon S3"), row("s3", "target", false, "Amazon S3")};
  const auto types = [&](const json& asked) {
    return answer("DescribeEndpointTypes", asked)["SupportedEndpointTypes"];
  };
  EXPECT_EQ(types(json::object()), all);
  EXPECT_EQ(types(filter("engine-name", {"POSTGRES"})), json::array({all[1], all[2]}));
  EXPECT_EQ(types(filter("endpoint-type", {"target"})), json::array({all[2], all[4]}));
  EXPECT_EQ(types(filter("engine-name", {"neptune"})), json::array());
}

TEST_F(EndpointApi, describes_the_settings_of_an_engine) {
  const json settings = answer("DescribeEndpointSettings", {{"EngineName", "postgres"}})["EndpointSettings"];
  std::map<std::string, json> found;
  std::string before;
  for (const json& one : settings) {
    EXPECT_LT(before, one["Name"].get<std::string>());
    before = one["Name"];
    found[before] = one;
  }
  EXPECT_EQ(found.size(), 14U);
  EXPECT_FALSE(found.contains("SslFile"));
  EXPECT_EQ(found["MaxFileSize"],
            json::parse(R"({"Name": "MaxFileSize", "Type": "integer", "Sensitive": false, "Units": "KB",
                            "Applicability": "target", "IntValueMin": 1, "IntValueMax": 1048576,
                            "DefaultValue": "32768"})"));
  EXPECT_EQ(found["PluginName"]["Type"], "enum");
  EXPECT_EQ(found["PluginName"]["EnumValues"], (json{"test-decoding", "pglogical"}));
  EXPECT_EQ(found["CaptureDdls"]["Type"], "boolean");
  EXPECT_EQ(found["Password"]["Sensitive"], true);
}

TEST_F(EndpointApi, tests_connections_and_lists_schemas) {
  const std::string arn = made("one");
  const json pair = {{"EndpointArn", arn}, {"ReplicationInstanceArn", instance()}};
  EXPECT_EQ(answer("DescribeConnections", json::object())["Connections"], json::array());
  EXPECT_EQ(fault_of("DescribeConnections", filter("endpoint-arn", {arn})),
            "ResourceNotFoundFault: No Connections found matching provided filters");
  json expected = pair;
  expected.update(
      {{"Status", "testing"}, {"EndpointIdentifier", "one"}, {"ReplicationInstanceIdentifier", "name-INSTANCE"}});
  EXPECT_EQ(answer("TestConnection", pair)["Connection"], expected);
  background_->drain();
  expected["Status"] = "successful";
  for (const json& asked :
       {json::object(), filter("endpoint-arn", {arn}), filter("replication-instance-arn", {instance()})})
    EXPECT_EQ(answer("DescribeConnections", asked)["Connections"], json::array({expected}));

  std::vector<std::string> names;
  for (int i = 100; i < 130; ++i) names.push_back("s" + std::to_string(i));
  sql_.set_schemas(names);
  EXPECT_EQ(answer("DescribeSchemas", {{"EndpointArn", arn}})["Schemas"], json::array());
  const json begun = answer("RefreshSchemas", pair)["RefreshSchemasStatus"];
  EXPECT_EQ(begun["Status"], "refreshing");
  EXPECT_GT(begun["LastRefreshDate"], 1.7e9);
  background_->drain();
  EXPECT_EQ(answer("DescribeRefreshSchemasStatus", {{"EndpointArn", arn}})["RefreshSchemasStatus"]["Status"],
            "successful");
  const json first = answer("DescribeSchemas", {{"EndpointArn", arn}, {"MaxRecords", 20}});
  EXPECT_EQ(first["Schemas"].size(), 20U);
  const json second =
      answer("DescribeSchemas", {{"EndpointArn", arn}, {"MaxRecords", 20}, {"Marker", first["Marker"]}});
  EXPECT_EQ(second["Schemas"].size(), 10U);
  EXPECT_EQ(second["Schemas"][0], "s120");
  EXPECT_FALSE(second.contains("Marker"));

  expected["Status"] = "deleting";
  EXPECT_EQ(answer("DeleteConnection", pair)["Connection"], expected);
}

TEST_F(EndpointApi, keeps_certificates) {
  const std::string pem = make_test_certificate("EC", "Root").pem;
  json input = {
      {"CertificateIdentifier", "Root"}, {"CertificatePem", pem}, {"Tags", {{{"Key", "k"}, {"Value", "v"}}}}};
  json one = answer("ImportCertificate", input)["Certificate"];
  EXPECT_EQ(one["CertificatePem"], pem);
  EXPECT_EQ(one["CertificateOwner"], "CN=Root");
  EXPECT_EQ(one["SigningAlgorithm"], "SHA256withECDSA");
  EXPECT_EQ(one["KeyLength"], 256);
  EXPECT_EQ(one["ValidFromDate"], 1704067200.0);
  EXPECT_EQ(one["ValidToDate"], 2019686400.0);
  EXPECT_EQ(answer("DescribeCertificates", filter("certificate-id", {"ROOT"}))["Certificates"], json::array({one}));
  EXPECT_EQ(answer("DescribeCertificates", filter("certificate-arn", {one["CertificateArn"]}))["Certificates"].size(),
            1U);
  json endpoint = wanted("one");
  endpoint["SslMode"] = "verify-ca";
  endpoint["CertificateArn"] = one["CertificateArn"];
  const json made_endpoint = answer("CreateEndpoint", endpoint)["Endpoint"];
  EXPECT_EQ(made_endpoint["CertificateArn"], one["CertificateArn"]);
  EXPECT_TRUE(fault_of("DeleteCertificate", {{"CertificateArn", one["CertificateArn"]}})
                  .starts_with("InvalidResourceStateFault"));
  answer("DeleteEndpoint", {{"EndpointArn", made_endpoint["EndpointArn"]}});
  EXPECT_EQ(answer("DeleteCertificate", {{"CertificateArn", one["CertificateArn"]}})["Certificate"], one);
  EXPECT_EQ(fault_of("DescribeCertificates", filter("certificate-id", {"root"})),
            "ResourceNotFoundFault: No Certificates found matching provided filters");
  input = {{"CertificateIdentifier", "Wallet"}, {"CertificateWallet", "AAECAwQ="}};
  EXPECT_EQ(answer("ImportCertificate", input)["Certificate"]["CertificateWallet"], "AAECAwQ=");
}

}  // namespace
}  // namespace godwit
