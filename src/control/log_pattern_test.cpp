#include "control/log_pattern.h"

#include <gtest/gtest.h>

#include <random>

namespace godwit {
namespace {

constexpr std::string_view person =
    "2026-03-01T09:30:05 [SOURCE_UNLOAD   ]I:  Unload finished for table 'hr'.'PERSON' (Id = 3). 7 rows sent.";

struct PatternCase {
  std::string_view pattern, message;
  bool matches;
};

TEST(LogPatternTest, terms_phrases_exclusions_and_alternatives) {
  const PatternCase cases[] = {
      {"", person, true},
      {"   ", person, true},
      {R"("PERSON")", person, true},
      {R"("'hr'.'PERSON'")", person, true},
      {"PERSON", person, true},
      {"person", person, false},
      {"PERSON Unload", person, true},
      {"PERSON Reload", person, false},
      {R"("Unload finished")", person, true},
      {R"("finished Unload")", person, false},
      {"PERSON -Unload", person, false},
      {"PERSON -Reload", person, true},
      {R"(-"rows sent")", person, false},
      {"?ERROR ?PERSON", person, true},
      {"?ERROR ?WARN", person, false},
      {"?ERROR ?PERSON Unload", person, true},
      {R"(?"rows sent" ?x)", person, true},
      {"SQL_ERROR", "RetCode: SQL_ERROR  SqlState: 23505", true},
      {"]E:", "2026-03-01T09:30:05 [TARGET_APPLY    ]E:  x", true},
      {R"("a \"b\" c\\d")", R"(x a "b" c\d y)", true},
      {"-", "a - b", true},
      {"- a", "a - b", true},
      {"?", "what", false},
      {R"("{")", "{", true},
      {"100%", "at 100%", true},
      {R"("%a%")", "%a%", true},
      {"%SQL.?ERROR%", "RetCode: SQL_ERROR  SqlState: 23505", true},
      {"%rows (sent|received)\\.% PERSON", person, true},
      {"%[0-9]{2} rows sent%", person, false},
      {"-%[0-9]{2} rows sent%", person, true},
      {"?%x% ?%P.*ON%", person, true},
      {"%at [0-9]+\\%%", "at 100%", true},
      {"at % 7 %", "at % 7 %", true},
      {"%", "100%", true},
      {"%%", "100%%", true},
      {"%open", "%open", true},
      {"größe", "die größe", true},
  };
  for (const PatternCase& each : cases)
    EXPECT_EQ(LogPattern::parse(each.pattern).value().matches(each.message), each.matches) << each.pattern;
}

TEST(LogPatternTest, what_is_not_carried_out_is_refused_and_says_so) {
  for (const std::string_view pattern :
       {"{ $.level = 5 }", "  {$.a=1}", "[ip, user, ...]", "%ERR[0-9%", "\"open", "a \"b", "x %*a% y"}) {
    const auto parsed = LogPattern::parse(pattern);
    ASSERT_FALSE(parsed) << pattern;
    EXPECT_EQ(parsed.error().code, "InvalidParameterException") << pattern;
  }
  EXPECT_FALSE(LogPattern::parse(std::string(1025, 'x')));
  EXPECT_TRUE(LogPattern::parse(std::string(1024, 'x')));
}

TEST(LogPatternTest, any_text_is_a_pattern_or_refused) {
  std::mt19937 random(7);
  constexpr std::string_view letters = "ab\"\\-?%{[]()*+|^$.,19} \t\n\xff";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (size_t i = random() % 20; i > 0; --i) text += letters[random() % letters.size()];
    if (const auto pattern = LogPattern::parse(text)) (void)pattern->matches(text);
  }
}

}  // namespace
}  // namespace godwit
