#include "control/metrics.h"

#include <algorithm>

namespace godwit {
Result<std::vector<MetricSource>> metric_sources(Database& database, int64_t now_s, int64_t active_s) {
  std::vector<MetricSource> sources;
  for (const MetricOwner& owner : TRY(list_metric_owners(database))) {
    if (owner.last_s < now_s - active_s) continue;
    for (const Metric& metric : metrics())
      if ((owner.metrics >> metric.id & 1) != 0) sources.push_back({&metric, owner.instance, owner.task});
  }
  return sources;
}

Result<MetricSeries> read_metric(Database& database, const MetricSource& source, int64_t origin_s, int64_t end_s,
                                 int64_t period_s, int64_t now_s) {
  MetricSeries series;
  const auto owners = TRY(list_metric_owners(database));
  const auto owner = std::ranges::find_if(
      owners, [&](const MetricOwner& each) { return each.instance == source.instance && each.task == source.task; });
  if (owner == owners.end()) return series;
  const auto take = [&](int64_t start_s, std::string_view points) {
    const auto point = decode_one(points, source.metric->id);
    if (!point) return;
    const int64_t bucket_s = origin_s + (start_s - origin_s) / period_s * period_s;
    if (series.starts_s.empty() || series.starts_s.back() != bucket_s) {
      series.starts_s.push_back(bucket_s);
      series.buckets.emplace_back();
    }
    series.buckets.back().add(*point);
  };
  const int64_t minutes_from_s = (now_s - minutes_kept_s) / coarse_s * coarse_s;
  TRY(each_metric_points(database, owner->key, coarse_s, origin_s, std::min(end_s, minutes_from_s), take));
  TRY(each_metric_points(database, owner->key, minute_s, std::max(origin_s, minutes_from_s), end_s, take));
  return series;
}

}  // namespace godwit
