#include "control/metric_point.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace godwit {
namespace {

constexpr auto task = MetricScope::task, instance = MetricScope::instance;

constexpr std::array all_metrics = {
    Metric{0, task, "FullLoadThroughputBandwidthTarget", "Kilobytes/Second"},
    Metric{1, task, "FullLoadThroughputRowsTarget", "Count/Second"},
    Metric{2, task, "CDCIncomingChanges", "Count"},
    Metric{3, task, "CDCChangesMemorySource", "Count"},
    Metric{4, task, "CDCChangesDiskSource", "Count"},
    Metric{5, task, "CDCChangesMemoryTarget", "Count"},
    Metric{6, task, "CDCChangesDiskTarget", "Count"},
    Metric{7, task, "CDCThroughputRowsSource", "Count/Second"},
    Metric{8, task, "CDCThroughputRowsTarget", "Count/Second"},
    Metric{9, task, "CDCThroughputBandwidthTarget", "Kilobytes/Second"},
    Metric{10, task, "CDCLatencySource", "Seconds"},
    Metric{11, task, "CDCLatencyTarget", "Seconds"},
    Metric{12, task, "CPUUtilization", "Percent"},
    Metric{13, task, "MemoryUsage", "Megabytes"},
    Metric{14, task, "SwapUsage", "Bytes"},
    Metric{15, task, "CPUAllocated", "Percent"},
    Metric{16, task, "MemoryAllocated", "Megabytes"},
    Metric{32, instance, "CPUUtilization", "Percent"},
    Metric{33, instance, "AvailableMemory", "Bytes"},
    Metric{34, instance, "FreeMemory", "Bytes"},
    Metric{35, instance, "FreeableMemory", "Bytes"},
    Metric{36, instance, "SwapUsage", "Bytes"},
    Metric{37, instance, "DiskQueueDepth", "Count"},
    Metric{38, instance, "FreeStorageSpace", "Bytes"},
    Metric{39, instance, "ReadIOPS", "Count/Second"},
    Metric{40, instance, "WriteIOPS", "Count/Second"},
    Metric{41, instance, "ReadThroughput", "Bytes/Second"},
    Metric{42, instance, "WriteThroughput", "Bytes/Second"},
    Metric{43, instance, "ReadLatency", "Milliseconds"},
    Metric{44, instance, "WriteLatency", "Milliseconds"},
    Metric{45, instance, "NetworkReceiveThroughput", "Bytes/Second"},
    Metric{46, instance, "NetworkTransmitThroughput", "Bytes/Second"},
};

// How a point is written: most are one value all along, many of these 0.
enum class Form : uint8_t { zero, one_value, spread };

constexpr uint8_t format_version = 1;

Form form_of(const MetricPoint& point) {
  if (point.lowest != point.highest) return Form::spread;
  return point.lowest == 0 ? Form::zero : Form::one_value;
}

void put(ByteBuffer& out, double value) {
  append_big_endian(out, std::bit_cast<uint64_t>(value));
}

bool take(ByteReader& in, double& value) {
  uint64_t bits = 0;
  if (!in.u64(bits)) return false;
  value = std::bit_cast<double>(bits);
  return std::isfinite(value);
}

bool take(ByteReader& in, MetricPoint& point) {
  uint8_t form = 0;
  if (!in.u8(form) || !in.u16(point.samples) || form > static_cast<uint8_t>(Form::spread)) return false;
  if (form == static_cast<uint8_t>(Form::spread))
    return take(in, point.lowest) && take(in, point.highest) && take(in, point.sum);
  if (form == static_cast<uint8_t>(Form::one_value)) {
    if (!take(in, point.lowest)) return false;
    point.highest = point.lowest;
    point.sum = point.lowest * point.samples;
  }
  return true;
}

template <class Give>
void each_point(std::string_view bytes, Give give) {
  ByteReader in(bytes);
  uint8_t version = 0, id = 0;
  if (!in.u8(version) || version != format_version) return;
  MetricPoint point;
  while (in.u8(id) && take(in, point = {})) give(id, point);
}

}  // namespace

std::span<const Metric> metrics() {
  return all_metrics;
}

const Metric* find_metric(MetricScope scope, std::string_view name) {
  for (const Metric& metric : all_metrics)
    if (metric.scope == scope && metric.name == name) return &metric;
  return nullptr;
}

