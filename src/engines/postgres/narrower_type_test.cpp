#include "engines/postgres/narrower_type.h"

#include <gtest/gtest.h>

namespace godwit::postgres {
namespace {

TEST(NarrowerType, is_told_with_what_becomes_of_the_values) {
  const struct {
    std::string_view planned, own, words;
  } cases[] = {
      {"character varying(50)", "character varying(5)", "refuses those of more than 5 characters"},
      {"text", "varchar(10)", "refuses those of more than 10 characters"},
      {"text[]", "character varying(10)[]", "refuses those of more than 10 characters"},
      {"jsonb", "varchar(10)", "refuses those of more than 10 characters"},
      {"varchar(4)", "character(4)", "does not tell blanks"},
      {"bigint", "integer", "refuses those beyond the range of integer"},
      {"int4", "smallint", "refuses those beyond the range of smallint"},
      {"numeric(20,0)", "bigint", "refuses those beyond the range of bigint"},
      {"numeric(8,2)", "integer", "refuses those with a fraction"},
      {"double precision", "bigint", "refuses those with a fraction"},
      {"numeric(10,2)", "numeric(8,2)", "refuses those of more than 6 digits before the point"},
      {"numeric(10,4)", "numeric(10,2)", "rounds them to 2 digits"},
      {"numeric", "numeric(10,2)", "refuses those of more than 8 digits before the point, and rounds them to 2"},
      {"integer", "numeric(5)", "refuses those of more than 5 digits"},
      {"double precision", "real", "rounds them to about 6 digits"},
      {"numeric(20,3)", "double precision", "rounds them to about 15 digits"},
      {"timestamp without time zone", "timestamp(3) without time zone", "rounds their seconds to 3 digits"},
      {"timestamp", "date", "cuts their time of day off"},
      {"timestamp with time zone", "timestamp without time zone", "drops their time zone"},
      {"bit varying(8)", "bit varying(4)", "refuses those of more than 4 bits"},
      {"bit(8)", "bit(9)", "refuses those of another length"},
      {"text", "name", "cuts those of more than 63 bytes"},
      {"varchar(16)", "name", "cuts those of more than 63 bytes"},
      {"text", "\"char\"", "cuts them off after their first byte"},
      {"numeric(10,4)", "money", "rounds them to 2 digits"},
  };
  for (const auto& c : cases) {
    const auto words = narrowing(c.planned, c.own);
    ASSERT_TRUE(words) << c.planned << " in " << c.own;
    EXPECT_TRUE(words->starts_with(c.words)) << c.planned << " in " << c.own << ": " << *words;
  }
}

TEST(NarrowerType, is_none_where_every_value_has_room) {
  const struct {
    std::string_view planned, own;
  } cases[] = {
      {"varchar(5)", "character varying(5)"},
      {"varchar(5)", "text"},
      {"varchar(15)", "name"},
      {"name", "name"},
      {"numeric(10,2)", "money"},
      {"integer", "money"},
      {"text", "character varying"},
      {"text", "bpchar"},
      {"character(3)", "character(5)"},
      {"smallint", "integer"},
      {"numeric(9,0)", "integer"},
      {"integer", "numeric(10,0)"},
      {"bigint", "numeric"},
      {"numeric(8,2)", "numeric(10,2)"},
      {"integer", "double precision"},
      {"real", "double precision"},
      {"timestamp(3)", "timestamp without time zone"},
      {"date", "timestamp without time zone"},
      {"timestamp", "timestamp with time zone"},
      {"uuid", "varchar(36)"},
      {"text", "shop.mood"},
      {"shop.email", "varchar(3)"},
      {"bit(8)", "bit(8)"},
      {"\"char\"", "\"char\""},
      {"numeric(", "integer(4"},
  };
  for (const auto& c : cases)
    EXPECT_FALSE(narrowing(c.planned, c.own)) << c.planned << " in " << c.own << ": " << *narrowing(c.planned, c.own);
}

}  // namespace
}  // namespace godwit::postgres
