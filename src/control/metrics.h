#pragma once
// The metrics of CloudWatch's namespace AWS/DMS (spec/monitoring.md §5) as they are asked for. Points of one minute
// are kept 15 days, points of five minutes 63 days; both on disk alone (store/metric_points.h), so that memory does
// not grow with them: at most about 120 bytes a minute for a running task, 2.6 MB for its 15 days. Times are
// seconds since 1970; a point stands at the start of what it covers.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/metric_point.h"
#include "store/metric_points.h"

namespace godwit {

inline constexpr int64_t minute_s = 60, coarse_s = 300;
inline constexpr int64_t day_s = int64_t{86'400};
inline constexpr int64_t minutes_kept_s = 15 * day_s, coarse_kept_s = 63 * day_s;
inline constexpr std::string_view metric_namespace = "AWS/DMS";

// One metric of one owner. Metrics of an instance have an empty task.
struct MetricSource {
  const Metric* metric = nullptr;
  std::string instance, task;  // identifier; resource id
};

// Those that had points in the last `active_s`.
inline constexpr int64_t listed_s = 14 * day_s, recently_active_s = int64_t{3} * 3600;
Result<std::vector<MetricSource>> metric_sources(Database& database, int64_t now_s, int64_t active_s = listed_s);

struct MetricSeries {
  std::vector<int64_t> starts_s;  // ascending
  std::vector<MetricBucket> buckets;
};

// Periods of `period_s` from `origin_s` on that hold points and start before `end_s`. A source that there is not has
// no points.
Result<MetricSeries> read_metric(Database& database, const MetricSource& source, int64_t origin_s, int64_t end_s,
                                 int64_t period_s, int64_t now_s);

}  // namespace godwit
