#include "control/metric_point.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace godwit {
namespace {

MetricPoint point(std::initializer_list<double> samples) {
  MetricPoint out;
  for (const double sample : samples) out.add(sample);
  return out;
}

TEST(MetricTest, ids_fit_the_stored_mask_and_are_used_once) {
  std::set<int> ids;
  for (const Metric& metric : metrics()) {
    EXPECT_LT(metric.id, 63) << metric.name;
    EXPECT_TRUE(ids.insert(metric.id).second) << metric.name;
    EXPECT_EQ(find_metric(metric.scope, metric.name), &metric);
  }
  EXPECT_EQ(find_metric(MetricScope::instance, "CDCLatencySource"), nullptr);
}

TEST(MetricPointTest, what_is_stored_is_what_was_gathered) {
  const MetricPoints points = {{0, point({0, 0})}, {7, point({12.5})}, {33, point({1, 5, 1e300, -2})}, {62, {}}};
  const MetricPoints read = decode(encode(points));
  ASSERT_EQ(read.size(), points.size());
  for (const auto& [id, each] : points) {
    EXPECT_EQ(read.at(id).samples, each.samples);
    EXPECT_EQ(read.at(id).lowest, each.lowest);
    EXPECT_EQ(read.at(id).highest, each.highest);
    EXPECT_EQ(read.at(id).sum, each.sum);
    EXPECT_EQ(decode_one(encode(points), id)->sum, each.sum);
  }
  EXPECT_FALSE(decode_one(encode(points), 1));
}

TEST(MetricPointTest, any_bytes_decode) {
  std::mt19937 random(11);
  const std::string right = encode({{0, point({1, 2, 3})}, {1, point({4})}});
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = right.substr(0, random() % (right.size() + 1));
    for (size_t i = random() % 4; i > 0 && !bytes.empty(); --i)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    (void)decode(bytes);
  }
}

struct StatisticCase {
  std::string_view name;
  double value;
};

TEST(MetricBucketTest, statistics_are_over_all_samples) {
  MetricBucket bucket;
  bucket.add(point({1, 2}));
  bucket.add(point({10}));
  bucket.add({});
  bucket.add(point({4, 4, 4}));
  const StatisticCase cases[] = {{"Average", 25.0 / 6}, {"Sum", 25},  {"Minimum", 1}, {"Maximum", 10},
                                 {"SampleCount", 6},    {"p0", 1},    {"p50", 4},     {"p90", 10},
                                 {"p100", 10},          {"p16.6", 1}, {"p83.3", 4}};
  for (const StatisticCase& each : cases)
    EXPECT_DOUBLE_EQ(bucket.value_of(parse_statistic(each.name).value()), each.value) << each.name;
}

TEST(MetricBucketTest, samples_between_the_extremes_count_as_their_mean) {
  MetricBucket bucket;
  bucket.add(point({1, 2, 3, 4, 100}));
  EXPECT_DOUBLE_EQ(bucket.value_of(parse_statistic("p50").value()), 3);
  EXPECT_DOUBLE_EQ(bucket.value_of(parse_statistic("p99").value()), 100);
}

TEST(StatisticTest, other_names_are_none) {
  for (const std::string_view name :
       {"", "average", "p", "p101", "p-1", "pp50", "p5x", "p1e1", "tm90", "p 50", "IQM", "P50"})
    EXPECT_FALSE(parse_statistic(name)) << name;
  EXPECT_EQ(parse_statistic("p99.9")->percentile, 99.9);
}

}  // namespace
}  // namespace godwit
