#include "base/clock.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace godwit {
namespace {

struct Civil {
  int year;
  unsigned month, day, hour, minute, second, micros;
};

Civil to_civil(int64_t us) {
  using namespace std::chrono;
  const sys_time<microseconds> at{microseconds(us)};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const auto rest = static_cast<uint64_t>((at - day).count());
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          static_cast<unsigned>(rest / 3600000000U),
          static_cast<unsigned>(rest / 60000000U % 60),
          static_cast<unsigned>(rest / 1000000U % 60),
          static_cast<unsigned>(rest % 1000000U)};
}

bool number(std::string_view& text, size_t digits, unsigned& out) {
  if (text.size() < digits) return false;
  const std::string_view wanted = text.substr(0, digits);
  const auto [end, error] = std::from_chars(wanted.begin(), wanted.end(), out);
  if (error != std::errc{} || end != wanted.end()) return false;
  text.remove_prefix(digits);
  return true;
}

bool literal(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// ".5" is 500000 microseconds; more than six digits are refused.
bool fraction(std::string_view& text, unsigned& micros) {
  micros = 0;
  unsigned scale = 100000, digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (++digits > 6) return false;
    micros += static_cast<unsigned>(text.front() - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
  }
  return digits > 0;
}

}  // namespace

std::string iso_seconds(int64_t us) {
  const Civil c = to_civil(us);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

std::string sql_timestamp(int64_t us) {
  const Civil c = to_civil(us);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", c.year, c.month, c.day, c.hour, c.minute, c.second,
                     c.micros);
}

bool parse_utc(std::string_view text, int64_t& us) {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  const bool shaped = number(text, 4, year) && literal(text, "-") && number(text, 2, month) && literal(text, "-") &&
                      number(text, 2, day) && literal(text, "T ") && number(text, 2, hour) && literal(text, ":") &&
                      number(text, 2, minute) && literal(text, ":") && number(text, 2, second);
  if (!shaped) return false;
  if (literal(text, ".") && !fraction(text, micros)) return false;
  literal(text, "Z");
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                            std::chrono::day(day)};
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 59) return false;
  const sys_time<microseconds> at =
      sys_days(date) + hours(hour) + minutes(minute) + seconds(second) + microseconds(micros);
  us = at.time_since_epoch().count();
  return true;
}

}  // namespace godwit
