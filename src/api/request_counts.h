#pragma once
// How many requests this process has answered, by operation and outcome, and how long they took. Thread-safe, of
// bounded size: operations beyond the first few hundred names count as "other".

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "api/prometheus_text.h"

namespace godwit {

class RequestCounts {
 public:
  // `action`: "dms:DescribeEndpoints"; `code`: "OK" or the fault's name.
  void note(std::string_view action, std::string_view code, double seconds);
  void show(PrometheusText& text) const;

 private:
  static constexpr std::array seconds_at_most = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0};

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, uint64_t> counts_;
  std::array<uint64_t, seconds_at_most.size() + 1> taken_{};  // the last one: longer than all of them
  double seconds_ = 0;
};

// Of this process.
RequestCounts& request_counts();

}  // namespace godwit
