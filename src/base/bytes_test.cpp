// ByteBuffer, ByteReader and append_big_endian.

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/byte_buffer.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace godwit {
namespace {

template <class Int>
void expect_round_trip(bool (ByteReader::*read)(Int&)) {
  for (const Int value :
       {Int{0}, Int{1}, static_cast<Int>(-1), std::numeric_limits<Int>::min(), std::numeric_limits<Int>::max()}) {
    ByteBuffer buffer;
    append_big_endian(buffer, value);
    ASSERT_EQ(buffer.size(), sizeof(Int));
    Int out = 0;
    ByteReader reader(buffer.view());
    ASSERT_TRUE((reader.*read)(out));
    EXPECT_EQ(out, value);
    EXPECT_TRUE(reader.done());
    for (size_t length = 0; length < sizeof(Int); ++length) {
      ByteReader truncated(buffer.view(0, length));
      EXPECT_FALSE((truncated.*read)(out));
      EXPECT_EQ(truncated.left(), length);
    }
  }
}

TEST(ByteReader, reads_back_what_was_appended_and_refuses_what_is_short) {
  expect_round_trip<uint8_t>(&ByteReader::u8);
  expect_round_trip<uint16_t>(&ByteReader::u16);
  expect_round_trip<uint32_t>(&ByteReader::u32);
  expect_round_trip<uint64_t>(&ByteReader::u64);
  expect_round_trip<int32_t>(&ByteReader::i32);
  expect_round_trip<int64_t>(&ByteReader::i64);
}

TEST(ByteReader, integers_are_big_endian) {
  ByteBuffer buffer;
  append_big_endian(buffer, uint32_t{0x01020304});
  EXPECT_EQ(buffer.view(), std::string_view("\x01\x02\x03\x04"));
}

TEST(ByteReader, a_string_without_its_end_is_refused) {
  std::string_view out = "untouched";
  ByteReader open("abc");
  EXPECT_FALSE(open.c_string(out));
  EXPECT_EQ(open.left(), 3U);
  ByteReader closed(std::string_view("abc\0\0x", 6));
  EXPECT_TRUE(closed.c_string(out));
  EXPECT_EQ(out, "abc");
  EXPECT_TRUE(closed.c_string(out));
  EXPECT_EQ(out, "");
  EXPECT_FALSE(closed.c_string(out));
  EXPECT_FALSE(closed.bytes(2, out));
  EXPECT_TRUE(closed.bytes(1, out));
  EXPECT_EQ(out, "x");
}

TEST(ByteBuffer, grows_and_keeps_its_bytes) {
  ByteBuffer buffer;
  std::string expected;
  for (size_t i = 0; i < 2000; ++i) {
    const std::string piece(i % 7, static_cast<char>('a' + i % 26));
    buffer.append(piece);
    buffer.push_back('|');
    expected += piece + '|';
  }
  EXPECT_EQ(buffer.view(), expected);
  buffer.truncate(10);
  EXPECT_EQ(buffer.view(), expected.substr(0, 10));
  ByteBuffer moved = std::move(buffer);
  EXPECT_EQ(moved.view(), expected.substr(0, 10));
  moved.clear();
  EXPECT_TRUE(moved.empty());
  moved.append(std::string_view());
  EXPECT_TRUE(moved.empty());
}

}  // namespace
}  // namespace godwit
