#include "api/metric_operations.h"

#include <algorithm>

#include "base/base64.h"
#include "control/metric_faults.h"
#include "control/metrics.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr size_t name_bytes_max = 255, value_bytes_max = 1024, dimensions_max = 30, listed_max = 500;
constexpr int64_t datapoints_max = 1440;
constexpr std::string_view instance_dimension = "ReplicationInstanceIdentifier";
constexpr std::string_view task_dimension = "ReplicationTaskIdentifier";

struct Dimension {
  std::string name;
  std::optional<std::string> value;
};

Result<std::vector<Dimension>> read_dimensions(const FacadeInput& input) {
  std::vector<Dimension> dimensions;
  for (const FacadeInput& each : TRY(input.objects("Dimensions", dimensions_max))) {
    Dimension& dimension = dimensions.emplace_back();
    dimension.name = TRY(each.required_text("Name", name_bytes_max));
    dimension.value = TRY(each.text("Value", value_bytes_max));
  }
  return dimensions;
}

json shown(const MetricSource& source) {
  json dimensions = json::array({{{"Name", instance_dimension}, {"Value", source.instance}}});
  if (!source.task.empty()) dimensions.push_back({{"Name", task_dimension}, {"Value", source.task}});
  return {{"Namespace", metric_namespace}, {"MetricName", source.metric->name}, {"Dimensions", dimensions}};
}

bool has_dimension(const MetricSource& source, const Dimension& wanted) {
  const bool of_task = wanted.name == task_dimension && !source.task.empty();
  if (wanted.name != instance_dimension && !of_task) return false;
  return !wanted.value || *wanted.value == (of_task ? source.task : source.instance);
}

Result<json> list_metrics(const MetricCall& call) {
  const auto wanted_namespace = TRY(call.input.text("Namespace", name_bytes_max));
  const auto name = TRY(call.input.text("MetricName", name_bytes_max));
  const auto dimensions = TRY(read_dimensions(call.input));
  const auto recent = TRY(call.input.text("RecentlyActive", name_bytes_max));
  if (recent && *recent != "PT3H")
    return Failure(call.input.invalid("RecentlyActive", *recent, "Member must satisfy enum value set: [PT3H]"));
  const auto token = TRY(call.input.text("NextToken", value_bytes_max));
  const int64_t now_s = call.environment.now_us() / 1'000'000;
  auto sources = TRY(metric_sources(call.environment.database, now_s, recent ? recently_active_s : listed_s));
  std::erase_if(sources, [&](const MetricSource& source) {
    return (wanted_namespace && *wanted_namespace != metric_namespace) || (name && *name != source.metric->name) ||
           !std::ranges::all_of(dimensions, [&](const Dimension& each) { return has_dimension(source, each); });
  });
  const auto key = [](const MetricSource& source) {
    return source.instance + ";" + source.task + ";" + std::string(source.metric->name);
  };
  if (token) {
    const auto last = from_base64(*token);
    const auto at =
        std::ranges::find_if(sources, [&](const MetricSource& source) { return last && key(source) == *last; });
    if (at == sources.end()) return Failure(metric_token_invalid());
    sources.erase(sources.begin(), at + 1);
  }
  json reply = json::object();
  if (sources.size() > listed_max) {
    sources.resize(listed_max);
    reply["NextToken"] = base64_url(key(sources.back()));
  }
  reply["Metrics"] = json::array();
  for (const MetricSource& source : sources) reply["Metrics"].push_back(shown(source));
  return reply;
}

Result<std::vector<Statistic>> read_statistics(const FacadeInput& input) {
  std::vector<Statistic> statistics;
  for (const std::string_view member : {"Statistics", "ExtendedStatistics"}) {
    for (const std::string& name : TRY(input.texts(member, 10, name_bytes_max))) {
      auto statistic = parse_statistic(name);
      const bool extended = statistic && statistic->kind == Statistic::Kind::percentile;
      if (!statistic || extended != (member == "ExtendedStatistics"))
        return Failure(input.invalid(member, name,
                                     extended || member == "Statistics"
                                         ? "Member must satisfy enum value set: [SampleCount, Average, Sum, "
                                           "Minimum, Maximum]"
                                         : "This server knows the percentiles p0 to p100"));
      statistics.push_back(std::move(*statistic));
    }
  }
  if (statistics.empty()) return Failure(metric_parameter_missing("Statistics or ExtendedStatistics"));
  return statistics;
}

