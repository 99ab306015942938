#include "base/json_fields.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using nlohmann::json;

std::string error_of(std::string_view text) {
  const Result<json> parsed = parse_json(text, "the file");
  if (parsed) return "parsed: " + parsed->dump();
  EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
  EXPECT_EQ(parsed.error().code, "json.syntax");
  return parsed.error().message;
}

TEST(JsonFields, a_nul_is_not_taken_for_the_end_of_the_document) {
  const auto parsed = parse_json(std::string_view("{}\0[", 4), "the file");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message, "the file: character 3 is NUL, which JSON does not have");
}

TEST(JsonFields, malformed_documents_name_line_column_and_what_was_expected) {
  const struct {
    std::string_view text, message;
  } cases[] = {
      {"", "the file: it is empty, expected a JSON document"},
      {" \n\t", "the file: it is empty, expected a JSON document"},
      {"{",
       "the file: line 1, column 2: syntax error while parsing object key - unexpected end of input; expected string "
       "literal"},
      {"{\"a\": 1,}",
       "the file: line 1, column 9: syntax error while parsing object key - unexpected '}'; expected string "
       "literal"},
      {"{\n  \"é\": ]\n}",
       "the file: line 2, column 8: syntax error while parsing value - unexpected ']'; expected '[', '{', "
       "or a literal"},
      {"[1] x",
       "the file: line 1, column 5: syntax error while parsing value - invalid literal; expected end of input"},
      {"[1 2]",
       "the file: line 1, column 4: syntax error while parsing array - unexpected number literal; expected ']'"},
      {"[1e999]", "the file: line 1, column 6: number overflow parsing '1e999'"},
  };
  for (const auto& c : cases) EXPECT_EQ(error_of(c.text), c.message) << c.text;
}

TEST(JsonFields, text_read_last_stays_out_of_the_message) {
  EXPECT_EQ(error_of("{\"password\" \"hunter2; expected\"}").find("hunter2"), std::string::npos);
}

TEST(JsonFields, deep_nesting_is_refused_not_followed) {
  EXPECT_EQ(error_of(std::string(1000000, '[')), "the file: it is nested more than 100 levels deep");
  EXPECT_TRUE(parse_json(std::string(100, '[') + std::string(100, ']'), "the file"));
}

TEST(JsonFields, last_of_duplicate_keys_wins) {
  EXPECT_EQ(parse_json(R"({"a": {"x": 1}, "b": [1, {"c": 2}], "a": 3})", "x")->dump(), R"({"a":3,"b":[1,{"c":2}]})");
}

TEST(JsonFields, paths_quote_unusual_names) {
  EXPECT_EQ(json_path("$", "rules"), "$.rules");
  EXPECT_EQ(json_path(json_path("$.rules", 3), "rule-id"), "$.rules[3].rule-id");
  EXPECT_EQ(json_path("", "Logging"), "Logging");
  EXPECT_EQ(json_path("$", "a b"), "$[\"a b\"]");
}

TEST(JsonFields, booleans_and_integers_are_taken_leniently) {
  const struct {
    std::string_view value;
    std::optional<bool> flag;
    std::optional<int64_t> number;
  } cases[] = {
      {"true", true, {}},   {"\"false\"", false, {}},
      {"\"True\"", {}, {}}, {"1", {}, 1},
      {"\"42\"", {}, 42},   {"\"-1\"", {}, -1},
      {"5.0", {}, 5},       {"5.5", {}, {}},
      {"\"5x\"", {}, {}},   {"\"\"", {}, {}},
      {"[]", {}, {}},       {"50", {}, {}},
      {"1e300", {}, {}},    {"18446744073709551615", {}, {}},
  };
  for (const auto& c : cases) {
    const json value = *parse_json(c.value, "x");
    const auto flag = json_boolean(value, "p");
    const auto number = json_integer(value, "p", -1, 49 - (c.value == "\"42\"" ? 0 : 1));
    EXPECT_EQ(flag ? std::optional(*flag) : std::nullopt, c.flag) << c.value;
    EXPECT_EQ(number ? std::optional(*number) : std::nullopt, c.number) << c.value;
  }
}

TEST(JsonFields, wrong_values_name_path_range_and_what_was_found) {
  const struct {
    std::string_view value, message;
  } cases[] = {
      {"50", "$.n: must be an integer from 1 to 49, not 50"},
      {"\"many\"", "$.n: must be an integer from 1 to 49, not \"many\""},
      {"{}", "$.n: must be an integer from 1 to 49, not an object"},
      {"\"0123456789012345678901234567890123456789\"",
       "$.n: must be an integer from 1 to 49, not a string of 40 bytes"},
  };
  for (const auto& c : cases) {
    const json document = {{"n", *parse_json(c.value, "x")}};
    const auto fields = JsonFields::of(document, "$");
    EXPECT_EQ(fields->integer("n", 1, 49).error().message, c.message);
  }
  EXPECT_EQ(json_integer(json(0), "n", 1, INT64_MAX).error().message, "n: must be an integer of 1 or more, not 0");
}

TEST(JsonFields, null_means_absent) {
  const json document = *parse_json(R"({"a": null, "b": "x"})", "x");
  const auto fields = JsonFields::of(document, "$");
  EXPECT_FALSE(fields->has("a"));
  EXPECT_EQ(*fields->text("a"), std::nullopt);
  EXPECT_EQ(*fields->boolean("nothing"), std::nullopt);
  EXPECT_TRUE(fields->objects("a")->empty());
  EXPECT_EQ(**fields->text("b"), "x");
  EXPECT_TRUE(JsonFields::of(json(nullptr), "$")->keys().empty());
}

TEST(JsonFields, elements_are_named_by_their_index) {
  const json document =
      *parse_json(R"({"rules": [{}, {"object-locator": {"schema-name": 7}}], "names": ["a", 1]})", "x");
  const auto fields = JsonFields::of(document, "$");
  const auto rules = fields->objects("rules");
  ASSERT_EQ(rules->size(), 2U);
  const auto locator = (*rules)[1].object("object-locator");
  EXPECT_EQ((**locator).text("schema-name").error().message,
            "$.rules[1].object-locator.schema-name: must be a string, not 7");
  EXPECT_EQ(fields->texts("names").error().message, "$.names[1]: must be a string, not 1");
  EXPECT_EQ(fields->objects("names").error().message, "$.names[0]: must be an object, not \"a\"");
}

}  // namespace
}  // namespace godwit
