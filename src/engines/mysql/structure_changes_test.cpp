#include "engines/mysql/structure_changes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/text.h"
#include "engines/mysql/schema_document.h"

namespace godwit::mysql {
namespace {

// "drop d.a, d.b to d.c, anew d.x, new d.y", with the step before each where `steps`.
std::string told(std::string_view sql, std::vector<std::string> followed, std::vector<TableRef> settled = {},
                 uint32_t steps_done = 0, bool steps = false, int lower = 0, std::vector<TableRef> in_error = {}) {
  std::vector<std::unique_ptr<TableDef>> tables;
  QueryEvent query;
  query.schema = "d";
  query.sql = sql;
  DdlStatement ddl{std::string(sql),   "d", 0, read_statement(query), steps_done, {}, std::move(in_error),
                   std::move(settled), true};
  DdlServer server;
  server.lower_case_names = lower;
  for (const std::string& name : followed) {
    tables.push_back(std::make_unique<TableDef>());
    tables.back()->ref = {"d", name};
    tables.back()->log_id = table_log_id(tables.back()->ref, lower != 0);
    ddl.followed.push_back(tables.back().get());
  }
  std::vector<std::string> out;
  for (const StructureStep& step : structure_changes(ddl, server)) {
    const SchemaChange& c = step.change;
    const bool known = std::ranges::any_of(tables, [&](const auto& table) { return table->ref == c.was; });
    std::string text;
    if (c.kind == SchemaChange::Kind::other)
      text = "other " + c.what;
    else if (c.kind == SchemaChange::Kind::dropped)
      text = "drop " + to_string(c.name);
    else if (!known)
      text = "new " + to_string(c.name);
    else if (c.replaced)
      text = "anew " + to_string(c.name);
    else
      text = to_string(c.was) + " to " + to_string(c.name);
    out.push_back((steps ? fmt::format("{}: ", step.step) : "") + text);
  }
  return join(out, ", ");
}

TEST(StructureChanges, names_decide_what_becomes_of_a_table) {
  EXPECT_EQ(told("drop table a, e.b, c", {"a", "c"}), "drop d.a, drop d.c");
  EXPECT_EQ(told("drop database d", {"a", "b"}), "drop d.a, drop d.b");
  EXPECT_EQ(told("drop database e", {"a"}), "");
  EXPECT_EQ(told("rename table a to b", {"a"}), "d.a to d.b");
  EXPECT_EQ(told("rename table a to e.b", {"a"}), "d.a to e.b");
  EXPECT_EQ(told("rename table a to tmp, tmp to b", {"a"}), "d.a to d.b");
  EXPECT_EQ(told("rename table x to y", {"a"}), "new d.y");
  EXPECT_EQ(told("alter table x rename y", {"a"}), "new d.y");
  EXPECT_EQ(told("alter table a rename y", {"a"}), "d.a to d.y");
  EXPECT_EQ(told("alter table a rename y", {"a"}, {{"d", "y"}}), "drop d.a");
  EXPECT_EQ(told("alter table a rename y", {"a", "y"}), "d.a to d.y") << "whether it may is not decided here";
  EXPECT_EQ(told("alter table a rename A, add c int", {"a"}, {}, 0, false, 1), "d.a to d.a");
  EXPECT_EQ(told("create table n (a int)", {"a"}), "new d.n");
  EXPECT_EQ(told("create table n like a", {"a"}), "new d.n");
  EXPECT_EQ(told("create table if not exists a (x int)", {"a"}), "");
  EXPECT_EQ(told("create or replace table a (x int)", {"a"}), "anew d.a");
  EXPECT_EQ(told("alter table x add c int", {"a"}), "");
  EXPECT_EQ(told("create table godwit_x (a int)", {}), "");
  EXPECT_EQ(told("create table mysql.x (a int)", {}), "");
}

TEST(StructureChanges, a_table_that_takes_anothers_name_is_looked_at_anew) {
  EXPECT_EQ(told("rename table t to _t_del, _t_gho to t", {"t"}), "anew d.t, new d._t_del");
  EXPECT_EQ(told("rename table t to _t_del, _t_gho to t", {"t", "_t_gho"}), "anew d.t, drop d._t_gho, new d._t_del");
  EXPECT_EQ(told("rename table a to tmp, b to a, tmp to b", {"a", "b"}), "anew d.a, anew d.b");
  EXPECT_EQ(told("alter table a exchange partition p with table b", {"a", "b"}), "anew d.a, anew d.b");
}

// What an earlier reader told, and the task did, changes nothing in what is still to tell.
TEST(StructureChanges, new_keys_have_the_names_that_the_task_knows) {
  TableDef child, parent;
  child.ref = {"d", "Child"};
  child.columns = {{.name = "Up", .type = {}, .number = 1}};
  parent.ref = {"d", "Parent"};
  parent.columns = {{.name = "Id", .type = {}, .number = 1}};
  QueryEvent query;
  query.schema = "d";
  query.sql = "alter table CHILD add foreign key (UP) references PARENT (ID) on delete cascade";
  const DdlStatement ddl{std::string(query.sql), "d", 0, read_statement(query), 0, {&child, &parent}, {}, {}, false};
  DdlServer server;
  server.lower_case_names = 2;
  const std::vector<StructureStep> steps = structure_changes(ddl, server);
  ASSERT_EQ(steps.size(), 1U);
  ASSERT_EQ(steps[0].change.keys.made.size(), 1U);
  const ActingKey& key = steps[0].change.keys.made[0];
  EXPECT_EQ(key.child, child.ref);
  EXPECT_EQ(key.parent, parent.ref);
  EXPECT_EQ(key.columns.front(), std::make_pair(std::string("Up"), std::string("Id")));
}

// What had the name is not loaded again, so that the rows would be gone with the table.
TEST(StructureChanges, a_table_that_takes_the_name_of_one_in_error_is_not_dropped) {
  const auto with_b_in_error = [](std::string_view sql) {
    return told(sql, {"a", "b"}, {}, 0, false, 0, {{"d", "b"}});
  };
  EXPECT_EQ(with_b_in_error("rename table b to old, a to b"), "anew d.b, d.a to d.b, new d.old");
  EXPECT_EQ(with_b_in_error("rename table a to b"), "anew d.b, d.a to d.b");
  EXPECT_EQ(with_b_in_error("rename table a to tmp, b to a, tmp to b"), "anew d.a, anew d.b");
  EXPECT_EQ(told("rename table b to old, a to b", {"a", "b"}), "anew d.b, drop d.a, new d.old");
}

TEST(StructureChanges, a_statement_goes_on_behind_what_was_done) {
  const std::string_view swap = "rename table a to x, b to old, new to b, c to d2";
  EXPECT_EQ(told(swap, {"a", "b", "c"}, {}, 0, true), "3: anew d.b, 8: d.a to d.x, 13: d.c to d.d2, 18: new d.old");
  EXPECT_EQ(told(swap, {"a", "b", "c"}, {}, 3, true), "8: d.a to d.x, 13: d.c to d.d2, 18: new d.old");
  EXPECT_EQ(told(swap, {"x", "b", "c"}, {}, 8, true), "13: d.c to d.d2, 18: new d.old");
  EXPECT_EQ(told(swap, {"x", "b", "d2"}, {}, 13, true), "18: new d.old");
  EXPECT_EQ(told(swap, {"x", "b", "d2", "old"}, {}, 18, true), "");
  EXPECT_EQ(told("drop database d", {"b", "c"}, {}, 1, true), "2: drop d.b, 3: drop d.c");
}

TEST(StructureChanges, tables_of_a_later_position_have_it_already) {
  EXPECT_EQ(told("drop table a", {}, {{"d", "a"}}), "");
  EXPECT_EQ(told("create table a (x int)", {}, {{"d", "a"}}), "");
  EXPECT_EQ(told("rename table x to a", {}, {{"d", "a"}}), "");
  EXPECT_EQ(told("alter table a rename b", {}, {{"d", "a"}}), "");
}

TEST(StructureChanges, what_is_around_the_rows_is_named) {
  EXPECT_EQ(told("create index i on a (x)", {"a"}), "other index i of table d.a");
  EXPECT_EQ(told("create index i on x (x)", {"a"}), "");
  EXPECT_EQ(told("create unique index i on a (x)", {"a"}), "anew d.a") << "it has no primary key";
  EXPECT_EQ(told("create view v as select 1", {"a"}), "other view d.v");
}

TEST(StructureChanges, names_are_compared_as_the_server_does) {
  EXPECT_EQ(told("DROP TABLE A", {"a"}), "");
  EXPECT_EQ(told("DROP TABLE A", {"a"}, {}, 0, false, 1), "drop d.a");
  EXPECT_EQ(told("RENAME TABLE A TO B", {"a"}, {}, 0, false, 1), "d.a to d.b");
}

TEST(SchemaDocument, a_change_is_read_back_as_it_was_written) {
  SchemaChange change;
  change.kind = SchemaChange::Kind::table;
  change.command = "ALTER TABLE";
  change.log_id = 4000000000U;
  change.was = {"d", "t"};
  change.name = change.table.ref = {"d", "u"};
  change.table.last_number = 3;
  change.table.collation = "utf8mb4_bin";
  ColumnDef& column = change.table.columns.emplace_back();
  column.name = "n";
  column.number = 3;
  column.when_absent = ColumnDef::Absent::text;
  column.absent_text = std::string("\xff\0x", 3);
  change.origins = {{3, "7", "7", 'd', "7"}};
  change.rewritten = change.replaced = true;
  change.notes = {"index i"};
  change.keys = {{"f"}, {{{"d", "t"}, {"d", "p"}, {{"n", "id"}}, "CASCADE", "", ""}}};
  const std::string text = schema_document(change);
  const auto read = parse_schema_document(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(schema_document(*read), text);
  EXPECT_EQ(read->table.columns[0].absent_text, column.absent_text);
  EXPECT_EQ(read->origins[0].identity, 'd');
  EXPECT_EQ(read->keys.dropped, change.keys.dropped);
  EXPECT_EQ(read->keys.made, change.keys.made);
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(parse_schema_document(std::string_view(text).substr(0, length)));
}

}  // namespace
}  // namespace godwit::mysql
