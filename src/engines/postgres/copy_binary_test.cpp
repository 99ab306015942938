#include "engines/postgres/copy_binary.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "base/hex.h"

namespace godwit::postgres {
namespace {

constexpr uint32_t oid_bytea = 17;

struct Sent {
  uint32_t oid;
  std::string_view text, hex;
};

// What PostgreSQL 15 itself writes for these values: COPY (SELECT 'text'::type) TO STDOUT (FORMAT binary).
constexpr Sent sent[] = {
    {16, "t", "01"},
    {16, "f", "00"},
    {21, "-32768", "8000"},
    {21, "32767", "7fff"},
    {23, "-2147483648", "80000000"},
    {23, "2147483647", "7fffffff"},
    {20, "-9223372036854775808", "8000000000000000"},
    {20, "9223372036854775807", "7fffffffffffffff"},
    {700, "1.5", "3fc00000"},
    {700, "-0", "80000000"},
    {700, "3.4028235e+38", "7f7fffff"},
    {700, "1e-45", "00000001"},
    {701, "0.1", "3fb999999999999a"},
    {701, "1.7976931348623157e+308", "7fefffffffffffff"},
    {701, "4.9e-324", "0000000000000001"},
    {1082, "2000-01-01", "00000000"},
    {1082, "0001-01-01", "fff4dbf9"},
    {1082, "9999-12-31", "002c95d3"},
    {1082, "2024-02-29", "00002279"},
    {1083, "00:00:00", "0000000000000000"},
    {1083, "23:59:59.999999", "000000141dd75fff"},
    {1083, "12:34:56.7", "0000000a8be4ca60"},
    {1114, "0001-01-01 00:00:00", "ff1fe2ffc59c6000"},
    {1114, "9999-12-31 23:59:59.999999", "0380e70b913b7fff"},
    {1114, "1999-12-31 23:59:59.5", "fffffffffff85ee0"},
    {1184, "1970-01-01 00:00:00+00", "fffca2fec4c82000"},
    {1184, "2038-01-19 03:14:07.000001+00", "0004441ec4b8ddc1"},
    {1700, "0", "0000000000000000"},
    {1700, "-0.00", "0000000000000002"},
    {1700, "1", "00010000000000000001"},
    {1700, "-1", "00010000400000000001"},
    {1700, "12.50", "0002000000000002000c1388"},
    {1700, "10000", "00010001000000000001"},
    {1700, "0.0001", "0001ffff000000040001"},
    {1700, "0.00010", "0001ffff000000050001"},
    {1700, "99999999999999999999.123456789", "0008000400000009270f270f270f270f270f04d2162e2328"},
    {1700, "-123456.7", "0003000140000001000c0d801b58"},
    {1700, "1000000000000", "00010003000000000001"},
    {1700, "0.5", "0001ffff000000011388"},
    {1700, "007.5", "000200000000000100071388"},
    {2950, "00112233-4455-6677-8899-aabbccddeeff", "00112233445566778899aabbccddeeff"},
    {3802, "{\"a\": 1}", "017b2261223a20317d"},
    {25, "", ""},
    {25, "ab\xc3\xa9", "6162c3a9"},
};

struct Left {
  uint32_t oid;
  std::string_view text;
};

// The server refuses these, rounds them or knows more of them: its text reader is to see them.
constexpr Left left_to_the_server[] = {
    {16, "true"},
    {21, "32768"},
    {23, "1.0"},
    {23, ""},
    {23, " 1"},
    {20, "9223372036854775808"},
    {20, "-"},
    {700, "1e39"},
    {701, "NaN"},
    {701, "infinity"},
    {701, "0x1p3"},
    {701, "1e"},
    {1082, "0000-01-01"},
    {1082, "2023-02-29"},
    {1082, "infinity"},
    {1082, "10000-01-01"},
    {1082, "2024-01-01 BC"},
    {1083, "24:00:00"},
    {1083, "12:34"},
    {1083, "12:34:60"},
    {1083, "12:34:56."},
    {1083, "12:34:56.1234567"},
    {1114, "2024-01-01T00:00:00"},
    {1114, "2024-01-01 "},
    {1184, "2024-01-01 00:00:00"},
    {1184, "2024-01-01 00:00:00+01"},
    {1184, "+00"},
    {1700, ""},
    {1700, "-"},
    {1700, "."},
    {1700, "1."},
    {1700, ".5"},
    {1700, "1e5"},
    {1700, "NaN"},
    {1700, "1.2.3"},
    {2950, "00112233-4455-6677-8899-aabbccddeef"},
    {2950, "00112233-4455-6677-8899-AABBCCDDEEFF"},
    {2950, "00112233_4455-6677-8899-aabbccddeeff"},
};

std::string to_hex(std::string_view bytes) {
  ByteBuffer out;
  append_hex(out, bytes);
  return std::string(out.view());
}

std::string encoded(uint32_t oid, std::string_view text) {
  ByteBuffer out;
  if (!binary_codec(oid, false)(out, text)) return "refused";
  return to_hex(out.view());
}

TEST(CopyBinary, writes_the_bytes_that_the_server_writes) {
  for (const Sent& one : sent) {
    const std::string length = fmt::format("{:08x}", one.hex.size() / 2);
    EXPECT_EQ(encoded(one.oid, one.text), length + std::string(one.hex)) << one.oid << " " << one.text;
  }
}

TEST(CopyBinary, leaves_to_the_server_what_is_not_plainly_a_value) {
  for (const Left& one : left_to_the_server)
    EXPECT_EQ(encoded(one.oid, one.text), "refused") << one.oid << " " << one.text;
}

TEST(CopyBinary, bytes_go_to_bytea_alone) {
  ByteBuffer out;
  ASSERT_NE(binary_codec(oid_bytea, true), nullptr);
  EXPECT_TRUE(binary_codec(oid_bytea, true)(out, std::string_view("\0\xff", 2)));
  EXPECT_EQ(to_hex(out.view()), "0000000200ff");
  EXPECT_EQ(binary_codec(25, true), nullptr);
  EXPECT_EQ(binary_codec(oid_bytea, false), nullptr);
}

TEST(CopyBinary, types_without_a_codec_have_none) {
  for (const uint32_t oid : {1186U, 1560U, 869U, 142U, 100000U}) EXPECT_EQ(binary_codec(oid, false), nullptr) << oid;
}

TEST(CopyBinary, a_batch_is_encoded_whole_or_not_at_all) {
  auto layout = std::make_shared<TableDef>();
  layout->columns.resize(2);
  RowBatch batch;
  batch.layout = layout;
  const BinaryTuples tuples({binary_codec(23, false), binary_codec(25, false)});
  batch.append_value("7");
  batch.append_null();
  batch.end_row();
  ByteBuffer out;
  ASSERT_TRUE(tuples.encode(batch, out));
  EXPECT_EQ(to_hex(out.view()), "00020000000400000007ffffffff");
  batch.append_value("seven");
  batch.append_value("a");
  batch.end_row();
  EXPECT_FALSE(tuples.encode(batch, out));
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace godwit::postgres
