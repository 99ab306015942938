#include "base/base64.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

TEST(Base64Test, the_examples_of_rfc_4648_and_back) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"},
                                                                 {"\xfb\xff", "+/8="}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
    EXPECT_EQ(from_base64(base64_url(bytes)), bytes);
  }
  EXPECT_EQ(base64_url("\xfb\xff"), "-_8");
}

TEST(Base64Test, what_is_no_base64_is_nothing) {
  for (const std::string_view text : {"A", "AAAAA", "Zg=a", "Zm 9", "Zm9v\n", "===", "Zg==="})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace godwit
