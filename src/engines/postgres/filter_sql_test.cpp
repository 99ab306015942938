#include "engines/postgres/filter_sql.h"

#include <gtest/gtest.h>

#include "engines/postgres/segments.h"

namespace godwit::postgres {
namespace {

TableDef table() {
  TableDef out;
  out.ref = {"s", "t"};
  const auto add = [&](std::string name, TypeClass type_class, std::string native) {
    ColumnDef& column = out.columns.emplace_back();
    column.name = std::move(name);
    column.type = {type_class, std::move(native)};
  };
  add("i", TypeClass::int4, "integer");
  add("n", TypeClass::numeric, "numeric(10,2)");
  add("m", TypeClass::numeric, "money");
  add("r", TypeClass::real4, "real");
  add("v", TypeClass::wstring, "character varying(8)");
  add("c", TypeClass::wstring, "character(4)");
  add("b", TypeClass::boolean, "boolean");
  add("d", TypeClass::date, "date");
  add("z", TypeClass::datetime, "timestamp with time zone");
  add("u", TypeClass::string, "uuid");
  return out;
}

std::string sql(const std::string& column, std::vector<FilterCondition> conditions) {
  const auto made = filter_condition({{{{column, std::move(conditions)}}}}, table(), "");
  return made ? *made : made.error().code;
}

TEST(FilterSql, each_type_is_compared_as_what_it_is) {
  using enum FilterOperator;
  const struct {
    std::string column, sql;
  } cases[] = {
      {"i", R"("i" >= '5'::pg_catalog.int8)"},
      {"n", R"("n" >= '5'::pg_catalog.int8)"},
      {"m", R"("m"::numeric >= '5'::pg_catalog.int8)"},
      {"r", R"("r" >= '5'::pg_catalog.float4)"},
      {"v", R"("v" COLLATE "C" >= '5'::pg_catalog.text)"},
      {"c", R"("c"::text COLLATE "C" >= '5'::pg_catalog.text)"},
      {"b", R"("b" >= '5'::pg_catalog.bool)"},
      {"d", R"("d" >= '5'::pg_catalog.date)"},
      {"z", R"("z" >= '5'::pg_catalog.timestamptz)"},
      {"u", R"("u"::text COLLATE "C" >= '5'::pg_catalog.text)"},
  };
  for (const auto& c : cases) EXPECT_EQ(sql(c.column, {{gte, "5"}}), "(((" + c.sql + ")))");
  EXPECT_EQ(sql("i", {{eq, "5.5"}}), R"(((("i" = '5.5'::pg_catalog.numeric))))");
}

TEST(FilterSql, conditions_are_joined_as_the_formula_says) {
  using enum FilterOperator;
  EXPECT_EQ(sql("i", {{eq, "1"}, {null}, {noteq, "2"}, {notbetween, "3", "4"}, {notnull}}),
            R"((("i" <> '2'::pg_catalog.int8 AND ("i" < '3'::pg_catalog.int8 OR "i" > '4'::pg_catalog.int8) AND )"
            R"("i" IS NOT NULL AND ("i" = '1'::pg_catalog.int8 OR "i" IS NULL))))");
  const RowFilter two_rules{{{{"i", {{eq, "1"}}}, {"v", {{null}}}}, {{"b", {{eq, "t"}}}}}};
  EXPECT_EQ(*filter_condition(two_rules, table(), "t."),
            R"((((t."i" = '1'::pg_catalog.int8) AND (t."v" IS NULL)) OR ((t."b" = 't'::pg_catalog.bool))))");
}

TEST(FilterSql, quotes_in_values_stay_in_values) {
  EXPECT_EQ(sql("v", {{FilterOperator::eq, "it's"}}),
            R"((((("v" COLLATE "C" = 'it''s'::pg_catalog.text AND "v" = 'it''s'::pg_catalog.text)))))");
}

TEST(FilterSql, a_column_that_is_not_there_is_an_error) {
  EXPECT_EQ(sql("x", {{FilterOperator::null}}), "postgres.filter_column");
}

TEST(Segments, boundaries_are_exclusive_upper_bounds_compared_column_by_column) {
  ParallelLoad how{.type = ParallelLoad::Type::ranges, .columns = {"i", "v"}, .boundaries = {{"1", "a"}, {"2", "b"}}};
  TableDef def = table();
  def.columns[0].not_null = true;
  const auto bounds = segment_bounds(def, how);
  ASSERT_TRUE(bounds);
  ASSERT_EQ(bounds->size(), 3U);
  const std::string one =
      R"((("i" < '1'::pg_catalog.int8) OR ("i" = '1'::pg_catalog.int8 AND "v" COLLATE "C" < 'a'::pg_catalog.text)))";
  const std::string two =
      R"((("i" < '2'::pg_catalog.int8) OR ("i" = '2'::pg_catalog.int8 AND "v" COLLATE "C" < 'b'::pg_catalog.text)))";
  EXPECT_EQ((*bounds)[0], "?true AND " + one + R"( AND "v" IS NOT NULL)");
  EXPECT_EQ((*bounds)[1], "?NOT " + one + " AND " + two + R"( AND "v" IS NOT NULL)");
  EXPECT_EQ((*bounds)[2], "?NOT " + two + R"( AND "v" IS NOT NULL)");
}

}  // namespace
}  // namespace godwit::postgres
