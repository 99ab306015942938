#include "mapping/civil_time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/text.h"

namespace godwit {
namespace {

constexpr int64_t second_ns = 1'000'000'000;
constexpr int64_t day_ns = 86400 * second_ns;
constexpr int64_t era_days = 146097;  // of 400 years
constexpr int64_t year_max = 5'000'000;

// Days from 1970-01-01 of a proleptic Gregorian date; years count from March, so that leap days end them.
int64_t days_of(int64_t year, int64_t month, int64_t day) {
  if (month <= 2) --year;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * era_days + day_of_era - 719468;
}

struct CivilDate {
  int64_t year, month, day;
};

CivilDate date_of(int64_t days) {
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - (era_days - 1)) / era_days;
  const int64_t day_of_era = days - era * era_days;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_of_year = (5 * day_of_year + 2) / 153;
  const int64_t month = month_of_year < 10 ? month_of_year + 3 : month_of_year - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * month_of_year + 2) / 5 + 1};
}

bool is_leap(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int64_t days_in(int64_t year, int64_t month) {
  static constexpr std::array<int64_t, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[static_cast<size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

// Takes `least` to `most` digits off the text.
bool take_number(std::string_view& text, size_t least, size_t most, int64_t& out) {
  size_t count = 0;
  while (count < text.size() && count < most && text[count] >= '0' && text[count] <= '9') ++count;
  if (count < least) return false;
  const std::string_view digits = text.substr(0, count);
  std::from_chars(digits.begin(), digits.end(), out);
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, DateStyle style, bool before_christ, Moment& out) {
  int64_t year = 0, month = 0, day = 0;
  if (!take_number(text, 4, 7, year) || text.empty()) return false;
  const char separator = text.front();
  if (separator != '-' && (separator != ':' || style == DateStyle::canonical)) return false;
  if (!take(text, separator) || !take_number(text, 2, 2, month) || !take(text, separator) ||
      !take_number(text, 2, 2, day))
    return false;
  if (before_christ) {
    if (year == 0) return false;
    year = 1 - year;  // 1 BC is the year 0
  } else if (year == 0) {
    return false;
  }
  if (year > year_max || month < 1 || month > 12 || day < 1 || day > days_in(year, month)) return false;
  out.day = days_of(year, month, day);
  return true;
}

bool take_fraction(std::string_view& text, int64_t& ns) {
  int64_t unit = second_ns / 10;
  size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits) {
    ns += (text.front() - '0') * unit;
    unit /= 10;
  }
  return digits > 0 && digits <= 9;
}

// "+05", "+05:30", "-00:44:30", "Z"
bool take_zone(std::string_view& text, DateStyle style, int64_t& east_s) {
  if (style == DateStyle::written && (take(text, 'Z') || take(text, 'z'))) return true;
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return true;
  const int64_t sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  int64_t hours = 0, minutes = 0, seconds = 0;
  if (!take_number(text, 2, 2, hours)) return false;
  if (take(text, ':') && !take_number(text, 2, 2, minutes)) return false;
  if (take(text, ':') && !take_number(text, 2, 2, seconds)) return false;
  if (hours > 15 || minutes > 59 || seconds > 59) return false;
  east_s = sign * (hours * 3600 + minutes * 60 + seconds);
  return true;
}

// The time of day in nanoseconds, and how far east of UTC it is said.
bool take_time(std::string_view& text, DateStyle style, int64_t& ns, int64_t& east_s) {
  int64_t hour = 0, minute = 0, second = 0;
  if (!take_number(text, 2, 2, hour) || !take(text, ':') || !take_number(text, 2, 2, minute) || !take(text, ':') ||
      !take_number(text, 2, 2, second))
    return false;
  ns = 0;
  if (take(text, '.') && !take_fraction(text, ns)) return false;
  ns += ((hour * 60 + minute) * 60 + second) * second_ns;
  if (minute > 59 || second > 59 || ns > day_ns) return false;
  return take_zone(text, style, east_s);
}

bool read_infinity(std::string_view text, Moment& out) {
  const std::string word = lower_ascii(text);
  if (word != "infinity" && word != "-infinity") return false;
  out.infinity = word.starts_with('-') ? -1 : 1;
  return true;
}

bool take_era(std::string_view& text) {
  if (!text.ends_with(" BC")) return false;
  text.remove_suffix(3);
  return true;
}

std::string year_text(const CivilDate& date) {
  return fmt::format("{:04}", date.year > 0 ? date.year : 1 - date.year);
}

}  // namespace

bool read_date(std::string_view text, DateStyle style, Moment& out) {
  out = {};
  if (style == DateStyle::written) text = trim(text);
  if (read_infinity(text, out)) return true;
  const bool before_christ = take_era(text);
  return take_date(text, style, before_christ, out) && text.empty();
}

bool read_datetime(std::string_view text, DateStyle style, Moment& out) {
  out = {};
  if (style == DateStyle::written) text = trim(text);
  if (read_infinity(text, out)) return true;
  const bool before_christ = take_era(text);
  if (!take_date(text, style, before_christ, out)) return false;
  if (text.empty()) return true;
  int64_t east_s = 0;
  if (!take(text, ' ') && (style == DateStyle::canonical || !take(text, 'T'))) return false;
  if (!take_time(text, style, out.nanosecond, east_s) || !text.empty()) return false;
  out.nanosecond -= east_s * second_ns;
  for (; out.nanosecond < 0; out.nanosecond += day_ns) --out.day;
  for (; out.nanosecond >= day_ns; out.nanosecond -= day_ns) ++out.day;
  return true;
}

bool read_time(std::string_view text, DateStyle style, Moment& out) {
  out = {};
  if (style == DateStyle::written) text = trim(text);
  int64_t east_s = 0;
  if (!take_time(text, style, out.nanosecond, east_s) || !text.empty()) return false;
  out.nanosecond -= east_s * second_ns;
  out.zone_s = static_cast<int32_t>(-east_s);
  return true;
}

std::string date_text(const Moment& moment) {
  if (moment.infinity != 0) return moment.infinity < 0 ? "-infinity" : "infinity";
  const CivilDate date = date_of(moment.day);
  return fmt::format("{}-{:02}-{:02}{}", year_text(date), date.month, date.day, date.year > 0 ? "" : " BC");
}

std::string time_text(const Moment& moment, int digits) {
  const int64_t seconds = moment.nanosecond / second_ns;
  std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  std::string fraction = fmt::format("{:09}", moment.nanosecond % second_ns);
  fraction.resize(static_cast<size_t>(digits));
  while (fraction.ends_with('0')) fraction.pop_back();
  return fraction.empty() ? text : text + "." + fraction;
}

std::string datetime_text(const Moment& moment, int digits) {
  if (moment.infinity != 0) return date_text(moment);
  const CivilDate date = date_of(moment.day);
  return fmt::format("{}-{:02}-{:02} {}{}", year_text(date), date.month, date.day, time_text(moment, digits),
                     date.year > 0 ? "" : " BC");
}

}  // namespace godwit
