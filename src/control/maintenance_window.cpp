#include "control/maintenance_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>

#include "base/text.h"
#include "control/resource_faults.h"

namespace godwit {
namespace {

constexpr std::array<std::string_view, 7> days = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr int minutes_a_day = 24 * 60, minutes_a_week = 7 * minutes_a_day;

struct Window {
  int from = 0, length = 0;  // minutes, from Sunday 00:00
};

std::optional<int> two_digits(std::string_view text, int limit) {
  if (text.size() != 2 || text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') return std::nullopt;
  const int number = (text[0] - '0') * 10 + (text[1] - '0');
  return number < limit ? std::optional(number) : std::nullopt;
}

// "sun:06:00" as a minute of the week
std::optional<int> minute_of(std::string_view text) {
  if (text.size() != 9 || text[3] != ':' || text[6] != ':') return std::nullopt;
  const auto* const day = std::ranges::find(days, text.substr(0, 3));
  const auto hour = two_digits(text.substr(4, 2), 24), minute = two_digits(text.substr(7, 2), 60);
  if (day == days.end() || !hour || !minute) return std::nullopt;
  return static_cast<int>(day - days.begin()) * minutes_a_day + *hour * 60 + *minute;
}

std::optional<Window> parse(std::string_view text) {
  if (text.size() != 19 || text[9] != '-') return std::nullopt;
  const auto from = minute_of(text.substr(0, 9)), until = minute_of(text.substr(10));
  if (!from || !until) return std::nullopt;
  return Window{.from = *from, .length = (*until - *from + minutes_a_week) % minutes_a_week};
}

std::string text_of(int minute) {
  minute %= minutes_a_week;
  return fmt::format("{}:{:02}:{:02}", days[static_cast<size_t>(minute / minutes_a_day)], minute % minutes_a_day / 60,
                     minute % 60);
}

}  // namespace

Result<std::string> read_maintenance_window(std::string_view text) {
  std::string window = lower_ascii(text);
  const auto parsed = parse(window);
  if (!parsed) return Failure(maintenance_window_refused(text));
  if (parsed->length < 30) return Failure(maintenance_window_too_short(text));
  return window;
}

std::string random_maintenance_window() {
  std::random_device random;
  const int from = std::uniform_int_distribution(0, minutes_a_week / 30 - 1)(random) * 30;
  return text_of(from) + "-" + text_of(from + 30);
}

bool is_open(std::string_view window, int64_t time_us) {
  const auto parsed = parse(window);
  if (!parsed) return false;
  constexpr int64_t first_thursday = 4 * minutes_a_day;  // 1970-01-01 was one
  const auto now = static_cast<int>((time_us / 60'000'000 + first_thursday) % minutes_a_week);
  return (now - parsed->from + minutes_a_week) % minutes_a_week < parsed->length;
}

}  // namespace godwit
