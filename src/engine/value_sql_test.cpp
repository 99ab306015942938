#include "engine/value_sql.h"

#include <gtest/gtest.h>

#include <map>

namespace godwit {
namespace {

Type type_of(std::string native, ValueForm form, std::string dialect) {
  Type out;
  out.native = std::move(native);
  out.form = form;
  out.dialect = std::move(dialect);
  return out;
}
Type of_mysql(std::string native, ValueForm form) {
  return type_of(std::move(native), form, "mysql");
}
Type of_postgres(std::string native, ValueForm form) {
  return type_of(std::move(native), form, "postgresql");
}

const std::string utf8 = " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

struct Road {
  std::string dialect;
  std::map<std::string, ValueWriter::Column> columns;
  Type source, target;
  bool not_null = false;

  std::string write(std::string_view sql) const {
    ValueWriter writer;
    writer.is_mysql = dialect != "mysql";
    writer.literal = [](std::string_view text) { return "'" + std::string(text) + "'"; };
    writer.column = [&](std::string_view name) -> std::optional<ValueWriter::Column> {
      const auto found = columns.find(std::string(name));
      return found == columns.end() ? std::nullopt : std::optional(found->second);
    };
    return write_value({sql, dialect, source, target, not_null}, writer).value_or("no");
  }
};

// Into bigint.
Road from_mysql() {
  constexpr auto integer = ValueForm::integer, decimal = ValueForm::decimal, text = ValueForm::text;
  const Type varchar = of_mysql("varchar(20)" + utf8, text), there = of_postgres("varchar(20)", text);
  return {"mysql",
          {{"a", {"a", of_mysql("int(11)", integer), of_postgres("integer", integer), true}},
           {"n", {"n", of_mysql("int(11)", integer), of_postgres("integer", integer)}},
           {"u", {"u", of_mysql("int(10) unsigned", integer), of_postgres("bigint", integer)}},
           {"big", {"big", of_mysql("bigint(20)", integer), of_postgres("bigint", integer)}},
           {"huge", {"huge", of_mysql("bigint(20) unsigned", integer), of_postgres("numeric(20,0)", decimal)}},
           {"year", {"y", of_mysql("year(4)", integer), of_postgres("smallint", integer)}},
           {"price", {"price", of_mysql("decimal(10,2)", decimal), of_postgres("numeric(10,2)", decimal)}},
           {"narrow", {"narrow", of_mysql("decimal(10,2)", decimal), of_postgres("numeric(8,2)", decimal)}},
           {"real", {"real", of_mysql("double", ValueForm::real), of_postgres("float8", ValueForm::real)}},
           {"s", {"s", varchar, there}},
           {"t", {"t", varchar, there}},
           {"old", {"old", of_mysql("varchar(20) CHARACTER SET latin1 COLLATE latin1_bin", text), there}},
           {"fixed", {"fixed", of_mysql("char(5)" + utf8, text), of_postgres("char(5)", text)}},
           {"long", {"long", of_mysql("longtext" + utf8, text), of_postgres("text", text)}}},
          of_mysql("bigint(20)", integer),
          of_postgres("bigint", integer)};
}

// Into bigint.
Road from_postgres() {
  constexpr auto integer = ValueForm::integer, decimal = ValueForm::decimal, text = ValueForm::text;
  const Type varchar = of_postgres("character varying(20)", text), there = of_mysql("varchar(20)" + utf8, text);
  return {"postgresql",
          {{"a", {"a", of_postgres("integer", integer), of_mysql("int", integer), true}},
           {"n", {"n", of_postgres("integer", integer), of_mysql("int", integer)}},
           {"big", {"big", of_postgres("bigint", integer), of_mysql("bigint", integer)}},
           {"price", {"price", of_postgres("numeric(10,2)", decimal), of_mysql("decimal(10,2)", decimal)}},
           {"free", {"free", of_postgres("numeric", decimal), of_mysql("decimal(65,30)", decimal)}},
           {"s", {"s", varchar, there}},
           {"t", {"t", varchar, there}},
           {"long", {"long", of_postgres("text", text), of_mysql("longtext" + utf8, text)}}},
          of_postgres("bigint", integer),
          of_mysql("bigint", integer)};
}

Road into(Road road, Type source, Type target) {
  road.source = std::move(source);
  road.target = std::move(target);
  return road;
}

TEST(WriteValue, calculates_as_mysql_does) {
  const Road road = from_mysql();
  EXPECT_EQ(road.write("(`a` * 2)"), "(a::numeric * 2::numeric)");
  EXPECT_EQ(road.write("`a` + `n` * 2 - 1"), "((a::numeric + (n::numeric * 2::numeric)) - 1::numeric)");
  EXPECT_EQ(road.write("-`a`"), "(- a::numeric)");
  EXPECT_EQ(road.write("coalesce(`n`,0)"), "coalesce(n::numeric, 0::numeric)");
  EXPECT_EQ(road.write("ifnull(`n`,`a`)"), "coalesce(n::numeric, a::numeric)");
  EXPECT_EQ(road.write("char_length(`s`)"), "char_length(s)::numeric");
  EXPECT_EQ(road.write("(case when ((`a` > 1.5) and (`n` is not null)) then 1 else 0 end)"),
            "(CASE WHEN ((a::numeric > 1.5::numeric) AND (n::numeric IS NOT NULL)) THEN 1::numeric ELSE 0::numeric "
            "END)");
  EXPECT_EQ(road.write("if(`a` = 1,`n`,NULL)"),
            "(CASE WHEN (a::numeric = 1::numeric) THEN n::numeric ELSE NULL END)");
}

TEST(WriteValue, calculates_as_postgresql_does) {
  const Road road = from_postgres();
  EXPECT_EQ(road.write("(a * 2)"), "(a * 2)");
  EXPECT_EQ(road.write("((a)::bigint * n)"), "(a * n)");
  EXPECT_EQ(road.write("(a * '-1'::integer)"), "(a * (- 1))");
  EXPECT_EQ(road.write("COALESCE(n, 0)"), "coalesce(n, 0)");
  EXPECT_EQ(road.write("CASE WHEN (a > 1) THEN n ELSE NULL::integer END"),
            "(CASE WHEN (a > 1) THEN n ELSE NULL END)");
  const Road decimal =
      into(road, of_postgres("numeric(20,2)", ValueForm::decimal), of_mysql("decimal(20,2)", ValueForm::decimal));
  EXPECT_EQ(decimal.write("(price * 1.5)"), "(price * 1.5)");
  EXPECT_EQ(decimal.write("((big)::numeric * (big)::numeric)"), "no") << "beyond what is surely held";
  EXPECT_EQ(decimal.write("((a)::numeric * price)"), "(cast(a as decimal(10,0)) * price)");
}

TEST(WriteValue, puts_texts_together) {
  const Type fits = of_mysql("varchar(41)" + utf8, ValueForm::text),
             there = of_postgres("varchar(41)", ValueForm::text);
  EXPECT_EQ(into(from_mysql(), fits, there).write("concat(`s`,' ',`t`)"), "((s || ' '::text) || t)");
  const Road back =
      into(from_postgres(), of_postgres("text", ValueForm::text), of_mysql("longtext", ValueForm::text));
  EXPECT_EQ(back.write("(((s)::text || ' '::text) || (t)::text)"), "concat(concat(s, ' '), t)");
  EXPECT_EQ(back.write("(long || 'x'::text)"), "no") << "it may be longer than what the target puts together";
}

// PostgreSQL would have an error, and the row no place.
TEST(WriteValue, cuts_what_mysql_cuts) {
  const Road narrow =
      into(from_mysql(), of_mysql("int(11)", ValueForm::integer), of_postgres("integer", ValueForm::integer));
  EXPECT_EQ(narrow.write("`a` * 2"),
            "CASE WHEN (a::numeric * 2::numeric) > 2147483647 THEN 2147483647 WHEN (a::numeric * 2::numeric) < "
            "-2147483648 THEN -2147483648 ELSE (a::numeric * 2::numeric) END");
  const Road money = into(from_mysql(), of_mysql("decimal(4,1)", ValueForm::decimal),
                          of_postgres("numeric(4,1)", ValueForm::decimal));
  EXPECT_EQ(money.write("`price`"),
            "CASE WHEN price::numeric > 999.9 THEN 999.9 WHEN price::numeric < -999.9 THEN "
            "-999.9 ELSE price::numeric END");
  const Road rounded = into(from_mysql(), of_mysql("decimal(8,0)", ValueForm::decimal),
                            of_postgres("numeric(8,0)", ValueForm::decimal));
  EXPECT_NE(rounded.write("`price`"), "price::numeric") << "99999999.99 is rounded to nine digits";
  const Road text = into(from_mysql(), of_mysql("varchar(30)" + utf8, ValueForm::text),
                         of_postgres("varchar(30)", ValueForm::text));
  EXPECT_EQ(text.write("concat(`s`,`t`)"), "left((s || t), 30)");
  const Road other = into(from_postgres(), of_postgres("character varying(30)", ValueForm::text),
                          of_mysql("varchar(30)" + utf8, ValueForm::text));
  EXPECT_EQ(other.write("((s)::text || (t)::text)"), "no") << "what becomes of blanks at the end differs";
}

TEST(WriteValue, leaves_alone_what_may_mean_something_else_in_mysql) {
  const Road road = from_mysql();
  for (const std::string_view sql : {
           "",
           "(",
           "`a` / 2",
           "`a` div 2",
           "`a` % 2",
           "`gone` + 1",
           "`real` * 2",
           "`huge` + 1",
           "`year` + 1",
           "`narrow` * 2",
           "`big` * 2",  // an error there, whatever the column
           "`u` - 1",
           "`u` + `n`",
           "-`u`",  // unsigned: an error below zero
           "coalesce(`u`,-1)",
           "upper(`s`)",
           "`a` > 1",
           "NULL",
           "`s` + 1",
           "concat(`s`,`a`)",
           "`a` || `n`",
           "case when `s` = 'x' then 1 else 0 end",  // whether blanks at the end count differs
           "case `a` when 1 then 2 end",
           "if(`a`,1,2)",
           "coalesce(`n`,'x')",
           "coalesce(NULL,NULL)",
           "1e3",
           "cast(`a` as char)",
           "`a` + 1 garbage",
           "char_length(`fixed`)",
           "char_length(`long`)",
           "round(`price`,1)",
           "1234567890123456789",
       })
    EXPECT_EQ(road.write(sql), "no") << sql;
  Road strict = road;
  strict.not_null = true;
  EXPECT_EQ(strict.write("`n` + 1"), "no") << "a zero may stand there for NULL";
  EXPECT_NE(strict.write("`a` + 1"), "no");
  const Road text = into(road, of_mysql("varchar(60) CHARACTER SET latin1 COLLATE latin1_bin", ValueForm::text),
                         of_postgres("varchar(60)", ValueForm::text));
  EXPECT_EQ(text.write("concat(`s`,`t`)"), "no") << "characters that the column lacks";
  EXPECT_EQ(text.write("concat(`old`,`s`)"), "no");
  EXPECT_EQ(text.write("concat(`old`,'\xC3\xA9')"), "no");
  EXPECT_EQ(text.write("concat(`old`,'x')"), "(old || 'x'::text)");
}

TEST(WriteValue, leaves_alone_what_may_mean_something_else_in_postgresql) {
  const Road road = from_postgres();
  for (const std::string_view sql : {"(a / 2)",
                                     "(a % 2)",
                                     "(a)::smallint + (free)::integer",
                                     "round(price)",
                                     "(free * 2)",
                                     "upper((s)::text)",
                                     "(price)::integer",
                                     "length((s)::text)",
                                     "((s)::text || (a)::text)",
                                     "(a)::text",
                                     "abs(a)",
                                     "a[1]",
                                     "((price)::numeric(5,1) * 2)",
                                     "public.f(a)",
                                     "(a OPERATOR(public.+) 1)",
                                     "(a > 1)",
                                     "('x'::text)::integer",
                                     "('-x'::text)::integer",
                                     "'-1.5'::integer",
                                     "(COALESCE('-1'::text, (s)::text))::integer",
                                     "(CASE WHEN (a > 1) THEN '-1'::text END)::integer"})
    EXPECT_EQ(road.write(sql), "no") << sql;
  const Road narrow =
      into(road, of_postgres("integer", ValueForm::integer), of_mysql("smallint", ValueForm::integer));
  EXPECT_EQ(narrow.write("(a + 1)"), "no") << "the target's column holds less";
}

}  // namespace
}  // namespace godwit
