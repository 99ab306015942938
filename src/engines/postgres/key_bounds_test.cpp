#include <gtest/gtest.h>

#include "engines/postgres/key_ranges.h"

namespace godwit::postgres {
namespace {

TEST(KeyBounds, come_back_as_they_were_written) {
  const KeyBounds bounds{{"a", "B \"c\""}, {"B \"c\""}, "integer, text \"C\"", {"-1", "it's \\ \"so\"\n"}, {"7", ""}};
  EXPECT_EQ(parse_key_bounds(to_text(bounds).value()), bounds);
  const KeyBounds open{{"a"}, {}, "integer", {}, {"7"}};
  EXPECT_EQ(parse_key_bounds(to_text(open).value()), open);
}

TEST(KeyBounds, are_never_taken_for_bounds_by_pages) {
  EXPECT_TRUE(is_key_bounds(to_text({{"a"}, {}, "integer", {"1"}, {}}).value()));
  EXPECT_FALSE(is_key_bounds("12-40"));
  EXPECT_FALSE(is_key_bounds("40-"));
  EXPECT_FALSE(is_key_bounds(""));
}

TEST(KeyBounds, with_a_value_that_the_record_cannot_hold_are_not_written) {
  EXPECT_FALSE(to_text({{"a"}, {"a"}, "text", {"\xff"}, {}}));
}

TEST(KeyBounds, of_any_other_shape_are_refused) {
  for (const char* text :
       {"", "{", "[]", "12-40", "{}", R"({"columns":["a"],"order":"integer"})",
        R"({"columns":[],"order":"","from":[]})", R"({"columns":["a"],"order":"integer","from":["1","2"]})",
        R"({"columns":["a"],"order":"integer","from":[1]})", R"({"columns":"a","order":"integer","from":["1"]})",
        R"({"columns":["a"],"order":1,"from":["1"]})", R"({"columns":["a"],"from":["1"]})"})
    EXPECT_FALSE(parse_key_bounds(text)) << text;
}

TEST(KeyBounds, give_half_open_ranges_with_names_and_values_quoted) {
  EXPECT_EQ(key_condition({{"a", "b\""}, {}, "", {"1", "it's"}, {"2", "\\"}}),
            R"( WHERE ("a", "b""") >= ('1', 'it''s') AND ("a", "b""") < ('2', E'\\'))");
  EXPECT_EQ(key_condition({{"a"}, {}, "", {}, {"2"}}), R"( WHERE ("a") < ('2'))");
  EXPECT_EQ(key_condition({{"a"}, {}, "", {"2"}, {}}), R"( WHERE ("a") >= ('2'))");
}

}  // namespace
}  // namespace godwit::postgres
