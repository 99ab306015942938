#include "api/operations.h"

#include <gtest/gtest.h>

#include "api/model.h"

namespace godwit {
namespace {

TEST(Operations, all_of_the_first_tier_are_carried_out_and_no_others) {
  size_t first_tier = 0;
  for (const ModelOperation& operation : service_model().operations()) {
    const bool must = operation.tier == Tier::must;
    EXPECT_EQ(find_operation(operation.name) != nullptr, must) << operation.name;
    first_tier += must ? 1 : 0;
  }
  EXPECT_EQ(first_tier, 56);
  EXPECT_EQ(operations_carried_out(), first_tier);
}

}  // namespace
}  // namespace godwit
