#include "base/hex.h"

#include <gtest/gtest.h>

#include <string>

namespace godwit {
namespace {

TEST(Hex, every_byte_comes_back) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  ByteBuffer digits, bytes;
  append_hex(digits, all);
  EXPECT_EQ(digits.view().substr(0, 6), "000102");
  EXPECT_EQ(digits.size(), 512U);
  ASSERT_TRUE(append_unhex(bytes, digits.view()));
  EXPECT_EQ(bytes.view(), all);
}

TEST(Hex, what_is_no_hexadecimal_is_refused_and_appends_nothing) {
  ByteBuffer out;
  out.append("kept");
  for (const char* text : {"0", "0g", "g0", "00 1", "\\x00"}) EXPECT_FALSE(append_unhex(out, text)) << text;
  EXPECT_EQ(out.view(), "kept");
  EXPECT_TRUE(append_unhex(out, "4A4b"));
  EXPECT_EQ(out.view(), "keptJK");
}

}  // namespace
}  // namespace godwit