json datapoint(int64_t start_s, const MetricBucket& bucket, const std::vector<Statistic>& statistics,
               std::string_view unit) {
  json point = {{"Timestamp", start_s}, {"Unit", unit}};
  for (const Statistic& statistic : statistics) {
    json& place = statistic.kind == Statistic::Kind::percentile ? point["ExtendedStatistics"][statistic.name]
                                                                : point[statistic.name];
    place = bucket.value_of(statistic);
  }
  return point;
}

Result<json> get_metric_statistics(const MetricCall& call) {
  const auto source = TRY(read_metric_name(call.input));
  const std::string name = TRY(call.input.required_text("MetricName", name_bytes_max));
  const int64_t from_s = TRY(call.input.required_time_ms("StartTime"))
  / 1000;
  const int64_t before_s = (TRY(call.input.required_time_ms("EndTime")) + 999) / 1000;
  const int64_t period_s = TRY(read_period(call.input));
  const auto statistics = TRY(read_statistics(call.input));
  const auto unit = TRY(call.input.text("Unit", name_bytes_max));
  if (from_s >= before_s)
    return Failure(metric_parameters_clash("The parameter StartTime must be less than the parameter EndTime."));
  if (const int64_t asked = (before_s - from_s) / period_s; asked > datapoints_max)
    return Failure(too_many_datapoints(asked, datapoints_max));
  json reply = {{"Label", name}, {"Datapoints", json::array()}};
  if (!source || (unit && *unit != source->metric->unit)) return reply;
  const int64_t origin_s = from_s - ((from_s % minute_s) + minute_s) % minute_s;
  const MetricSeries series = TRY(read_metric(call.environment.database, *source, origin_s, before_s, period_s,
                                              call.environment.now_us() / 1'000'000));
  for (size_t i = 0; i < series.buckets.size(); ++i)
    reply["Datapoints"].push_back(datapoint(series.starts_s[i], series.buckets[i], statistics, source->metric->unit));
  return reply;
}

Result<json> describe_alarms(const MetricCall&) {
  return json{{"MetricAlarms", json::array()}, {"CompositeAlarms", json::array()}};
}

Result<json> describe_alarms_for_metric(const MetricCall&) {
  return json{{"MetricAlarms", json::array()}};
}

constexpr MetricOperation operations[] = {
    {"ListMetrics", list_metrics},
    {"GetMetricStatistics", get_metric_statistics},
    {"GetMetricData", get_metric_data},
    {"DescribeAlarms", describe_alarms},
    {"DescribeAlarmsForMetric", describe_alarms_for_metric},
    {"PutMetricData", nullptr, false},
    {"PutMetricAlarm", nullptr, false},
    {"DeleteAlarms", nullptr, false},
    {"GetMetricWidgetImage", nullptr},
    {"ListDashboards", nullptr},
    {"PutDashboard", nullptr, false},
};

}  // namespace

const MetricOperation* find_metric_operation(std::string_view name) {
  const auto found = std::ranges::find(operations, name, &MetricOperation::name);
  return found == std::end(operations) ? nullptr : &*found;
}

Result<std::optional<MetricSource>> read_metric_name(const FacadeInput& input) {
  const std::string its_namespace = TRY(input.required_text("Namespace", name_bytes_max));
  const std::string name = TRY(input.required_text("MetricName", name_bytes_max));
  MetricSource source;
  for (const Dimension& dimension : TRY(read_dimensions(input))) {
    if (!dimension.value) return Failure(metric_parameter_missing(input.path_of("Dimensions") + ".Value"));
    std::string& place = dimension.name == task_dimension ? source.task : source.instance;
    if ((dimension.name != task_dimension && dimension.name != instance_dimension) || !place.empty())
      return std::nullopt;
    place = *dimension.value;
  }
  source.metric = find_metric(source.task.empty() ? MetricScope::instance : MetricScope::task, name);
  if (its_namespace != metric_namespace || source.metric == nullptr || source.instance.empty()) return std::nullopt;
  return source;
}

Result<int64_t> read_period(const FacadeInput& input) {
  const int64_t period_s = TRY(input.required_integer("Period", 1, coarse_kept_s));
  const bool fine = period_s == 1 || period_s == 5 || period_s == 10 || period_s == 20 || period_s == 30;
  if (!fine && period_s % minute_s != 0)
    return Failure(
        input.invalid("Period", std::to_string(period_s), "Member must be 1, 5, 10, 20, 30 or a multiple of 60"));
  return period_s;
}

}  // namespace godwit
