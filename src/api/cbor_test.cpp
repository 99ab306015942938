#include "api/cbor.h"

#include <gtest/gtest.h>

#include <random>

#include "base/hex.h"

namespace godwit {
namespace {

using nlohmann::json;

bool is_time(std::string_view member) {
  return member == "Timestamp" || member == "Timestamps";
}

std::string bytes(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

struct CborCase {
  std::string_view hex;
  std::string_view json;  // empty: refused
};

// The examples of RFC 8949, appendix A, that JSON can hold, and what clients send.
TEST(CborTest, values_are_read_as_the_rfc_writes_them) {
  const CborCase cases[] = {
      {"00", "0"},
      {"17", "23"},
      {"1818", "24"},
      {"1903e8", "1000"},
      {"1a000f4240", "1000000"},
      {"1b000000e8d4a51000", "1000000000000"},
      {"20", "-1"},
      {"3903e7", "-1000"},
      {"f93c00", "1.0"},
      {"f97bff", "65504.0"},
      {"fa47c35000", "100000.0"},
      {"fb3ff199999999999a", "1.1"},
      {"f4", "false"},
      {"f5", "true"},
      {"f6", "null"},
      {"f7", "null"},
      {"c11a514b67b0", "1363896240"},
      {"c1fb41d452d9ec200000", "1363896240.5"},
      {"6161", "\"a\""},
      {"62c3bc", "\"ü\""},
      {"4401020304", "\"\\u0001\\u0002\\u0003\\u0004\""},
      {"7f657374726561646d696e67ff", "\"streaming\""},
      {"83010203", "[1,2,3]"},
      {"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
      {"a26161016162820203", "{\"a\":1,\"b\":[2,3]}"},
      {"bf61610161629f0203ffff", "{\"a\":1,\"b\":[2,3]}"},
      {"", ""},
      {"18", ""},
      {"1c", ""},
      {"ff", ""},
      {"9f01", ""},
      {"8201", ""},
      {"0000", ""},
      {"6261", ""},
      {"7f6161", ""},
      {"7f01ff", ""},
      {"7f7f6161ffff", ""},
      {"a10102", ""},
      {"a16161", ""},
      {"1f", ""},
      {"df01", ""},
      {"3bffffffffffffffff", ""},
      {"9bffffffffffffffff", ""},
      {"5bffffffffffffffff00", ""},
  };
  for (const CborCase& each : cases) {
    const auto value = from_cbor(bytes(each.hex));
    ASSERT_EQ(value.has_value(), !each.json.empty()) << each.hex;
    if (!value) continue;
    EXPECT_EQ(*value, json::parse(each.json)) << each.hex;
  }
}

TEST(CborTest, deep_nesting_is_refused) {
  EXPECT_TRUE(from_cbor(std::string(60, '\x81') + '\x01'));
  EXPECT_FALSE(from_cbor(std::string(1'000'000, '\x81') + '\x01'));
  EXPECT_FALSE(from_cbor(std::string(1'000'000, '\xc1') + '\x01'));
  EXPECT_FALSE(from_cbor(std::string(1'000'000, '\x9f')));
}

TEST(CborTest, what_is_written_is_read_again_and_times_are_tagged) {
  const json value = {
      {"Timestamp", 1'772'357'400}, {"Timestamps", {60, 120}}, {"Value", -3.25},         {"Count", -70'000},
      {"Large", UINT64_MAX},        {"Text", "größe"},         {"Empty", json::array()}, {"Flag", true},
      {"Nothing", nullptr},         {"Inner", {{"a", {1, 2}}}}};
  const std::string written = to_cbor(value, is_time);
  EXPECT_EQ(from_cbor(written).value(), value);
  EXPECT_NE(written.find(bytes("c11a69a40718")), std::string::npos);    // tag 1, 1772357400
  EXPECT_NE(written.find(bytes("82c1183cc11878")), std::string::npos);  // [1(60), 1(120)]
  EXPECT_EQ(to_cbor(json{{"Value", 60}}, is_time), bytes("a16556616c7565183c"));
}

TEST(CborTest, any_bytes_are_a_value_or_none) {
  std::mt19937 random(3);
  const std::string right = to_cbor({{"a", {1, 2.5, "x", {{"b", nullptr}}}}, {"Timestamp", 5}}, is_time);
  for (int round = 0; round < 50'000; ++round) {
    std::string text = right;
    for (size_t i = random() % 5; i > 0; --i) text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % (text.size() + 1));
    if (const auto value = from_cbor(text)) (void)to_cbor(*value, is_time);
  }
}

}  // namespace
}  // namespace godwit
