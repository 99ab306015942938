#include "task/schema_decision.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

TableDef table() {
  TableDef out;
  out.ref = {"s", "t"};
  out.columns.resize(2);
  out.columns[0].name = "id";
  out.columns[0].number = 1;
  out.columns[1].name = "v";
  out.columns[1].number = 2;
  out.key = KeyDef{"PRIMARY", {0}};
  return out;
}

SchemaChange change_to(TableDef after) {
  SchemaChange out;
  out.kind = SchemaChange::Kind::table;
  out.table = std::move(after);
  return out;
}

TEST(SchemaDecision, what_a_change_asks_for) {
  EXPECT_EQ(decide(table(), change_to(table())), SchemaAction::none);
  TableDef moved = table();
  std::swap(moved.columns[0], moved.columns[1]);
  moved.key->columns = {1};
  EXPECT_EQ(decide(table(), change_to(moved)), SchemaAction::alter) << "the log's rows have another order";
  TableDef other_default = table();
  other_default.columns[1].when_absent = ColumnDef::Absent::text;
  EXPECT_EQ(decide(table(), change_to(other_default)), SchemaAction::alter) << "it is in no row that leaves it out";
  SchemaChange rewritten = change_to(moved);
  rewritten.rewritten = true;
  EXPECT_EQ(decide(table(), rewritten), SchemaAction::alter_and_reload);
}

TEST(SchemaDecision, a_column_that_is_computed_no_longer_brings_its_values_with_the_rows) {
  TableDef before = table();
  before.columns[1].generated = true;
  EXPECT_EQ(decide(before, change_to(table())), SchemaAction::alter_and_reload);
  TableDef without = table();
  without.columns.pop_back();
  EXPECT_EQ(decide(before, change_to(without)), SchemaAction::alter) << "it is gone";
}

TEST(SchemaDecision, what_is_not_known_is_looked_up_under_the_name_that_it_has_by_then) {
  SchemaChange replaced = change_to(table());
  replaced.replaced = true;
  EXPECT_EQ(decide(table(), replaced), SchemaAction::reload);
  replaced.table.ref.name = "u";
  EXPECT_EQ(decide(table(), replaced), SchemaAction::alter_and_reload);
}

TEST(SchemaDecision, a_change_on_a_table_that_others_passed_over_carries_out_what_it_touches) {
  TableDef before = table();  // v was renamed, and one column is withheld
  before.columns[1].name = "w";
  before.columns.push_back({.name = "withheld", .type = {}, .number = 3});
  TableDef after = before;
  after.columns[2].not_null = true;
  after.columns.push_back({.name = "new", .type = {}, .number = 4});
  const TableDef kept = carried_out(table(), before, after);
  ASSERT_EQ(kept.columns.size(), 3U);
  EXPECT_EQ(kept.columns[1].name, "v") << "the change did not touch it";
  EXPECT_EQ(kept.columns[2].name, "new");
  EXPECT_EQ(kept.ref.name, "t");
  ASSERT_TRUE(kept.key);
  EXPECT_EQ(kept.key->columns, std::vector<uint32_t>{0});
  TableDef later = after;
  later.ref.name = "u";
  later.columns[1].not_null = true;
  later.columns.erase(later.columns.begin());
  later.key.reset();
  const TableDef then = carried_out(kept, after, later);
  ASSERT_EQ(then.columns.size(), 2U);
  EXPECT_EQ(then.columns[0].name, "w");
  EXPECT_EQ(then.ref.name, "u");
}

// Where a catalog has no numbers of its own, a column's is its place as it was described.
TEST(SchemaDecision, what_a_table_was_made_for_follows_the_numbers_of_a_new_description) {
  TableDef before = table(), now = table();
  before.columns.insert(before.columns.begin(), {.name = "first", .type = {}, .number = 4});
  before.last_number = 4;
  now.columns.insert(now.columns.begin(), {.name = "first", .type = {}, .number = 1});
  now.columns[1].number = 2;
  now.columns[2].number = 3;
  now.key->columns = before.key->columns = {1};
  now.last_number = 3;
  TableDef made_for = table();
  made_for.columns.push_back({.name = "gone", .type = {}, .number = 3});
  const TableDef kept = renumbered(made_for, before, now);
  ASSERT_EQ(kept.columns.size(), 3U);
  EXPECT_EQ(kept.columns[0].number, 2);
  EXPECT_EQ(kept.columns[1].number, 3);
  EXPECT_EQ(kept.columns[2].number, 0) << "no column has it any more";
  EXPECT_EQ(kept.last_number, 3);
  TargetTable target, plan;
  target.read = target.layout = target.source = std::make_shared<TableDef>(kept);
  plan.read = plan.layout = plan.source = std::make_shared<TableDef>(now);
  const TargetTable without = without_alteration(target, plan);
  ASSERT_EQ(without.read->columns.size(), 2U);
  EXPECT_EQ(without.read->columns[0].name, "id");
  EXPECT_EQ(without.layout->columns[0].name, "id");
  EXPECT_EQ(without.layout->columns[1].name, "v");
}

}  // namespace
}  // namespace godwit
