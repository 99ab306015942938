#include "mapping/wildcard.h"

#include <gtest/gtest.h>

#include <string>

namespace godwit {
namespace {

TEST(Wildcard, patterns_match_as_documented) {
  const struct {
    std::string_view pattern, name;
    bool matches;
  } cases[] = {
      {"", "", true},
      {"", "a", false},
      {"%", "", true},
      {"%", "anything", true},
      {"%%", "a", true},
      {"orders", "orders", true},
      {"orders", "Orders", false},
      {"orders", "orders2", false},
      {"%_archive", "orders_archive", true},
      {"%_archive", "archive", false},
      {"%_archive", "_archive", true},
      {"order_item", "order_item", true},
      {"order_item", "orderXitem", true},
      {"order[_]item", "order_item", true},
      {"order[_]item", "orderXitem", false},
      {"_", "é", true},
      {"_", "", false},
      {"__", "é", false},
      {"a%b%c", "aXbYbZc", true},
      {"a%b%c", "aXbYbZ", false},
      {"%ab", "aab", true},
      {"t[ab]", "ta", true},
      {"t[ab]", "tc", false},
      {"t[a-d]", "tc", true},
      {"t[a-d]", "te", false},
      {"t[a-d]", "t-", false},
      {"t[a-]", "t-", true},
      {"t[-a]", "t-", true},
      {"t[d-a]", "tb", false},
      {"t[à-ü]", "té", true},
      {"t[^a]", "t^", true},
      {"t[^a]", "tb", false},
      {"[%]", "%", true},
      {"[%]", "x", false},
      {"100[%]%", "100% cotton", true},
      {"a[b", "a[b", true},
      {"a[b", "ab", false},
      {"a[", "a[", true},
      {"a[]b", "a[]b", true},
      {"a[[]b", "a[b", true},
      {"a]b", "a]b", true},
      {"a\\_b", "a\\xb", true},  // no backslash escape
      {"_", "\xff", true},
      {"%\xff", "a\xff", true},
      {"\xc3%", "\xc3", true},
  };
  for (const auto& c : cases)
    EXPECT_EQ(matches_wildcard(c.pattern, c.name), c.matches) << c.pattern << " on " << c.name;
}

TEST(Wildcard, runs_do_not_explode) {
  std::string pattern, name(5000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "%a";
  EXPECT_FALSE(matches_wildcard(pattern + "b", name));
}

TEST(Wildcard, exact_patterns_are_told_from_wider_ones) {
  const struct {
    std::string_view pattern, name;
    bool exact;
  } cases[] = {
      {"mysql", "mysql", true},
      {"pg_catalog", "pg_catalog", true},
      {"pg[_]catalog", "pg_catalog", true},
      {"pg_catalo_", "pg_catalog", false},
      {"mysq%", "mysql", false},
      {"%", "mysql", false},
      {"[m]ysql", "mysql", true},
      {"[mn]ysql", "mysql", false},
      {"a[b", "a[b", true},
      {"[é]", "é", true},
      {"", "", true},
      {"a", "ab", false},
  };
  for (const auto& c : cases) EXPECT_EQ(names_exactly(c.pattern, c.name), c.exact) << c.pattern << " on " << c.name;
}

TEST(Wildcard, an_underscore_is_no_wildcard_where_one_name_is_wanted) {
  const struct {
    std::string_view text;
    bool wildcard;
  } cases[] = {{"order_item", false}, {"orders%", true}, {"order[_]item", true},
               {"a[b", false},        {"a[]b", false},   {"", false}};
  for (const auto& c : cases) EXPECT_EQ(has_wildcard(c.text), c.wildcard) << c.text;
}

}  // namespace
}  // namespace godwit
