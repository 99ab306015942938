#include "base/text.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using Texts = std::vector<std::string>;

TEST(Text, split_keeps_empty_parts_and_join_undoes_it) {
  const std::pair<std::string, Texts> cases[] = {
      {"", {""}}, {"a", {"a"}}, {"a,b", {"a", "b"}}, {",", {"", ""}}, {"a,,b,", {"a", "", "b", ""}}};
  for (const auto& [text, parts] : cases) {
    EXPECT_EQ(split(text, ','), parts) << text;
    EXPECT_EQ(join(parts, ","), text);
  }
  EXPECT_EQ(join({}, ","), "");
}

TEST(Text, digits_are_the_ten_of_ascii) {
  std::string found;
  for (int c = 0; c < 256; ++c)
    if (is_digit(static_cast<char>(c))) found.push_back(static_cast<char>(c));
  EXPECT_EQ(found, "0123456789");
}

TEST(Text, trim_takes_blanks_from_both_ends_only) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, a_quote_within_quotes_is_doubled) {
  EXPECT_EQ(in_quotes(R"(we ird"q)", '"'), R"("we ird""q")");
  EXPECT_EQ(in_quotes(R"(we ird"q)", '`'), R"(`we ird"q`)");
  EXPECT_EQ(in_quotes("", '`'), "``");
}

TEST(Text, ascii_case_leaves_other_bytes_alone) {
  EXPECT_EQ(lower_ascii("AbZ[@`"), "abz[@`");
  EXPECT_EQ(lower_ascii("ÄÖ"), "ÄÖ");
}

TEST(Text, unicode_case_folds_letters_of_every_length) {
  struct Case {
    std::string_view lower, upper;
  };
  constexpr Case cases[] = {{"abc", "ABC"}, {"äöü", "ÄÖÜ"}, {"ж", "Ж"}, {"ა", "Ა"}, {"𐐨", "𐐀"}, {"a_1$", "A_1$"}};
  for (const auto& [lower, upper] : cases) {
    EXPECT_EQ(lower_utf8(upper), lower);
    EXPECT_EQ(upper_utf8(lower), upper);
  }
}

TEST(Text, bytes_that_are_no_utf8_stay_as_they_are) {
  for (const std::string_view bytes : {"\xff", "\xc3", "a\x80z", "\xe2\x82", "\xf0\x9f\x98", "\xc3\x28"}) {
    EXPECT_EQ(lower_utf8(bytes), bytes);
    EXPECT_EQ(upper_utf8(lower_utf8(bytes)).size(), bytes.size());
  }
}

TEST(Text, hash_is_the_published_fnv1a) {
  EXPECT_EQ(hex64(fnv1a("")), "cbf29ce484222325");
  EXPECT_EQ(hex64(fnv1a("a")), "af63dc4c8601ec8c");
  EXPECT_EQ(hex64(fnv1a("foobar")), "85944171f73967e8");
  EXPECT_EQ(hex64(0), "0000000000000000");
}

TEST(Text, sizes_are_written_for_people) {
  const std::pair<uint64_t, std::string_view> cases[] = {
      {0, "0 B"}, {999, "999 B"}, {1000, "1.0 kB"}, {1500000000, "1.5 GB"}, {UINT64_MAX, "18446.7 PB"}};
  for (const auto& [bytes, text] : cases) EXPECT_EQ(human_bytes(bytes), text);
}

TEST(Text, counts_are_grouped_by_thousands) {
  const std::pair<uint64_t, std::string_view> cases[] = {
      {0, "0"}, {999, "999"}, {1000, "1,000"}, {1234567, "1,234,567"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
  for (const auto& [count, text] : cases) EXPECT_EQ(human_count(count), text);
}

}  // namespace
}  // namespace godwit
