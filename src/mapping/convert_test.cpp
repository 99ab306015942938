#include "mapping/convert.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

Type type_of(TypeClass type_class, std::optional<int32_t> precision = {}, std::optional<int32_t> scale = {},
             std::optional<int32_t> length = {}, std::string_view native = "") {
  Type type;
  type.type_class = type_class;
  type.precision = precision;
  type.scale = scale;
  type.length = length;
  type.native = native;
  return type;
}

constexpr std::string_view none = "(none)";

std::string converted(const Type& from, const Type& to, std::string_view value) {
  EXPECT_TRUE(can_convert(from.type_class, to.type_class));
  std::string scratch;
  std::string_view out, why;
  if (!convert(from, to, value, scratch, out, why)) {
    EXPECT_FALSE(why.empty());
    return std::string(none);
  }
  return std::string(out);
}

bool keeps(const Type& from, const Type& to, std::string_view value) {
  const std::string made = converted(from, to, value);
  EXPECT_NE(made, none);
  return keeps_value(from, to, value, made);
}

TEST(Convert, tells_whether_a_value_is_still_the_same) {
  const Type numeric = type_of(TypeClass::numeric), int8 = type_of(TypeClass::int8),
             real8 = type_of(TypeClass::real8), real4 = type_of(TypeClass::real4), date = type_of(TypeClass::date),
             datetime = type_of(TypeClass::datetime), boolean = type_of(TypeClass::boolean),
             string = type_of(TypeClass::string);
  const struct {
    Type from, to;
    std::string_view value;
    bool kept;
  } cases[] = {
      {numeric, int8, "12.00", true},
      {numeric, int8, "12.40", false},
      {numeric, type_of(TypeClass::numeric, 8, 2), "1.5", true},
      {numeric, type_of(TypeClass::numeric, 8, 2), "1.555", false},
      {int8, real8, "9007199254740993", false},
      {int8, real8, "-42", true},
      {real8, int8, "1e+10", true},
      {real8, int8, "0.5", false},
      {real8, real4, "0.1", true},
      {real8, real4, "0.10000000149", false},
      {boolean, int8, "t", true},
      {int8, boolean, "7", false},
      {int8, boolean, "1", true},
      {datetime, date, "2024-01-02 00:00:00", true},
      {datetime, date, "2024-01-02 00:00:01", false},
      {date, datetime, "2024-01-02", true},
      {datetime, type_of(TypeClass::datetime, 0), "2024-01-02 03:04:05.6", false},
      {datetime, type_of(TypeClass::datetime, 6), "2024-01-02 03:04:05.6", true},
      {datetime, type_of(TypeClass::time), "2024-01-02 03:04:05", false},
      {int8, string, "7", true},
      {string, int8, "7", true},
      {string, int8, "-7", true},
      {string, int8, "07", false},
      {string, int8, "+7", false},
      {string, int8, " 7", false},
      {string, int8, "-0", false},
      {string, int8, "7.0", false},
      {string, int8, "7.4", false},
      {string, numeric, "1.5", true},
      {string, numeric, "0.5", true},
      {string, numeric, "1.50", false},
      {string, numeric, "01.5", false},
      {string, numeric, "1e1", false},
      {string, type_of(TypeClass::numeric, 8, 2), "1.50", false},
      {string, type_of(TypeClass::numeric, 8, 2), "1.5", true},
      {string, real8, "0.5", true},
      {string, real8, "0.50", false},
      {string, boolean, "t", true},
      {string, boolean, "true", false},
      {string, boolean, "1", false},
      {string, date, "2024-01-02", true},
      {string, date, "2024-01-02 00:00:00", false},
      {string, type_of(TypeClass::string, 8), "07", true},
  };
  for (const auto& c : cases)
    EXPECT_EQ(keeps(c.from, c.to, c.value), c.kept)
        << to_string(c.from.type_class) << " " << to_string(c.to.type_class) << " " << c.value;
}

