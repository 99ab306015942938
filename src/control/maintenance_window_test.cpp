#include "control/maintenance_window.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace godwit {
namespace {

int64_t at(std::string_view time) {
  int64_t us = 0;
  EXPECT_TRUE(parse_utc(time, us)) << time;
  return us;
}

TEST(MaintenanceWindow, it_is_read_in_any_case_and_of_half_an_hour_at_least) {
  EXPECT_EQ(read_maintenance_window("Sun:06:00-SUN:14:00").value(), "sun:06:00-sun:14:00");
  EXPECT_EQ(read_maintenance_window("sat:23:45-sun:00:15").value(), "sat:23:45-sun:00:15");
  for (const char* text :
       {"", "sun:06:00", "sun:06:00-sun:06:29", "sun:06:00-sun:06:00", "sun:24:00-mon:01:00", "sun:06:60-mon:01:00",
        "day:06:00-mon:01:00", "sun:6:00-mon:01:00", "sun:06:00-mon:01:00 "})
    EXPECT_FALSE(read_maintenance_window(text)) << text;
}

TEST(MaintenanceWindow, it_opens_and_closes_by_the_minute_also_over_the_end_of_the_week) {
  EXPECT_FALSE(is_open("mon:06:00-mon:07:00", at("2026-02-02T05:59:59Z")));  // a Monday
  EXPECT_TRUE(is_open("mon:06:00-mon:07:00", at("2026-02-02T06:00:00Z")));
  EXPECT_TRUE(is_open("mon:06:00-mon:07:00", at("2026-02-02T06:59:59Z")));
  EXPECT_FALSE(is_open("mon:06:00-mon:07:00", at("2026-02-02T07:00:00Z")));
  EXPECT_FALSE(is_open("mon:06:00-mon:07:00", at("2026-02-03T06:30:00Z")));
  EXPECT_TRUE(is_open("sat:23:45-sun:00:15", at("2026-02-07T23:50:00Z")));
  EXPECT_TRUE(is_open("sat:23:45-sun:00:15", at("2026-02-08T00:10:00Z")));
  EXPECT_FALSE(is_open("sat:23:45-sun:00:15", at("2026-02-08T00:20:00Z")));
}

TEST(MaintenanceWindow, a_random_one_follows_the_rule) {
  for (int i = 0; i < 100; ++i) {
    const std::string window = random_maintenance_window();
    EXPECT_EQ(read_maintenance_window(window).value_or("refused"), window);
  }
}

}  // namespace
}  // namespace godwit
