#include "control/log_regex.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <regex>

namespace godwit {
namespace {

struct RegexCase {
  std::string_view regex, message;
  bool found;
};

TEST(LogRegexTest, what_is_written_is_found) {
  const RegexCase cases[] = {
      {"", "x", true},
      {"abc", "xxabcx", true},
      {"abc", "ab", false},
      {"a.c", "a\nc", true},
      {"a.c", "aéc", true},
      {"a.c", "ac", false},
      {"^abc$", "abc", true},
      {"^abc", "xabc", false},
      {"abc$", "abcx", false},
      {"^$", "", true},
      {"^$", "x", false},
      {"a|^b|c$", "xb", false},
      {"a|^b|c$", "xc", true},
      {"(ab)+c", "xababc", true},
      {"^(ab)+c", "aabc", false},
      {"a{3}", "aa", false},
      {"a{2,3}b", "xaab", true},
      {"^a{2,3}b", "aaaab", false},
      {"^a{2,}b", "aaaaab", true},
      {"^a{0}b", "b", true},
      {"a{", "a{", true},
      {"a{x}", "a{x}", true},
      {"é+!", "éé!", true},
      {"^.{2}$", "éß", true},
      {"[^a]", "a", false},
      {"^[^a]$", "é", true},
      {"^\\D\\S\\W$", "éß!", true},
      {"[]]", "]", true},
      {"[a\\]-]", "-", true},
      {"[\\d.]+x", "1.5x", true},
      {"[a-c]-z", "b-z", true},
      {"\\d+\\s\\w+", "12 rows", true},
      {"\\x41\\t", "A\t", true},
      {"a+?b", "aab", true},
      {"(?:a|b)c", "bc", true},
      {"(|a)b", "b", true},
      {"(a*)*b", "aaab", true},
      {"(a*)*$", "b", true},
      {"\\.\\*\\\\", ".*\\", true},
      {"SQL_ERROR", "RetCode: SQL_ERROR", true},
      {"sql_error", "RetCode: SQL_ERROR", false},
  };
  for (const RegexCase& each : cases) {
    const auto regex = LogRegex::parse(each.regex);
    ASSERT_TRUE(regex) << each.regex << regex.error().message;
    EXPECT_EQ(regex->found_in(each.message), each.found) << each.regex;
    EXPECT_EQ(regex->found_in(each.message), each.found) << each.regex;  // by what is known now
  }
}

TEST(LogRegexTest, what_is_not_known_is_refused_with_its_place) {
  for (const char* text :
       {"*a", "a**", "(a", "a)", "[a", "[b-a]", "[é]", "\\", "\\1", "\\b", "(?=a)", "a{2}{3}", "{2}", "a{3,2}",
        "a{1001}", "((a{100}){100}){100}", "(((((){999}){999}){999}){999}){999}", "\\xg0"}) {
    const auto regex = LogRegex::parse(text);
    ASSERT_FALSE(regex) << text;
    EXPECT_EQ(regex.error().code, "InvalidParameterException");
    EXPECT_NE(regex.error().message.find(" at character "), std::string::npos) << regex.error().message;
  }
}

TEST(LogRegexTest, it_finds_what_another_engine_finds) {
  std::mt19937 random(11);
  const auto text = [&](std::string_view letters, size_t most) {
    std::string out;
    for (size_t i = random() % most; i > 0; --i) out += letters[random() % letters.size()];
    return out;
  };
  size_t compared = 0;
  for (int round = 0; round < 30'000; ++round) {
    const std::string written = text("aab.*+?|()", 9), message = text("aabb.", 8);
    const auto regex = LogRegex::parse(written);
    if (!regex) continue;
    std::optional<std::regex> other;
    try {
      other.emplace(written, std::regex::extended);
    } catch (const std::regex_error&) {
      continue;
    }
    if (written.contains("+?") || written.contains("*?") || written.contains("??")) continue;  // means another thing
    ++compared;
    ASSERT_EQ(regex->found_in(message), std::regex_search(message, *other)) << written << " in " << message;
  }
  EXPECT_GT(compared, 3'000U);
}

TEST(LogRegexTest, time_grows_with_the_message_alone) {
  const std::string message(1 << 20, 'a');
  for (const char* text : {"(a*)*b", "(a|aa)+$b", "a{200}b", "(a?){150}a{150}b", "[ab]*a[ab]{200}c"}) {
    const auto regex = LogRegex::parse(text);
    ASSERT_TRUE(regex) << text;
    const auto before = std::chrono::steady_clock::now();
    EXPECT_FALSE(regex->found_in(message)) << text;
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5)) << text;
  }
}

TEST(LogRegexTest, many_states_are_forgotten_and_found_again) {
  std::mt19937 random(3);
  std::string message;
  for (int i = 0; i < 20'000; ++i) message += random() % 2 == 0 ? 'a' : 'b';
  const auto regex = LogRegex::parse("a[ab]{40}c");
  ASSERT_TRUE(regex);
  EXPECT_FALSE(regex->found_in(message));
  EXPECT_TRUE(regex->found_in(message + std::string(41, 'a') + "c"));
}

}  // namespace
}  // namespace godwit
