#include "api/request_counts.h"

#include <fmt/format.h>

#include <algorithm>

namespace godwit {
namespace {

constexpr size_t names_max = 500, name_bytes_max = 100;
constexpr PrometheusFamily requests = {"godwit_api_requests_total", PrometheusType::counter,
                                       "Requests answered, by operation and fault."};
constexpr PrometheusFamily durations = {"godwit_api_request_seconds", PrometheusType::histogram,
                                        "Time from a request being read to its reply being ready."};

// Of a name that may be a caller's text: what every reader of labels takes.
std::string label_of(std::string_view name) {
  std::string label(name.substr(0, name_bytes_max));
  std::ranges::replace_if(label, [](unsigned char c) { return c <= 0x20 || c >= 0x7f; }, '?');
  return label;
}

}  // namespace

void RequestCounts::note(std::string_view action, std::string_view code, double seconds) {
  const std::lock_guard lock(mutex_);
  std::pair<std::string, std::string> key(label_of(action), label_of(code));
  if (counts_.size() >= names_max && !counts_.contains(key)) key = {"other", "other"};
  ++counts_[key];
  const auto slot = std::ranges::lower_bound(seconds_at_most, seconds);
  ++taken_[static_cast<size_t>(slot - seconds_at_most.begin())];
  seconds_ += seconds;
}

void RequestCounts::show(PrometheusText& text) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, count] : counts_)
    text.add(requests, {{"operation", key.first}, {"code", key.second}}, static_cast<double>(count));
  uint64_t sum = 0;
  for (size_t i = 0; i < taken_.size(); ++i) {
    sum += taken_[i];
    const std::string bound = i < seconds_at_most.size() ? fmt::format("{}", seconds_at_most[i]) : "+Inf";
    text.add(durations, {{"le", bound}}, static_cast<double>(sum), "_bucket");
  }
  text.add(durations, {}, seconds_, "_sum");
  text.add(durations, {}, static_cast<double>(sum), "_count");
}

RequestCounts& request_counts() {
  static RequestCounts counts;
  return counts;
}

}  // namespace godwit
