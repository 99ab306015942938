#pragma once
// Wall clock in UTC and the elapsed-time clock.

#include <chrono>
#include <cstdint>
#include <string>

namespace godwit {

inline int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

inline int64_t monotonic_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

// "2026-03-01T09:30:05" from microseconds since 1970, UTC.
std::string iso_seconds(int64_t us);

// "2026-03-01 09:30:05.123456" from microseconds since 1970, UTC: the text form of a timestamp column.
std::string sql_timestamp(int64_t us);

// Microseconds since 1970 of "YYYY-MM-DDTHH:MM:SS[.ffffff][Z]" (a blank for the T is taken too); false when it is no
// such text.
bool parse_utc(std::string_view text, int64_t& us);

}  // namespace godwit
