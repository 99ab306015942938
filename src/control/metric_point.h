#pragma once
// What one minute (or longer) holds of a metric: a statistic set, as CloudWatch calls it; and the metrics there are
// (spec/monitoring.md §5.1, §5.2).

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace godwit {

enum class MetricScope { task, instance };

// `id` stands in the store: it is never given to another metric. Below 63.
struct Metric {
  uint8_t id;
  MetricScope scope;
  std::string_view name, unit;
};

std::span<const Metric> metrics();
// Null: there is none.
const Metric* find_metric(MetricScope scope, std::string_view name);

struct MetricPoint {
  double lowest = 0, highest = 0, sum = 0;
  uint16_t samples = 0;

  void add(double sample);
  void add(const MetricPoint& other);
};

// The points of one owner and time by metric id.
using MetricPoints = std::map<uint8_t, MetricPoint>;

std::string encode(const MetricPoints& points);
// Total: what is no encoded set reads as far as it is one.
MetricPoints decode(std::string_view bytes);
std::optional<MetricPoint> decode_one(std::string_view bytes, uint8_t id);

// Average, Sum, Minimum, Maximum, SampleCount, or pNN (p99.9).
struct Statistic {
  enum class Kind { average, sum, minimum, maximum, sample_count, percentile } kind = Kind::average;
  double percentile = 0;  // 0 to 100
  std::string name;       // as it was asked for
};
std::optional<Statistic> parse_statistic(std::string_view name);

// The points of one period. Of a point with more than two samples the lowest and the highest are known, and the mean
// of the others: percentiles take these for the samples.
class MetricBucket {
 public:
  void add(const MetricPoint& point);
  bool empty() const { return total_.samples == 0; }
  double value_of(const Statistic& statistic) const;

 private:
  struct Total {
    double lowest = 0, highest = 0, sum = 0;
    uint64_t samples = 0;
  };
  struct Weighted {
    double value;
    uint64_t samples;
  };
  double percentile(double rank) const;

  Total total_;
  std::vector<Weighted> values_;
};

}  // namespace godwit
