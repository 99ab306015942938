#include "http/canonical_request.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

struct Case {
  std::string_view from, to;
};

TEST(CanonicalRequest, paths_lose_dots_and_are_encoded_once_more) {
  constexpr Case cases[] = {
      {"", "/"},         {"/", "/"},         {"//", "/"},        {"/.", "/"},    {"/..", "/"},
      {"/a/..", "/"},    {"/a/../", "/"},    {"/a/./b", "/a/b"}, {"/a/", "/a/"}, {"/a//b", "/a/b"},
      {"a", "/a"},       {"*", "/%2A"},      {"/%2f", "/%252f"}, {"/%", "/%25"}, {"/a b", "/a%20b"},
      {"/\xFF", "/%FF"}, {"/~-._", "/~-._"},
  };
  for (const auto& [from, to] : cases) EXPECT_EQ(canonical_path(from), to) << from;
}

TEST(CanonicalRequest, queries_are_decoded_encoded_and_sorted) {
  constexpr Case cases[] = {
      {"", ""},
      {"&&", ""},
      {"a", "a="},
      {"a=", "a="},
      {"=b", "=b"},
      {"b&a", "a=&b="},
      {"a=b=c", "a=b%3Dc"},
      {"a=%2f", "a=%2F"},
      {"a=%", "a=%25"},
      {"a=%2", "a=%252"},
      {"a=%zz", "a=%25zz"},
      {"a=+", "a=%2B"},
      {"a=%20", "a=%20"},
      {"a= ", "a=%20"},
      {"%41=1", "A=1"},
      {"a=2&a=10", "a=10&a=2"},
      {"a-=1&a=1", "a=1&a-=1"},
  };
  for (const auto& [from, to] : cases) {
    EXPECT_EQ(canonical_query(from), to) << from;
    EXPECT_EQ(canonical_query(to), to) << from;
  }
}

TEST(CanonicalRequest, header_values_are_trimmed_and_their_gaps_closed) {
  constexpr Case cases[] = {
      {"", ""}, {"  ", ""}, {" a ", "a"}, {"a  b", "a b"}, {"\ta \t b\r\n", "a b"}, {"\"a  b\"", "\"a b\""}};
  for (const auto& [from, to] : cases) EXPECT_EQ(canonical_header_value(from), to) << from;
}

TEST(CanonicalRequest, a_header_cannot_look_like_another_line) {
  const HttpRequest request{"POST", "/", {{"a", "1\nb:2"}}, "", ""};
  const std::string names[] = {"a"};
  EXPECT_EQ(canonical_request(request, names, "hash"), "POST\n/\n\na:1 b:2\n\na\nhash");
}

}  // namespace
}  // namespace godwit
