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

TEST(SchemaDecision, what_is_not_known_is_looked_up_under_the_name_that_it_has_by_then) {
  SchemaChange replaced = change_to(table());
  replaced.replaced = true;
  EXPECT_EQ(decide(table(), replaced), SchemaAction::reload);
  replaced.table.ref.name = "u";
  EXPECT_EQ(decide(table(), replaced), SchemaAction::alter_and_reload);
}

}  // namespace
}  // namespace godwit