void MetricPoint::add(double sample) {
  add(MetricPoint{.lowest = sample, .highest = sample, .sum = sample, .samples = 1});
}

void MetricPoint::add(const MetricPoint& other) {
  if (other.samples == 0) return;
  lowest = samples == 0 ? other.lowest : std::min(lowest, other.lowest);
  highest = samples == 0 ? other.highest : std::max(highest, other.highest);
  sum += other.sum;
  samples = static_cast<uint16_t>(std::min(samples + other.samples, int{UINT16_MAX}));
}

std::string encode(const MetricPoints& points) {
  ByteBuffer out;
  append_big_endian(out, format_version);
  for (const auto& [id, point] : points) {
    const Form form = form_of(point);
    append_big_endian(out, id);
    append_big_endian(out, static_cast<uint8_t>(form));
    append_big_endian(out, point.samples);
    if (form != Form::zero) put(out, point.lowest);
    if (form != Form::spread) continue;
    put(out, point.highest);
    put(out, point.sum);
  }
  return std::string(out.view());
}

MetricPoints decode(std::string_view bytes) {
  MetricPoints points;
  each_point(bytes, [&](uint8_t id, const MetricPoint& point) { points[id] = point; });
  return points;
}

std::optional<MetricPoint> decode_one(std::string_view bytes, uint8_t id) {
  std::optional<MetricPoint> found;
  each_point(bytes, [&](uint8_t each, const MetricPoint& point) {
    if (each == id) found = point;
  });
  return found;
}

std::optional<Statistic> parse_statistic(std::string_view name) {
  using Kind = Statistic::Kind;
  constexpr std::pair<std::string_view, Kind> kinds[] = {{"Average", Kind::average},
                                                         {"Sum", Kind::sum},
                                                         {"Minimum", Kind::minimum},
                                                         {"Maximum", Kind::maximum},
                                                         {"SampleCount", Kind::sample_count}};
  for (const auto& [word, kind] : kinds)
    if (name == word) return Statistic{kind, 0, std::string(name)};
  if (name.size() < 2 || name.front() != 'p' || name[1] < '0' || name[1] > '9') return std::nullopt;
  double rank = 0;
  const auto [end, error] =
      std::from_chars(name.data() + 1, name.data() + name.size(), rank, std::chars_format::fixed);
  if (error != std::errc{} || end != name.data() + name.size() || rank > 100) return std::nullopt;
  return Statistic{Kind::percentile, rank, std::string(name)};
}

void MetricBucket::add(const MetricPoint& point) {
  if (point.samples == 0) return;
  total_.lowest = empty() ? point.lowest : std::min(total_.lowest, point.lowest);
  total_.highest = empty() ? point.highest : std::max(total_.highest, point.highest);
  total_.sum += point.sum;
  total_.samples += point.samples;
  if (point.samples == 1 || point.lowest == point.highest) {
    values_.push_back({point.lowest, point.samples});
    return;
  }
  values_.push_back({point.lowest, 1});
  values_.push_back({point.highest, 1});
  const unsigned others = point.samples - 2U;
  if (others > 0) values_.push_back({(point.sum - point.lowest - point.highest) / others, others});
}

double MetricBucket::value_of(const Statistic& statistic) const {
  switch (statistic.kind) {
    case Statistic::Kind::average:
      return total_.sum / static_cast<double>(total_.samples);
    case Statistic::Kind::sum:
      return total_.sum;
    case Statistic::Kind::minimum:
      return total_.lowest;
    case Statistic::Kind::maximum:
      return total_.highest;
    case Statistic::Kind::sample_count:
      return static_cast<double>(total_.samples);
    case Statistic::Kind::percentile:
      break;
  }
  return percentile(statistic.percentile);
}

// The smallest value that `rank` percent of the samples do not exceed.
double MetricBucket::percentile(double rank) const {
  std::vector<Weighted> sorted = values_;
  std::ranges::sort(sorted, {}, &Weighted::value);
  const double wanted = rank / 100 * static_cast<double>(total_.samples);
  double seen = 0;
  for (const Weighted& each : sorted) {
    seen += static_cast<double>(each.samples);
    if (seen >= wanted) return each.value;
  }
  return total_.highest;
}

}  // namespace godwit
