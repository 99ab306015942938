#include "base/clock.h"

#include <gtest/gtest.h>

namespace godwit {
namespace {

struct TextAndTime {
  std::string_view text;
  int64_t us;
};

constexpr TextAndTime moments[] = {
    {"1970-01-01 00:00:00.000000", 0},
    {"1970-01-01 00:00:00.000001", 1},
    {"1969-12-31 23:59:59.999999", -1},
    {"2000-02-29 12:34:56.789000", 951827696789000},
    {"2038-01-19 03:14:08.000000", 2147483648000000},
    {"9999-12-31 23:59:59.999999", 253402300799999999},
    {"0001-01-01 00:00:00.000000", -62135596800000000},
};

TEST(Clock, writes_and_reads_the_same_moment) {
  for (const auto& [text, us] : moments) {
    EXPECT_EQ(sql_timestamp(us), text);
    int64_t parsed = 42;
    ASSERT_TRUE(parse_utc(text, parsed)) << text;
    EXPECT_EQ(parsed, us);
  }
}

TEST(Clock, iso_seconds_cuts_towards_the_past) {
  EXPECT_EQ(iso_seconds(0), "1970-01-01T00:00:00");
  EXPECT_EQ(iso_seconds(1999999), "1970-01-01T00:00:01");
  EXPECT_EQ(iso_seconds(-1), "1969-12-31T23:59:59");
}

TEST(Clock, reads_the_spellings_users_type) {
  constexpr TextAndTime spellings[] = {{"1970-01-01T00:00:01", 1000000},
                                       {"1970-01-01 00:00:01", 1000000},
                                       {"1970-01-01T00:00:01Z", 1000000},
                                       {"1970-01-01T00:00:01.5", 1500000},
                                       {"1970-01-01T00:00:01.5Z", 1500000}};
  for (const auto& [text, us] : spellings) {
    int64_t parsed = 0;
    EXPECT_TRUE(parse_utc(text, parsed)) << text;
    EXPECT_EQ(parsed, us) << text;
  }
}

TEST(Clock, refuses_what_is_no_moment) {
  constexpr std::string_view refused[] = {"",
                                          "1970",
                                          "1970-01-01",
                                          "1970-01-01T00:00",
                                          "1970-13-01T00:00:00",
                                          "1970-00-01T00:00:00",
                                          "1970-02-29T00:00:00",
                                          "1970-01-32T00:00:00",
                                          "1970-01-01T24:00:00",
                                          "1970-01-01T00:60:00",
                                          "1970-01-01T00:00:60",
                                          "1970-01-01T00:00:00.",
                                          "1970-01-01T00:00:00ZZ",
                                          "1970-01-01T00:00:00+1",
                                          "1970-1-1T00:00:00",
                                          "-970-01-01T00:00:00",
                                          "1970-01-01T00:00:00.1234567",
                                          " 1970-01-01T00:00:00",
                                          "1970-01-01x00:00:00",
                                          "197a-01-01T00:00:00"};
  for (const std::string_view text : refused) {
    int64_t us = 42;
    EXPECT_FALSE(parse_utc(text, us)) << text;
    EXPECT_EQ(us, 42) << text;
  }
}

TEST(Clock, monotonic_time_does_not_go_back) {
  const int64_t first = monotonic_ms();
  EXPECT_GE(monotonic_ms(), first);
}

}  // namespace
}  // namespace godwit
