#include "store/endpoints.h"

#include <gtest/gtest.h>

#include "store/certificates.h"
#include "store/connections.h"
#include "store/instances.h"
#include "store/schema_lists.h"
#include "store/subnet_groups.h"

namespace godwit {
namespace {

class EndpointStore : public testing::Test {
 protected:
  EndpointRecord endpoint(const std::string& id, int64_t created_us) {
    EndpointRecord one;
    one.id = id;
    one.identifier = "name-" + id;
    one.type = "source";
    one.engine_name = "postgres";
    one.username = "u";
    one.server_name = "h";
    one.database_name = "d";
    one.port = 5432;
    one.sealed_password = {std::byte{0}, std::byte{255}, std::byte{7}};
    one.ssl_mode = "verify-ca";
    one.certificate_id = "CERT";
    one.kms_key_id = "k";
    one.service_access_role_arn = "r";
    one.external_table_definition = "t";
    one.extra_connection_attributes = "a=b;";
    one.settings = R"({"SlotName":"s"})";
    one.created_us = created_us;
    return one;
  }
  void SetUp() override {
    SubnetGroupRecord group;
    group.identifier = "g";
    ASSERT_TRUE(insert_subnet_group(*database_, group));
    for (const std::string id : {"I", "J"}) {
      InstanceRecord one;
      one.id = one.identifier = id;
      one.subnet_group = "g";
      ASSERT_TRUE(insert_instance(*database_, one));
    }
  }
  void put_endpoints() {
    for (const char* id : {"A", "B"}) ASSERT_TRUE(insert_endpoint(*database_, endpoint(id, 1)));
  }
  std::string names(const EndpointChoice& choice, const ListPage& page = {}) {
    std::string out;
    const auto listed = list_endpoints(*database_, choice, page);
    for (const EndpointRecord& one : listed.value()) out += one.id + " ";
    return out;
  }

