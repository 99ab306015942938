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

TEST(ServerErrors, what_a_function_raises_is_hidden_under_whichever_state) {
  constexpr std::string_view hidden = "a trigger or function raised an exception";
  for (const std::string_view function : {"exec_stmt_raise", "exec_stmt_assert"}) {
    const Error error = errors::server_said("bad address Main St 1", "not Main St 1", "23514", function);
    EXPECT_EQ(error.message, hidden);
    EXPECT_EQ(error.kind, ErrorKind::conflict);
    EXPECT_EQ(words_for_exceptions(error), "bad address Main St 1 (hint: not Main St 1)");
    EXPECT_EQ(errors::in_words(error).message, words_for_exceptions(error));
    EXPECT_EQ(errors::in_words(in_context(error, "no key")).message, "no key: " + words_for_exceptions(error));
  }
  EXPECT_EQ(errors::server_said("the sum is 4111", "", "P0004").message, hidden);
  // A user's words may be ours: the hint is hidden all the same.
  EXPECT_EQ(errors::server_said(hidden, "card 4111", "P0001").message, hidden);
  constexpr std::string_view violated = R"(new row for relation "t" violates check constraint "t_check")";
  EXPECT_EQ(errors::server_said(violated, "", "23514", "ExecConstraints").message, violated);
}

TEST(ServerErrors, hints_stay_where_nothing_is_hidden) {
  EXPECT_EQ(errors::server_said("no", "do it", "42501").message, "no (hint: do it)");
  EXPECT_EQ(errors::server_said("card 4111", "card 4111?", "P0001").message,
            "a trigger or function raised an exception");
}

}  // namespace
}  // namespace godwit::postgres
