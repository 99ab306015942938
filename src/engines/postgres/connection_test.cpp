#include "engines/postgres/connection.h"

#include <gtest/gtest.h>

namespace godwit::postgres {
namespace {

TEST(Connection, names_are_quoted_whatever_they_hold) {
  const struct {
    std::string_view name, sql;
  } cases[] = {
      {"a", R"("a")"}, {"A b", R"("A b")"}, {"a\"b", R"("a""b")"},    {"\"\"", R"("""""")"},
      {"", R"("")"},   {"a.b", R"("a.b")"}, {"it's\\", R"("it's\")"}, {"größe", R"("größe")"},
  };
  for (const auto& c : cases) EXPECT_EQ(quote_name(c.name), c.sql);
  EXPECT_EQ(quote_name(TableRef{"My \"schema\"", "t.u"}), R"("My ""schema"""."t.u")");
}

TEST(Connection, literals_mean_the_same_whatever_standard_conforming_strings_says) {
  const struct {
    std::string_view value, sql;
  } cases[] = {
      {"", "''"},           {"x", "'x'"},         {"it's", "'it''s'"},         {"''", "''''''"},
      {"a\nb", "'a\nb'"},   {"\\", R"(E'\\')"},   {"\\n", R"(E'\\n')"},        {"\\'", R"(E'\\''')"},
      {"\"a\"", "'\"a\"'"}, {"größe", "'größe'"}, {"a\\b'c", R"(E'a\\b''c')"},
  };
  for (const auto& c : cases) EXPECT_EQ(quote_literal(c.value), c.sql);
}

TEST(Connection, arrays_keep_every_element_apart) {
  const struct {
    std::vector<std::string> values;
    std::string_view text, sql;
  } cases[] = {
      {{}, "{}", "'{}'"},
      {{""}, R"({""})", R"('{""}')"},
      {{"a", "b"}, R"({"a","b"})", R"('{"a","b"}')"},
      {{"NULL"}, R"({"NULL"})", R"('{"NULL"}')"},  // the text, not a null
      {{"a,b", "{c}", " d "}, R"({"a,b","{c}"," d "})", R"('{"a,b","{c}"," d "}')"},
      {{"it's"}, R"({"it's"})", R"('{"it''s"}')"},
      {{"say \"x\"", "a\\b"}, R"({"say \"x\"","a\\b"})", R"(E'{"say \\"x\\"","a\\\\b"}')"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(array_text(c.values), c.text);
    EXPECT_EQ(quote_array(c.values), c.sql);
  }
}

}  // namespace
}  // namespace godwit::postgres
