#include "api/api_test_kit.h"

namespace godwit {
namespace {

class TagsTest : public ApiTest {
 protected:
  void SetUp() override {
    arn_ = ok("CreateReplicationInstance",
              {{"ReplicationInstanceIdentifier", "pool"},
               {"ReplicationInstanceClass", "dms.t3.small"}})["ReplicationInstance"]["ReplicationInstanceArn"];
  }
  static json tag(const std::string& key, const std::string& value) { return {{"Key", key}, {"Value", value}}; }
  std::string add(const json& tags) { return code_of("AddTagsToResource", {{"ResourceArn", arn_}, {"Tags", tags}}); }
  json list() { return ok("ListTagsForResource", {{"ResourceArn", arn_}})["TagList"]; }
  std::string arn_;
};

TEST_F(TagsTest, adding_overwrites_removing_passes_over_what_is_not_there) {
  EXPECT_EQ(list(), json::array());
  EXPECT_EQ(add({tag("b", "1"), tag("a", "1")}), "");
  EXPECT_EQ(add({tag("b", "2"), tag("c", "")}), "");
  EXPECT_EQ(list(), (json{tag("a", "1"), tag("b", "2"), tag("c", "")}));
  ok("RemoveTagsFromResource", {{"ResourceArn", arn_}, {"TagKeys", {"a", "never", "A"}}});
  EXPECT_EQ(list(), (json{tag("b", "2"), tag("c", "")}));
}

TEST_F(TagsTest, tags_of_several_resources_name_theirs) {
  add(json::array({tag("a", "1")}));
  const json reply = ok("ListTagsForResource", {{"ResourceArnList", {arn_}}});
  EXPECT_EQ(reply["TagList"], (json::array({{{"Key", "a"}, {"Value", "1"}, {"ResourceArn", arn_}}})));
  EXPECT_EQ(code_of("ListTagsForResource"), "InvalidParameterCombinationException");
  EXPECT_EQ(code_of("ListTagsForResource", {{"ResourceArn", arn_}, {"ResourceArnList", {arn_}}}),
            "InvalidParameterCombinationException");
}

TEST_F(TagsTest, a_tag_against_the_rules_is_refused_and_none_of_the_call_is_kept) {
  const std::string refused = "InvalidParameterValueException";
  const std::vector<json> wrong = {tag("", "v"),        tag("aws:x", "v"),
                                   tag("DMS:x", "v"),   tag("a*b", "v"),
                                   tag("k", "a\nb"),    tag(std::string(129, 'k'), "v"),
                                   tag("k", "aws:yes"), tag("k", std::string(257, 'v'))};
  for (const json& one : wrong) EXPECT_EQ(add({tag("good", "1"), one}), refused) << one;
  EXPECT_EQ(list(), json::array());
  EXPECT_EQ(add({tag("Größe", "10 m_.:/=+-"), tag(std::string(128, 'k'), std::string(256, 'v'))}), "");
}

TEST_F(TagsTest, at_most_fifty) {
  json tags = json::array();
  for (int i = 0; i < 50; ++i) tags.push_back(tag("k" + std::to_string(i), "v"));
  EXPECT_EQ(add(tags), "");
  EXPECT_EQ(add(json::array({tag("k7", "other")})), "");
  EXPECT_EQ(add(json::array({tag("one-more", "v")})), "InvalidResourceStateFault");
  EXPECT_EQ(list().size(), 50U);
}

TEST_F(TagsTest, an_arn_of_nothing_is_not_found_and_no_arn_is_wrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"pool", "InvalidParameterValueException"},
      {"arn:aws:s3:::bucket", "InvalidParameterValueException"},
      {"arn:aws:dms:eu-test-1:123456789012:rep:NONE", "ResourceNotFoundFault"},
      {"arn:aws:dms:eu-test-1:123456789012:task:NONE", "ResourceNotFoundFault"},
      {"arn:aws:dms:eu-test-1:123456789012:no-such-kind:X", "ResourceNotFoundFault"},
      {"arn:aws:dms:us-east-1:123456789012" + arn_.substr(arn_.find(":rep:")), "ResourceNotFoundFault"},
  };
  for (const auto& [arn, fault] : cases) {
    EXPECT_EQ(code_of("ListTagsForResource", {{"ResourceArn", arn}}), fault) << arn;
    EXPECT_EQ(code_of("AddTagsToResource", {{"ResourceArn", arn}, {"Tags", {tag("a", "b")}}}), fault) << arn;
    EXPECT_EQ(code_of("RemoveTagsFromResource", {{"ResourceArn", arn}, {"TagKeys", {"a"}}}), fault) << arn;
  }
}

TEST_F(TagsTest, a_list_of_arns_has_a_bound_and_names_each_once) {
  EXPECT_EQ(code_of("ListTagsForResource", {{"ResourceArnList", {arn_, arn_}}}), "InvalidParameterValueException");
  std::vector<std::string> many;
  for (int i = 0; i < 201; ++i) many.push_back(arn_ + std::to_string(i));
  EXPECT_EQ(code_of("ListTagsForResource", {{"ResourceArnList", many}}), "InvalidParameterValueException");
}

TEST_F(TagsTest, the_account_tells_what_is_used_of_its_quotas) {
  const json reply = ok("DescribeAccountAttributes");
  const auto used = [&](std::string_view name) {
    for (const json& quota : reply["AccountQuotas"])
      if (quota["AccountQuotaName"] == name) return quota["Used"].dump() + " of " + quota["Max"].dump();
    return std::string("none");
  };
  EXPECT_EQ(used("ReplicationInstances"), "1 of 60");
  EXPECT_EQ(used("AllocatedStorage"), "50 of 30000");
  EXPECT_EQ(used("ReplicationSubnetGroups"), "1 of 60");
  EXPECT_EQ(used("SubnetsPerReplicationSubnetGroup"), "2 of 60");
  EXPECT_EQ(used("Endpoints"), "0 of 1000");
  EXPECT_EQ(used("ReplicationTasksPerInstance"), "0 of 200");
  EXPECT_EQ(reply["AccountQuotas"].size(), 13U);
  const std::string id = reply["UniqueAccountIdentifier"];
  EXPECT_EQ(id.size(), 12U);
  EXPECT_EQ(ok("DescribeAccountAttributes")["UniqueAccountIdentifier"], id);
}

}  // namespace
}  // namespace godwit