TEST(Convert, values_become_those_of_the_new_type_or_nothing) {
  const Type string = type_of(TypeClass::string), numeric = type_of(TypeClass::numeric),
             boolean = type_of(TypeClass::boolean), real8 = type_of(TypeClass::real8),
             int8 = type_of(TypeClass::int8), int2 = type_of(TypeClass::int2), date = type_of(TypeClass::date),
             time = type_of(TypeClass::time), datetime = type_of(TypeClass::datetime),
             blob = type_of(TypeClass::blob);
  const Type zoned = type_of(TypeClass::datetime, {}, {}, {}, "timestamp with time zone");
  const struct {
    Type from, to;
    std::string_view value, result;
  } cases[] = {
      {numeric, int8, "12.5", "13"},
      {numeric, int8, "-12.5", "-13"},
      {numeric, int8, "12.4999", "12"},
      {numeric, int8, "99.5", "100"},
      {numeric, int8, "0.4", "0"},
      {numeric, int8, "-0.4", "0"},
      {numeric, int8, "9223372036854775807", "9223372036854775807"},
      {numeric, int8, "9223372036854775807.5", none},
      {numeric, int8, "NaN", none},
      {numeric, int2, "32767.4", "32767"},
      {numeric, int2, "-32769", none},
      {numeric, type_of(TypeClass::uint8), "18446744073709551615", "18446744073709551615"},
      {numeric, type_of(TypeClass::uint1), "-1", none},
      {type_of(TypeClass::numeric, {}, {}, {}, "money"), int8, "-$1,234.50", "-1235"},
      {type_of(TypeClass::numeric, {}, {}, {}, "money"), numeric, "$1,234.50", "1234.5"},
      {numeric, numeric, "1.500", "1.500"},
      {numeric, type_of(TypeClass::numeric, 5, 2), "123.455", "123.46"},
      {numeric, type_of(TypeClass::numeric, 5, 2), "999.995", none},
      {numeric, type_of(TypeClass::numeric, 5, 2), "NaN", "NaN"},
      {numeric, type_of(TypeClass::numeric, 5, 2), "Infinity", none},
      {numeric, type_of(TypeClass::numeric, 3), "12.5", "13"},
      {int8, string, "-7", "-7"},
      {int8, boolean, "0", "f"},
      {int8, boolean, "-3", "t"},
      {boolean, int8, "t", "1"},
      {boolean, string, "f", "false"},
      {boolean, real8, "t", "1"},
      {real8, int8, "2.5", "2"},
      {real8, int8, "3.5", "4"},
      {real8, int8, "1e30", none},
      {real8, numeric, "1e+22", "10000000000000000000000"},
      {real8, numeric, "0.1", "0.1"},
      {real8, type_of(TypeClass::real4), "1e300", none},
      {real8, type_of(TypeClass::real4), "0.1", "0.1"},
      {numeric, real8, "123456789012345678901234567890", "1.2345678901234568e+29"},
      {string, int8, " 42 ", "42"},
      {string, int8, "forty", none},
      {string, real8, "1e3", "1000"},
      {string, boolean, "YES", "t"},
      {string, boolean, "2", none},
      {string, date, "2024:01:31", "2024-01-31"},
      {string, date, "2024-01-31 10:00:00", "2024-01-31"},
      {string, date, "31.01.2024", none},
      {string, datetime, "2024:01:31 10:20:30.5", "2024-01-31 10:20:30.5"},
      {string, datetime, "2024-01-31", "2024-01-31 00:00:00"},
      {string, time, "10:20:30", "10:20:30"},
      {string, time, "10:20", none},
      {date, datetime, "0044-03-15 BC", "0044-03-15 00:00:00 BC"},
      {date, datetime, "infinity", "infinity"},
      {datetime, date, "2024-01-31 23:59:59.999999", "2024-01-31"},
      {datetime, time, "2024-01-31 23:59:59.9", "23:59:59.9"},
      {datetime, time, "infinity", none},
      {zoned, datetime, "2024-01-31 10:00:00.25+00", "2024-01-31 10:00:00.25"},
      {datetime, type_of(TypeClass::datetime, 3), "2024-01-31 10:00:00.123999", "2024-01-31 10:00:00.123"},
      {datetime, type_of(TypeClass::datetime, 0), "2024-01-31 10:00:00.9", "2024-01-31 10:00:00"},
      {type_of(TypeClass::time, {}, {}, {}, "time with time zone"), time, "10:00:00+02", "10:00:00"},
      {string, type_of(TypeClass::string, {}, {}, 3), "\xC3\xA4\xC3\xB6\xC3\xBC", "\xC3\xA4\xC3\xB6\xC3\xBC"},
      {string, type_of(TypeClass::string, {}, {}, 3), "abcd", none},
      {string, blob, "a\xFF", "a\xFF"},
      {blob, string, std::string_view("\x00\xAB", 2), "00ab"},
      {blob, type_of(TypeClass::bytes, {}, {}, 1), "ab", none},
      {string, type_of(TypeClass::clob), "{\"a\": 1}", "{\"a\": 1}"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(converted(c.from, c.to, c.value), c.result)
        << to_string(c.from.type_class) << " " << c.value << " to " << to_string(c.to.type_class);
}

TEST(Convert, what_has_no_meaning_is_not_converted) {
  for (const auto& [from, to] :
       {std::pair(TypeClass::date, TypeClass::int4), std::pair(TypeClass::int4, TypeClass::date),
        std::pair(TypeClass::blob, TypeClass::int4), std::pair(TypeClass::int8, TypeClass::blob),
        std::pair(TypeClass::time, TypeClass::datetime), std::pair(TypeClass::date, TypeClass::time),
        std::pair(TypeClass::boolean, TypeClass::date)})
    EXPECT_FALSE(can_convert(from, to)) << to_string(from) << " " << to_string(to);
}

}  // namespace
}  // namespace godwit
