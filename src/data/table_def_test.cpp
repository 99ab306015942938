#include "data/table_def.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

TEST(TableDef, what_left_out_columns_mean_is_compared_apart_from_the_structure) {
  TableDef table;
  table.ref = {"s", "t"};
  table.columns.push_back({.name = "a", .type = {}, .when_absent = ColumnDef::Absent::text, .absent_text = "5"});
  TableDef other = table;
  EXPECT_TRUE(same_absent_values(table, other));
  other.columns[0].absent_text = "6";
  EXPECT_EQ(structure_fingerprint(table), structure_fingerprint(other));
  EXPECT_FALSE(same_absent_values(table, other));
  other = table;
  other.columns[0].when_absent = ColumnDef::Absent::null;
  EXPECT_FALSE(same_absent_values(table, other));
}

}  // namespace
}  // namespace godwit
