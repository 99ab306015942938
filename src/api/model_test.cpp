#include "api/model.h"

#include <gtest/gtest.h>

#include <map>

#include "api/operations.h"

namespace godwit {
namespace {

TEST(ModelTest, the_binary_carries_all_119_operations_in_their_tiers) {
  std::map<Tier, int> counted;
  for (const ModelOperation& operation : service_model().operations()) ++counted[operation.tier];
  EXPECT_EQ(counted, (std::map<Tier, int>{{Tier::must, 56}, {Tier::should, 40}, {Tier::may, 23}}));
}

TEST(ModelTest, members_have_their_types) {
  const ModelOperation& create = *service_model().find("CreateReplicationInstance");
  EXPECT_EQ(create.input.find("ReplicationInstanceClass")->shape.characters_max, 30U);
  EXPECT_TRUE(create.input.find("ReplicationInstanceClass")->required);
  EXPECT_FALSE(create.input.find("EngineVersion")->required);
  const Shape& tags = create.input.find("Tags")->shape;
  ASSERT_EQ(tags.kind, ShapeKind::list);
  EXPECT_EQ(tags.element->structure, service_model().structure("Tag"));
  EXPECT_EQ(service_model().find("createReplicationInstance"), nullptr);
}

TEST(ModelTest, every_operation_with_a_handler_is_one_of_the_model) {
  int with_handler = 0;
  for (const ModelOperation& operation : service_model().operations())
    with_handler += find_operation(operation.name) != nullptr ? 1 : 0;
  EXPECT_EQ(with_handler, static_cast<int>(operations_carried_out()));
}

TEST(ModelTest, a_text_that_is_no_model_is_refused_with_its_line) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"nonsense", "line 1: expected 'operation' or 'structure'"},
      {"operation", "line 1: an operation without a name"},
      {"operation A must in out\noperation A must in out", "line 2: an operation without a name of its own"},
      {"operation A often in out", "line 1: a tier is must, should or may"},
      {"operation A must\nin A:str", "line 2: expected out"},
      {"operation A must in B:strange out", "there is no type strange"},
      {"operation A must in B:str B:int out", "a member without a name of its own"},
      {"operation A must in *:str out", "a member without a name of its own"},
      {"operation A must in B:str<=x out", "str<= takes a number"},
      {"operation A must in B:[[[[[str]]]]] out", "there is no type"},
      {"structure A B:B structure B A:[A]", "holds itself"},
      {"structure A X:str structure A Y:str", "a structure without a name of its own"},
  };
  for (const auto& [text, error] : cases) {
    const auto read = Model::parse(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "api.model");
    EXPECT_NE(read.error().message.find(error), std::string::npos) << read.error().message;
  }
  EXPECT_TRUE(Model::parse(""));
  EXPECT_TRUE(Model::parse("# nothing\n"));
}

}  // namespace
}  // namespace godwit