  std::unique_ptr<Database> database_ = Database::open(":memory:").value();
};

TEST_F(EndpointStore, keeps_every_member_through_insert_and_update) {
  EndpointRecord one = endpoint("A", 5);
  ASSERT_TRUE(insert_endpoint(*database_, one));
  for (int round = 0; round < 2; ++round) {
    const EndpointRecord found = find_endpoint(*database_, "A").value().value();
    EXPECT_EQ(found.identifier, one.identifier);
    EXPECT_EQ(found.type, one.type);
    EXPECT_EQ(found.engine_name, one.engine_name);
    EXPECT_EQ(found.username, one.username);
    EXPECT_EQ(found.server_name, one.server_name);
    EXPECT_EQ(found.database_name, one.database_name);
    EXPECT_EQ(found.port, one.port);
    EXPECT_EQ(found.sealed_password, one.sealed_password);
    EXPECT_EQ(found.ssl_mode, one.ssl_mode);
    EXPECT_EQ(found.certificate_id, one.certificate_id);
    EXPECT_EQ(found.kms_key_id, one.kms_key_id);
    EXPECT_EQ(found.service_access_role_arn, one.service_access_role_arn);
    EXPECT_EQ(found.external_table_definition, one.external_table_definition);
    EXPECT_EQ(found.extra_connection_attributes, one.extra_connection_attributes);
    EXPECT_EQ(found.settings, one.settings);
    EXPECT_EQ(found.created_us, 5);
    one.identifier = "other";
    one.type = "target";
    one.engine_name = "mysql";
    one.username = one.server_name = one.database_name = "x";
    one.port = std::nullopt;
    one.sealed_password.clear();
    one.ssl_mode = "none";
    one.certificate_id = one.kms_key_id = one.service_access_role_arn = one.external_table_definition = "";
    one.extra_connection_attributes = "";
    one.settings = "{}";
    ASSERT_TRUE(round > 0 || update_endpoint(*database_, one));
  }
  EXPECT_EQ(find_endpoint_named(*database_, "other").value()->id, "A");
  EXPECT_FALSE(find_endpoint_named(*database_, "name-A").value());
}

TEST_F(EndpointStore, lists_what_every_filter_holds_for_page_by_page) {
  for (const auto& [id, created] : {std::pair("C", 1), std::pair("A", 2), std::pair("B", 1)})
    ASSERT_TRUE(insert_endpoint(*database_, endpoint(id, created)));
  EXPECT_EQ(names({}), "B C A ");
  EXPECT_EQ(names({}, {.limit = 2}), "B C ");
  EXPECT_EQ(names({}, {.limit = 2, .after_created_us = 1, .after_identifier = "name-C"}), "A ");
  EXPECT_EQ(names({.ids = {{"A", "B"}}}), "B A ");
  EXPECT_EQ(names({.ids = {{"A", "B"}}, .identifiers = {{"name-A"}}}), "A ");
  EXPECT_EQ(names({.types = {{"target"}}}), "");
  EXPECT_EQ(names({.engine_names = {{"mysql", "postgres"}}}), "B C A ");
  EXPECT_EQ(names({.ids = std::vector<std::string>{}}), "");
  EXPECT_EQ(count_endpoints(*database_).value(), 3);
  EXPECT_TRUE(endpoint_with_certificate(*database_, "CERT").value());
  EXPECT_FALSE(endpoint_with_certificate(*database_, "other").value());
}

TEST_F(EndpointStore, two_of_one_name_cannot_be) {
  ASSERT_TRUE(insert_endpoint(*database_, endpoint("A", 1)));
  EndpointRecord second = endpoint("B", 1);
  second.identifier = "name-A";
  EXPECT_FALSE(insert_endpoint(*database_, second));
}

TEST_F(EndpointStore, an_endpoint_takes_its_connections_and_schemas_along) {
  ASSERT_TRUE(insert_endpoint(*database_, endpoint("A", 1)));
  ASSERT_TRUE(begin_connection_test(*database_, "A", "I", 1));
  const auto refresh = begin_schema_refresh(*database_, "A", "I", 1);
  const std::vector<std::string> schemas = {"s"};
  ASSERT_TRUE(end_schema_refresh(*database_, *refresh, schemas));
  ASSERT_TRUE(delete_endpoint(*database_, "A"));
  EXPECT_FALSE(find_endpoint(*database_, "A").value());
  EXPECT_TRUE(list_connections(*database_, {}).value().empty());
  EXPECT_FALSE(find_schema_list(*database_, "A").value());
  EXPECT_TRUE(list_schema_names(*database_, "A", "", -1).value().empty());
}

TEST_F(EndpointStore, of_two_tests_of_a_pair_the_later_one_counts) {
  put_endpoints();
  const ConnectionRecord first = begin_connection_test(*database_, "A", "I", 1).value();
  const ConnectionRecord second = begin_connection_test(*database_, "A", "I", 2).value();
  EXPECT_EQ(second.status, "testing");
  EXPECT_EQ(second.created_us, 1);
  EXPECT_EQ(list_running_connection_tests(*database_).value().size(), 1U);
  ASSERT_TRUE(end_connection_test(*database_, first, "refused"));
  EXPECT_EQ(find_connection(*database_, "A", "I").value()->status, "testing");
  ASSERT_TRUE(end_connection_test(*database_, second, ""));
  EXPECT_EQ(find_connection(*database_, "A", "I").value()->status, "successful");
  const ConnectionRecord third = begin_connection_test(*database_, "A", "I", 3).value();
  ASSERT_TRUE(end_connection_test(*database_, third, "refused"));
  EXPECT_EQ(find_connection(*database_, "A", "I").value()->last_failure_message, "refused");
  EXPECT_EQ(begin_connection_test(*database_, "A", "I", 4).value().last_failure_message, "");
  ASSERT_TRUE(delete_connection(*database_, "A", "I"));
  ASSERT_TRUE(end_connection_test(*database_, third, ""));
  EXPECT_FALSE(find_connection(*database_, "A", "I").value());
}

TEST_F(EndpointStore, connections_are_found_by_either_end_and_go_with_it) {
  put_endpoints();
  for (const auto& [end, instance] : {std::pair("A", "I"), std::pair("A", "J"), std::pair("B", "I")})
    ASSERT_TRUE(begin_connection_test(*database_, end, instance, 1));
  const auto count = [&](const ConnectionChoice& choice, const ListPage& page = {}) {
    return list_connections(*database_, choice, page).value().size();
  };
  EXPECT_EQ(count({}), 3U);
  EXPECT_EQ(count({.endpoint_ids = {{"A"}}}), 2U);
  EXPECT_EQ(count({.endpoint_ids = {{"A"}}, .instance_ids = {{"J"}}}), 1U);
  EXPECT_EQ(count({}, {.limit = 2, .after_created_us = 1, .after_identifier = "A/J"}), 1U);
  ASSERT_TRUE(delete_instance(*database_, "I"));
  EXPECT_EQ(count({}), 1U);
  EXPECT_FALSE(begin_connection_test(*database_, "A", "I", 1));
}

TEST_F(EndpointStore, a_failed_refresh_leaves_the_schemas_of_the_one_before) {
  put_endpoints();
  const std::vector<std::string> old = {"b", "a", "b"}, later = {"c"};
  ASSERT_TRUE(end_schema_refresh(*database_, begin_schema_refresh(*database_, "A", "I", 1).value(), old));
  const SchemaListRecord second = begin_schema_refresh(*database_, "A", "J", 2).value();
  EXPECT_EQ(second.status, "refreshing");
  EXPECT_EQ(second.instance_id, "J");
  EXPECT_EQ(second.last_refresh_us, 2);
  EXPECT_EQ(list_running_schema_refreshes(*database_).value().size(), 1U);
  ASSERT_TRUE(fail_schema_refresh(*database_, second, "refused"));
  EXPECT_EQ(find_schema_list(*database_, "A").value()->last_failure_message, "refused");
  EXPECT_EQ(list_schema_names(*database_, "A", "", -1).value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(list_schema_names(*database_, "A", "a", 5).value(), (std::vector<std::string>{"b"}));
  const SchemaListRecord third = begin_schema_refresh(*database_, "A", "I", 3).value();
  ASSERT_TRUE(end_schema_refresh(*database_, second, old));
  EXPECT_EQ(find_schema_list(*database_, "A").value()->status, "refreshing");
  ASSERT_TRUE(end_schema_refresh(*database_, third, later));
  EXPECT_EQ(list_schema_names(*database_, "A", "", -1).value(), later);
}

TEST_F(EndpointStore, certificates_are_named_without_regard_to_case) {
  const CertificateRecord one{.id = "X",
                              .identifier = "Root-CA",
                              .pem = "pem",
                              .wallet_base64 = "",
                              .owner = "o",
                              .signing_algorithm = "SHA256withRSA",
                              .valid_from_us = 1,
                              .valid_to_us = 2,
                              .key_bits = 2048,
                              .kms_key_id = "k",
                              .created_us = 3};
  ASSERT_TRUE(insert_certificate(*database_, one));
  CertificateRecord clash = one;
  clash.id = "Y";
  clash.identifier = "root-ca";
  EXPECT_FALSE(insert_certificate(*database_, clash));
  const auto found = list_certificates(*database_, {.ids = {}, .identifiers = {{"ROOT-ca"}}}).value();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].identifier, "Root-CA");
  EXPECT_EQ(found[0].pem, "pem");
  EXPECT_EQ(found[0].owner, "o");
  EXPECT_EQ(found[0].signing_algorithm, "SHA256withRSA");
  EXPECT_EQ(found[0].valid_from_us, 1);
  EXPECT_EQ(found[0].valid_to_us, 2);
  EXPECT_EQ(found[0].key_bits, 2048);
  EXPECT_EQ(found[0].kms_key_id, "k");
  EXPECT_EQ(found[0].created_us, 3);
  EXPECT_EQ(count_certificates(*database_).value(), 1);
  ASSERT_TRUE(delete_certificate(*database_, "X"));
  EXPECT_FALSE(find_certificate(*database_, "X").value());
}

}  // namespace
}  // namespace godwit
