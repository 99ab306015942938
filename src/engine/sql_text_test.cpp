#include "engine/sql_text.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using Kind = DefaultMeaning::Kind;

DefaultMeaning default_of(std::string_view sql, ValueForm form = ValueForm::text) {
  Type type;
  type.form = form;
  return read_default(sql, type);
}

TEST(ReadDefault, tells_literals_from_what_is_computed) {
  struct Case {
    std::string_view sql;
    Kind kind;
    std::string_view text;
  };
  const Case cases[] = {
      {"", Kind::none, ""},
      {"42", Kind::literal, "42"},
      {"'-1'::integer", Kind::literal, "-1"},
      {"(-1)", Kind::literal, "-1"},
      {"(0)::numeric", Kind::literal, "0"},
      {"12.50", Kind::literal, "12.50"},
      {"true", Kind::literal, "t"},
      {"'it''s'::character varying", Kind::literal, "it's"},
      {"'new'::public.order_status", Kind::literal, "new"},
      {"E'a\\\\b'::text", Kind::literal, "a\\b"},
      {"'0101'::\"bit\"", Kind::literal, "0101"},
      {"B'0101'::\"bit\"", Kind::literal, "0101"},
      {"'2020-01-01 00:00:00'::timestamp without time zone", Kind::literal, "2020-01-01 00:00:00"},
      {"'2020-01-01'::timestamp(3) with time zone", Kind::literal, "2020-01-01"},
      {"'{}'::integer[]", Kind::literal, "{}"},
      {"NULL::character varying", Kind::none, ""},
      {"now()", Kind::now, ""},
      {"CURRENT_TIMESTAMP", Kind::now, ""},
      {"CURRENT_TIMESTAMP(3)", Kind::now, ""},
      {"LOCALTIMESTAMP", Kind::now, ""},
      {"CURRENT_DATE", Kind::today, ""},
      {"gen_random_uuid()", Kind::expression, "gen_random_uuid()"},
      {"(now() + '1 day'::interval)", Kind::expression, "(now() + '1 day'::interval)"},
      {"'a'::text || 'b'::text", Kind::expression, "'a'::text || 'b'::text"},
      {"nextval('s.q'::regclass)", Kind::expression, "nextval('s.q'::regclass)"},
      {"CURRENT_USER", Kind::expression, "CURRENT_USER"},
      {"'open", Kind::expression, "'open"},
      {"1e10", Kind::expression, "1e10"},
  };
  for (const Case& c : cases) {
    const DefaultMeaning found = default_of(c.sql);
    EXPECT_EQ(found.kind, c.kind) << c.sql;
    EXPECT_EQ(found.text, c.text) << c.sql;
  }
  EXPECT_EQ(default_of("'\\x00ff'::bytea", ValueForm::bytes).text, (std::string{'\x00', '\xff'}));
}

std::string check(std::string_view condition, std::string_view dialect = "postgresql") {
  CheckWriter writer;
  writer.column = [](std::string_view name) -> std::optional<CheckWriter::Column> {
    if (name == "price" || name == "cost")
      return CheckWriter::Column{"[" + std::string(name) + "]", ValueForm::decimal};
    if (name == "Status" || name == "status") return CheckWriter::Column{"[status]", ValueForm::text};
    if (name == "loose") return CheckWriter::Column{"[loose]", ValueForm::text, false};
    if (name == "day") return CheckWriter::Column{"[day]", ValueForm::date};
    if (name == "active") return CheckWriter::Column{"[active]", ValueForm::boolean};
    return std::nullopt;
  };
  writer.literal = [](std::string_view text) { return "<" + std::string(text) + ">"; };
  return write_check(condition, dialect, writer).value_or("no");
}

TEST(WriteCheck, understands_comparisons_as_postgresql_prints_them) {
  EXPECT_EQ(check("((price > (0)::numeric))"), "[price] > 0");
  EXPECT_EQ(check("(price <> '-1'::integer)"), "no");  // a string beside a number
  EXPECT_EQ(check("((price >= -1.5) AND (price <= 100))"), "[price] >= -1.5 AND [price] <= 100");
  EXPECT_EQ(check("(((price > 0) AND (cost > 0)) OR (cost IS NULL))"),
            "([price] > 0 AND [cost] > 0 OR [cost] IS NULL)");
  EXPECT_EQ(check("((price > 0) AND ((cost > 0) OR (cost IS NULL)))"),
            "[price] > 0 AND ([cost] > 0 OR [cost] IS NULL)");
  EXPECT_EQ(check("(price > cost)"), "[price] > [cost]");
  EXPECT_EQ(check("((\"Status\")::text = ANY ((ARRAY['a'::character varying, 'b''c'::character varying])::text[]))"),
            "[status] IN (<a>, <b'c>)");
  EXPECT_EQ(check("(status <> ALL (ARRAY['a'::text]))"), "[status] NOT IN (<a>)");
  EXPECT_EQ(check("(day >= '2000-01-01'::date)"), "[day] >= <2000-01-01>");
  EXPECT_EQ(check("(char_length((status)::text) <= 5)"), "char_length([status]) <= 5");
  EXPECT_EQ(check("(NOT (price = 0))"), "NOT ([price] = 0)");
}

TEST(WriteCheck, understands_mysqls_words) {
  EXPECT_EQ(check("(`price` > 0)", "mysql"), "[price] > 0");
  EXPECT_EQ(check("(`status` in (_utf8mb4\\'a\\',_utf8mb4\\'b\\'))", "mysql"), "[status] IN (<a>, <b>)");
  EXPECT_EQ(check("`price` between 1 and 5 and `cost` is not null", "mysql"),
            "[price] BETWEEN 1 AND 5 AND [cost] IS NOT NULL");
  EXPECT_EQ(check("`status` not in ('x','y')", "mysql"), "[status] NOT IN (<x>, <y>)");
  EXPECT_EQ(check("((`price` > 0) or (`cost` < 3))", "mysql"), "([price] > 0 OR [cost] < 3)");
  EXPECT_EQ(check("length(`status`) < 3", "mysql"), "no");  // bytes there
}

TEST(WriteCheck, leaves_alone_what_may_mean_something_else) {
  for (const std::string_view condition : {"",
                                           "(",
                                           "price",
                                           "active",
                                           "(active = true)",
                                           "(price > upper('x'::text))",
                                           "((price + cost) > 0)",
                                           "(status ~ '^a'::text)",
                                           "(gone > 0)",
                                           "(price > 0) garbage",
                                           "(price > 'x'::text)",
                                           "(status > 5)",
                                           "(1 = 1)",
                                           "((price > 0) = (cost > 0))",
                                           "(price = ANY (ARRAY[cost]))",
                                           "(loose = 'a'::text)",
                                           "(price > 0))",
                                           "json_valid(`status`)",
                                           "(status < 'n'::text)",
                                           "((status >= 'a'::text) AND (status <= 'b'::text))",
                                           "(status BETWEEN 'a'::text AND 'b'::text)",
                                           "(char_length(loose) = 2)"})
    EXPECT_EQ(check(condition), "no") << condition;
  std::string deep(200, '(');
  EXPECT_EQ(check(deep + "price > 0" + std::string(200, ')')), "no");
}

}  // namespace
}  // namespace godwit
