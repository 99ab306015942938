#include <gtest/gtest.h>

#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

struct Case {
  std::string_view sqlstate, said, shown;
};

constexpr Case cases[] = {
    {"22P02", R"(invalid input syntax for type integer: "4111 1111")",
     R"(invalid input syntax for type integer: "…")"},
    {"22003", R"(value "99999" is out of range for type smallint)", R"(value "…" is out of range for type smallint)"},
    {"22P02", R"(invalid input value for enum mood: "sad "quoted" one")",
     R"(invalid input value for enum mood: "…")"},
    {"22P02", R"(invalid input value for enum "My mood": "sad")", R"(invalid input value for enum "My mood": "…")"},
    {"22P05", R"(character with byte sequence 0xe2 in encoding "UTF8" has no equivalent in encoding "LATIN1")",
     R"(character with byte sequence 0xe2 in encoding "UTF8" has no equivalent in encoding "LATIN1")"},
    {"22001", "value too long for type character varying(3)", "value too long for type character varying(3)"},
    {"22P02", R"(malformed array literal: "{1,)", R"(malformed array literal: "…")"},
    {"23505", R"(duplicate key value violates unique constraint "t_pkey")",
     R"(duplicate key value violates unique constraint "t_pkey")"},
    {"P0001", "the card 4111 is bad", "a trigger or function raised an exception"},
};

TEST(ServerErrors, values_of_rows_are_for_the_exception_tables_alone) {
  for (const Case& c : cases) {
    const Error error = errors::server_said(c.said, "", c.sqlstate);
    EXPECT_EQ(error.message, c.shown);
    EXPECT_EQ(words_for_exceptions(error), c.said);
  }
}

TEST(ServerErrors, hints_stay_where_nothing_is_hidden) {
  EXPECT_EQ(errors::server_said("no", "do it", "42501").message, "no (hint: do it)");
  EXPECT_EQ(errors::server_said("card 4111", "card 4111?", "P0001").message,
            "a trigger or function raised an exception");
}

}  // namespace
}  // namespace godwit::postgres
