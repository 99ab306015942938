#include "api/json_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace godwit {
namespace {

using nlohmann::json;

TEST(JsonText, is_what_nlohmann_writes) {
  std::string every_character;
  for (char c = 0; c < 127; ++c) every_character += c;
  every_character += '\x7f';
  const json values[] = {
      nullptr,
      true,
      0,
      -1,
      std::numeric_limits<int64_t>::min(),
      std::numeric_limits<uint64_t>::max(),
      1590524772.505,
      1.0,
      1e300,
      "",
      "plain",
      every_character,
      "gr\xc3\xb6\xc3\x9f\x65r als \xf0\x9f\x90\xa6",
      "broken \xff\xc3",
      json::array(),
      json::object(),
      json::array({1, "two", json::array({nullptr}), json::object({{"b", 1}, {"a", json::array({false})}})}),
      json::object({{"quoted \"name\"", "{\"inner\": \"text\\n\"}"}, {"\xff", 1.5}}),
  };
  for (const json& value : values)
    EXPECT_EQ(json_text(value), value.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace
}  // namespace godwit
