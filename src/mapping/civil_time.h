#pragma once
// Dates and times as text, put on one time line. Read is what PostgreSQL writes in ISO style: years of more than four
// digits, "BC" behind the text, "infinity", a zone as "+05:30" behind a time, and 24:00:00.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace godwit {

// A moment, a date (nanosecond 0) or a time of day (day 0). Ordered.
struct Moment {
  int8_t infinity = 0;     // -1 before every date, 1 after it; the rest is 0 then
  int64_t day = 0;         // since 1970-01-01, proleptic Gregorian
  int64_t nanosecond = 0;  // of the day; 24:00:00 is a day's own last one
  int32_t zone_s = 0;      // time with zone: west of UTC, as PostgreSQL orders equal times
  std::strong_ordering operator<=>(const Moment&) const = default;
};

enum class DateStyle {
  canonical,  // as the database wrote it
  written,    // by people: also 'T' before the time, 'Z' behind it, colons in the date ("2024:01:31")
};

// A date alone.
bool read_date(std::string_view text, DateStyle style, Moment& out);
// A date, or a date and a time. A zone is heeded: the moment is UTC.
bool read_datetime(std::string_view text, DateStyle style, Moment& out);
// A time alone; a zone is heeded.
bool read_time(std::string_view text, DateStyle style, Moment& out);

// ISO text as PostgreSQL writes it, without zone. `digits` of the fraction are kept, further ones cut off; trailing
// zeros are not written.
std::string date_text(const Moment& moment);
std::string time_text(const Moment& moment, int digits = 9);
std::string datetime_text(const Moment& moment, int digits = 9);

}  // namespace godwit
