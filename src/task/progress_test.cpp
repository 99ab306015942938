#include "task/progress.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

TEST(Unaccounted, is_what_was_read_and_went_nowhere) {
  TableStatistics table;
  EXPECT_EQ(unaccounted(table), 0U);
  table.inserts = 5;
  table.updates = 3;
  table.deletes = 2;
  table.full_load_error_rows = 4;
  EXPECT_EQ(unaccounted(table), 14U);
  table.applied_inserts = 4;
  table.applied_updates = 3;
  table.applied_deletes = 2;
  EXPECT_EQ(unaccounted(table), 5U);
  table.parked = 3;
  table.ignored = 1;
  EXPECT_EQ(unaccounted(table), 1U);
  table.dropped = 1;
  EXPECT_EQ(unaccounted(table), 0U);
  table.parked = 9;  // a change that is done in two halves may be parked twice
  EXPECT_EQ(unaccounted(table), 0U);
}

}  // namespace
}  // namespace godwit
