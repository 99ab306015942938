#include "engines/postgres/rendering.h"

#include <gtest/gtest.h>

#include "engines/postgres/statement.h"

namespace godwit::postgres {
namespace {

using Kind = SqlPiece::Kind;

const TableRef source{"public", "orders"};

std::shared_ptr<TableDef> table(TableRef ref, const std::vector<std::string>& columns) {
  auto out = std::make_shared<TableDef>();
  out->ref = std::move(ref);
  for (const std::string& name : columns) {
    ColumnDef column;
    column.name = name;
    column.type.native = "integer";
    out->columns.push_back(column);
  }
  return out;
}

// public.orders (id, a, gone, sum generated) goes to sales."Order" ("the id", a).
TargetTable plan() {
  auto whole = table(source, {"id", "a", "gone", "sum"});
  whole->columns[3].generated = true;
  return {whole, table(source, {"id", "a"}), table({"sales", "Order"}, {"the id", "a"})};
}

std::string rendered(Statement& statement) {
  const TargetTable planned = plan();
  const PlanNames names(std::span(&planned, 1));
  const std::vector<SqlPiece> pieces = statement.take();
  const auto kept = without_removed_columns(pieces, names);
  return kept ? print(*kept, names) : "left out";
}

TEST(Rendering, names_follow_the_plan) {
  Statement statement;
  statement.text("x ").table(source).text(" ").column(source, "id").text(" ").add(Kind::schema, "", source);
  statement.text(" ").add(Kind::relation, "orders_2024", source);
  EXPECT_EQ(rendered(statement), R"(x "sales"."Order" "the id" "sales" "sales"."orders_2024")");
}

TEST(Rendering, what_is_not_in_the_plan_keeps_its_name) {
  Statement statement;
  statement.table({"public", "other"}).text(" ").column({"public", "other"}, "id");
  statement.text(" ").add(Kind::relation, "s", {"public", ""});
  EXPECT_EQ(rendered(statement), R"("public"."other" "id" "public"."s")");
}

TEST(Rendering, a_sequence_in_a_literal_is_quoted_twice) {
  const TargetTable planned{table(source, {}), table(source, {}), table({"it's", "o"}, {})};
  const SqlPiece piece{Kind::relation_literal, "a\"b", source, {}};
  EXPECT_EQ(print(std::span(&piece, 1), PlanNames(std::span(&planned, 1))), R"('"it''s"."a""b"')");
}

TEST(Rendering, items_of_removed_columns_go_with_their_separators) {
  for (const std::vector<std::string>& columns :
       {std::vector<std::string>{"gone", "id", "a"}, {"id", "gone", "a"}, {"id", "a", "gone"}}) {
    Statement statement;
    for (const std::string& column : columns) statement.item("(", ", ").column(source, column);
    statement.list_end(")");
    EXPECT_EQ(rendered(statement), R"(("the id", "a"))");
  }
}

TEST(Rendering, a_clause_goes_with_the_columns_it_names) {
  Statement statement;
  statement.item("(", ", ").column(source, "id");
  statement.item("(", ", ").clause(Kind::constraint, "CHECK (gone > 0)", source, {"gone"});
  statement.list_end(")");
  EXPECT_EQ(rendered(statement), R"(("the id"))");
}

TEST(Rendering, a_list_without_items_is_not_written) {
  Statement statement;
  statement.text("before").item(" (", ", ").column(source, "gone").list_end(")").text(" after");
  EXPECT_EQ(rendered(statement), "before after");
}

TEST(Rendering, outside_a_list_a_removed_column_takes_the_statement) {
  Statement statement;
  statement.text("CREATE INDEX ").clause(Kind::index, "USING btree (gone)", source, {"gone"});
  EXPECT_EQ(rendered(statement), "left out");
}

TEST(Rendering, generated_columns_stay) {
  Statement statement;
  EXPECT_EQ(rendered(statement.column(source, "sum")), R"("sum")");
}

TEST(Rendering, a_type_is_the_plans_only_where_it_differs) {
  TargetTable planned = plan();
  auto changed = std::make_shared<TableDef>(*planned.layout);
  changed->columns[1].type.native = "bigint";
  planned.layout = changed;
  const PlanNames names(std::span(&planned, 1));
  EXPECT_EQ(names.type(source, "a", "integer"), "bigint");
  EXPECT_EQ(names.type(source, "id", "public.serial_number"), "public.serial_number");
}

TEST(Rendering, only_renamed_columns_need_the_server) {
  const TargetTable planned = plan();
  const PlanNames names(std::span(&planned, 1));
  EXPECT_TRUE(names_renamed_column({Kind::expression, "id + 1", source, {"id"}}, names));
  EXPECT_FALSE(names_renamed_column({Kind::expression, "a + 1", source, {"a"}}, names));
  EXPECT_FALSE(names_renamed_column({Kind::text, "", source, {"id"}}, names));
}

}  // namespace
}  // namespace godwit::postgres
