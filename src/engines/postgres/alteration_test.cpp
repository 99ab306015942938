#include "engines/postgres/alteration.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace godwit::postgres {
namespace {

using Texts = std::vector<std::string>;

ColumnDef column(int16_t number, std::string name, std::string type = "integer", bool not_null = false) {
  ColumnDef out;
  out.number = number;
  out.name = std::move(name);
  out.type.native = std::move(type);
  out.not_null = not_null;
  return out;
}

TargetTable table(TableRef ref, std::vector<ColumnDef> columns) {
  const auto def = std::make_shared<TableDef>();
  def->ref = std::move(ref);
  def->columns = std::move(columns);
  return {def, def, def};
}

Texts told(const TableAlteration& alteration, const ColumnsThere& there = {}) {
  Texts out;
  for (const AlterStep& step : alter_steps(alteration, there))
    out.push_back((step.may_fail ? "maybe " : "") + step.sql);
  return out;
}

const TableRef t = {"s", "t"};

TEST(Alteration, nothing_changes_nothing) {
  const TargetTable same = table(t, {column(1, "a")});
  EXPECT_EQ(told({same, same, {{1, "7", "7"}}}), Texts{});
}

TEST(Alteration, a_new_column_shows_old_rows_what_they_show_on_the_source) {
  const TargetTable before = table(t, {column(1, "a")}),
                    after = table(t, {column(1, "a"), column(2, "It's", "text", true)});
  EXPECT_EQ(told({before, after, {{2, "lower('X')", "it's"}}}),
            (Texts{R"(ALTER TABLE "s"."t" ADD COLUMN IF NOT EXISTS "It's" text DEFAULT 'it''s'::text NOT NULL)",
                   R"(ALTER TABLE "s"."t" ALTER COLUMN "It's" DROP DEFAULT)",
                   R"(maybe ALTER TABLE "s"."t" ALTER COLUMN "It's" SET DEFAULT lower('X'))"}));
  EXPECT_EQ(told({before, after, {}}),
            (Texts{R"(ALTER TABLE "s"."t" ADD COLUMN IF NOT EXISTS "It's" text NOT NULL)"}));
  EXPECT_EQ(
      told({before, after, {{2, "", std::nullopt, 'a'}}}),
      (Texts{R"(ALTER TABLE "s"."t" ADD COLUMN IF NOT EXISTS "It's" text GENERATED ALWAYS AS IDENTITY NOT NULL)"}));
}

TEST(Alteration, a_column_that_is_there_already_takes_what_old_rows_show) {
  const TargetTable before = table(t, {column(1, "a"), column(3, "c")});
  const TargetTable after = table(t, {column(1, "a"), column(2, "b")});
  const TableAlteration alteration = {before, after, {{2, "", "5"}}};
  const std::string fill =
      R"(UPDATE "s"."t" SET "b" = '5'::bigint WHERE "b"::text IS DISTINCT FROM '5'::bigint::text)";
  EXPECT_EQ(told(alteration, {{"a", "integer"}, {"b", "bigint"}, {"c", "integer"}}).back(), fill);
  const auto fills = [](const Texts& steps) {
    return std::ranges::any_of(steps, [](const std::string& step) { return step.starts_with("UPDATE"); });
  };
  EXPECT_FALSE(fills(told(alteration, {{"a", "integer"}, {"c", "integer"}})));
  EXPECT_FALSE(fills(told({before, after, {{2, "", "5"}}, true}, {{"b", "bigint"}})));
  EXPECT_FALSE(fills(told({before, after, {{2, "", std::nullopt}}}, {{"b", "bigint"}})));
  // The one that is there goes, and a new one of its name comes.
  EXPECT_FALSE(fills(told({before, table(t, {column(1, "a"), column(4, "c")}), {{4, "", "5"}}}, {{"c", "integer"}})));
}

TEST(Alteration, columns_are_known_by_number) {
  EXPECT_EQ(told({table(t, {column(1, "a"), column(2, "b")}), table(t, {column(1, "b"), column(3, "a")}), {}}),
            (Texts{R"(ALTER TABLE "s"."t" DROP COLUMN IF EXISTS "b")",
                   R"(ALTER TABLE "s"."t" RENAME COLUMN "a" TO "godwit_0")",
                   R"(ALTER TABLE "s"."t" RENAME COLUMN "godwit_0" TO "b")",
                   R"(ALTER TABLE "s"."t" ADD COLUMN IF NOT EXISTS "a" integer)"}));
  EXPECT_EQ(told({table(t, {column(1, "a"), column(2, "b")}), table(t, {column(1, "b"), column(2, "a")}), {}}),
            (Texts{R"(ALTER TABLE "s"."t" RENAME COLUMN "a" TO "godwit_0")",
                   R"(ALTER TABLE "s"."t" RENAME COLUMN "b" TO "godwit_1")",
                   R"(ALTER TABLE "s"."t" RENAME COLUMN "godwit_0" TO "b")",
                   R"(ALTER TABLE "s"."t" RENAME COLUMN "godwit_1" TO "a")"}));
}

TEST(Alteration, types_and_nullability_follow) {
  const TargetTable before = table(t, {column(1, "a", "varchar(5)", true)}),
                    after = table(t, {column(1, "a", "integer")});
  EXPECT_EQ(told({before, after, {{1, "7", std::nullopt}}}),
            (Texts{R"(ALTER TABLE "s"."t" ALTER COLUMN "a" DROP DEFAULT)",
                   R"(ALTER TABLE "s"."t" ALTER COLUMN "a" TYPE integer USING "a"::integer)",
                   R"(maybe ALTER TABLE "s"."t" ALTER COLUMN "a" SET DEFAULT 7)",
                   R"(ALTER TABLE "s"."t" ALTER COLUMN "a" DROP NOT NULL)"}));
  EXPECT_EQ(told({before, after, {}, true}),
            (Texts{R"(maybe TRUNCATE "s"."t")", R"(DELETE FROM "s"."t")",
                   R"(ALTER TABLE "s"."t" ALTER COLUMN "a" DROP DEFAULT)",
                   R"(ALTER TABLE "s"."t" ALTER COLUMN "a" TYPE integer USING "a"::text::integer)",
                   R"(ALTER TABLE "s"."t" ALTER COLUMN "a" DROP NOT NULL)"}));
}

TEST(Alteration, a_table_moves_before_its_columns_change) {
  EXPECT_EQ(told({table(t, {column(1, "a")}), table({"x", "u"}, {column(1, "b")}), {}}),
            (Texts{R"(CREATE SCHEMA IF NOT EXISTS "x")", R"(ALTER TABLE "s"."t" SET SCHEMA "x")",
                   R"(ALTER TABLE "x"."t" RENAME TO "u")", R"(ALTER TABLE "x"."u" RENAME COLUMN "a" TO "b")"}));
}

TargetTable of_mysql(const ColumnDef& source, const ColumnDef& carried) {
  const auto from = std::make_shared<TableDef>(), to = std::make_shared<TableDef>();
  from->ref = to->ref = t;
  from->columns = {column(1, "id"), source};
  to->columns = {column(1, "id"), carried};
  return {from, to, to};
}

ColumnDef typed(ColumnDef out, ValueForm form, std::string dialect, std::vector<std::string> labels = {}) {
  out.type.form = form;
  out.type.dialect = std::move(dialect);
  if (!labels.empty()) out.type.labels = std::make_shared<const std::vector<std::string>>(std::move(labels));
  return out;
}

TEST(Alteration, defaults_of_another_dialect_are_carried_where_they_are_plain) {
  const TargetTable before = table(t, {column(1, "id")});
  const TargetTable after = of_mysql(typed(column(2, "b", "varbinary(9)"), ValueForm::bytes, "mysql"),
                                     typed(column(2, "b", "bytea"), ValueForm::bytes, "postgresql"));
  ColumnOrigin origin = {2, "'it''s'", "it's"};
  origin.literal = "it's";
  EXPECT_EQ(told({before, after, {origin}}),
            (Texts{R"(ALTER TABLE "s"."t" ADD COLUMN IF NOT EXISTS "b" bytea DEFAULT E'\\x69742773'::bytea)",
                   R"(ALTER TABLE "s"."t" ALTER COLUMN "b" DROP DEFAULT)",
                   R"(maybe ALTER TABLE "s"."t" ALTER COLUMN "b" SET DEFAULT E'\\x69742773'::bytea)"}));
  origin.old_rows.reset();
  origin.literal.reset();
  origin.expression = "concat('a', 1)";
  EXPECT_EQ(told({before, after, {origin}}),
            (Texts{R"(ALTER TABLE "s"."t" ADD COLUMN IF NOT EXISTS "b" bytea)", "maybe "}));
}

TEST(Alteration, an_identity_of_the_targets_own_stays_while_the_column_counts_up) {
  const TargetTable before = of_mysql(typed(column(2, "n", "int"), ValueForm::integer, "mysql"), column(2, "n"));
  const TargetTable after =
      of_mysql(typed(column(2, "n", "bigint"), ValueForm::integer, "mysql"), column(2, "n", "bigint"));
  ColumnOrigin origin;
  origin.number = 2;
  origin.identity = 'd';
  EXPECT_EQ(told({before, after, {origin}}),
            (Texts{R"(ALTER TABLE "s"."t" ALTER COLUMN "n" TYPE bigint USING "n"::bigint)"}));
  origin.identity = '\0';
  EXPECT_EQ(told({before, after, {origin}}).front(),
            R"(ALTER TABLE "s"."t" ALTER COLUMN "n" DROP IDENTITY IF EXISTS)");
}

TEST(Alteration, new_labels_of_another_engine_get_a_check_that_knows_them) {
  const auto plan = [](std::vector<std::string> labels) {
    return of_mysql(typed(column(2, "e", "enum"), ValueForm::enumeration, "mysql", std::move(labels)),
                    typed(column(2, "e", "text"), ValueForm::text, "postgresql"));
  };
  EXPECT_EQ(told({plan({"a"}), plan({"a"}), {}}), Texts{});
  const Texts steps = told({plan({"a"}), plan({"a", "b"}), {}});
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_TRUE(steps[0].starts_with("maybe DO "));
  EXPECT_EQ(steps[1], R"(maybe ALTER TABLE "s"."t" ADD CHECK ("e" IN ('a', 'b', '')))");
}

TEST(Alteration, computed_columns_of_another_engine_go_where_the_change_cannot_be_made_beneath_them) {
  const auto plan = [](const std::string& type) {
    TargetTable out = of_mysql(typed(column(2, "n", type), ValueForm::integer, "mysql"), column(2, "n", type));
    out.computed = {column(3, "twice"), column(4, "of_id")};
    return out;
  };
  const ComputedThere there = {{"twice", {"n"}}, {"of_id", {"id"}}, {"of_the_user", {"n"}}};
  const auto told_there = [&](const TableAlteration& alteration) {
    Texts out;
    for (const AlterStep& step : alter_steps(alteration, {}, there)) out.push_back(step.sql + step.told_as);
    return out;
  };
  const Texts retyped = told_there({plan("integer"), plan("bigint"), {}});
  ASSERT_GE(retyped.size(), 3U);
  EXPECT_EQ(retyped[0], R"(ALTER TABLE "s"."t" DROP COLUMN IF EXISTS "twice")");
  EXPECT_NE(retyped[1].find("column \"twice\""), std::string::npos);
  EXPECT_TRUE(retyped[2].starts_with(R"(ALTER TABLE "s"."t" ALTER COLUMN "n" TYPE bigint)"));
  TargetTable without = plan("integer");
  without.computed.pop_back();
  EXPECT_EQ(told_there({plan("integer"), without, {}}),
            Texts{R"(ALTER TABLE "s"."t" DROP COLUMN IF EXISTS "of_id")"});
  EXPECT_EQ(told({plan("integer"), without, {}}), Texts{}) << "the target computes none";
}

TEST(Alteration, labels_come_in_their_places_and_keep_what_is_there) {
  EXPECT_EQ(label_steps("m", {"a", "b"}, {"a", "b"}), Texts{});
  EXPECT_EQ(label_steps("m", {"a", "c"}, {"z", "a", "b", "c", "d"}),
            (Texts{"ALTER TYPE m ADD VALUE IF NOT EXISTS 'z' BEFORE 'a'",
                   "ALTER TYPE m ADD VALUE IF NOT EXISTS 'b' AFTER 'a'",
                   "ALTER TYPE m ADD VALUE IF NOT EXISTS 'd' AFTER 'c'"}));
  EXPECT_EQ(label_steps("m", {"a", "b"}, {"a", "B"}), (Texts{"ALTER TYPE m RENAME VALUE 'b' TO 'B'"}));
  EXPECT_EQ(label_steps("m", {"a", "b", "old"}, {"a", "b"}), Texts{});
}

}  // namespace
}  // namespace godwit::postgres
