#include "api/json_text.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

using nlohmann::json;

TEST(JsonText, is_what_dump_makes) {
  const json values[] = {
      nullptr,
      true,
      -7,
      18446744073709551615ULL,
      1590524772.505,
      "",
      "plain",
      R"({"a":"b\\c"})",
      "line\nline\ttab\x01\x7f/",
      "Grüße, 東京, 🐦",
      json::array(),
      json::object(),
      {1, "two", {{"three", json::array({nullptr, false})}}},
      {{"a", {{"b", "\""}}}, {"ü\n", 1}, {"", json::array({json::object(), json::array()})}},
  };
  for (const json& value : values) EXPECT_EQ(json_text(value), value.dump());
}

TEST(JsonText, bytes_that_are_no_text_are_replaced) {
  for (const std::string bad : {"\xff", "a\xc3", "\xed\xa0\x80 b"}) {
    const json value = {{"member", bad}};
    EXPECT_EQ(json_text(value), value.dump(-1, ' ', false, json::error_handler_t::replace));
    EXPECT_FALSE(json::parse(json_text(value), nullptr, false).is_discarded());
  }
}

}  // namespace
}  // namespace godwit
