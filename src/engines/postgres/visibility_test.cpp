#include "engines/postgres/visibility.h"

#include <gtest/gtest.h>

namespace godwit::postgres {
namespace {

TEST(Visibility, shows_what_has_ended_and_nothing_else) {
  EXPECT_TRUE(is_visible("100:105:100,103", 99));
  EXPECT_FALSE(is_visible("100:105:100,103", 100));
  EXPECT_TRUE(is_visible("100:105:100,103", 101));
  EXPECT_FALSE(is_visible("100:105:100,103", 103));
  EXPECT_TRUE(is_visible("100:105:100,103", 104));
  EXPECT_FALSE(is_visible("100:105:100,103", 105));
  EXPECT_FALSE(is_visible("100:105:", 200));
  EXPECT_TRUE(is_visible("105:105:", 104));
}

TEST(Visibility, counts_wrapped_numbers_by_their_nearest_epoch) {
  const uint64_t epoch = uint64_t{1} << 32U;
  const std::string snapshot = std::to_string(epoch + 3) + ":" + std::to_string(epoch + 5) + ":";
  EXPECT_TRUE(is_visible(snapshot, 4294967290U));  // the epoch before
  EXPECT_TRUE(is_visible(snapshot, 4));
  EXPECT_FALSE(is_visible(snapshot, 5));
}

}  // namespace
}  // namespace godwit::postgres
