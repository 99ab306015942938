// GetMetricData: many series in one call, and expressions over them (spec/monitoring.md §5.3).

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "api/metric_operations.h"
#include "control/metric_faults.h"
#include "control/metric_math.h"
#include "control/metrics.h"

namespace godwit {
namespace {

using nlohmann::json;

constexpr size_t queries_max = 500, text_bytes_max = 2048;
constexpr int64_t page_max = 100'800, points_at_once_max = 1'000'000;

struct Query {
  std::string id, label, expression;
  std::optional<MetricSource> source;  // nothing: an expression, or a metric that there is not
  Statistic statistic;
  int64_t period_s = minute_s;
  std::string unit;
  bool shown = true;
};

bool is_id(std::string_view text) {
  const auto ok = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z' && std::ranges::all_of(text, ok);
}

Result<void> read_metric_stat(const FacadeInput& stat, Query& query) {
  const auto metric = TRY(stat.object("Metric"));
  if (!metric) return Failure(metric_parameter_missing(stat.path_of("Metric")));
  query.source = TRY(read_metric_name(*metric));
  query.period_s = TRY(read_period(stat));
  const std::string name = TRY(stat.required_text("Stat", text_bytes_max));
  const auto statistic = parse_statistic(name);
  if (!statistic)
    return Failure(
        stat.invalid("Stat", name,
                     "This server knows SampleCount, Average, Sum, Minimum, Maximum and the percentiles p0 to p100"));
  query.statistic = *statistic;
  if (const auto unit = TRY(stat.text("Unit", text_bytes_max)); unit && query.source)
    if (*unit != query.source->metric->unit) query.source.reset();
  if (query.label.empty()) query.label = TRY(metric->required_text("MetricName", text_bytes_max));
  return {};
}

Result<Query> read_query(const FacadeInput& input) {
  Query query;
  query.id = TRY(input.required_text("Id", 255));
  if (!is_id(query.id))
    return Failure(input.invalid("Id", query.id,
                                 "Member must begin with a lower-case letter and hold letters, "
                                 "digits and underscores"));
  query.expression = TRY(input.text("Expression", metric_expression_bytes_max))
  .value_or("");
  query.label = TRY(input.text("Label", text_bytes_max))
  .value_or("");
  query.shown = TRY(input.flag("ReturnData", true));
  const auto stat = TRY(input.object("MetricStat"));
  if (stat.has_value() != query.expression.empty())
    return Failure(metric_parameters_clash(
        fmt::format("The query '{}' must have exactly one of MetricStat and Expression.", query.id)));
  if (stat) TRY(read_metric_stat(*stat, query));
  if (query.label.empty()) query.label = query.id;
  return query;
}

// Reads and calculates the series of one call's queries, each once.
class Results {
 public:
  Results(const MetricCall& call, const std::vector<Query>& queries, int64_t from_s, int64_t before_s)
      : call_(call), queries_(queries), from_s_(from_s), before_s_(before_s) {
    int64_t finest_s = 0;
    for (const Query& query : queries) {
      if (!query.expression.empty()) continue;
      metric_ids_.push_back(query.id);
      finest_s = finest_s == 0 ? query.period_s : std::min(finest_s, query.period_s);
    }
    finest_s = std::max(finest_s, minute_s);
    for (int64_t at = from_s / finest_s * finest_s; at < before_s; at += finest_s) starts_s_.push_back(at);
  }

  Result<TimeSeries> of(std::string_view id) {
    const auto query = std::ranges::find(queries_, id, &Query::id);
    if (query == queries_.end()) return Failure(expression_id_unknown(id));
    if (const auto known = known_.find(query->id); known != known_.end()) return known->second;
    if (!under_way_.insert(query->id).second) return Failure(expression_id_of_itself(id));
    TimeSeries series = TRY(query->expression.empty() ? read(*query) : calculate(*query));
    under_way_.erase(query->id);
    return known_[query->id] = std::move(series);
  }

 private:
  Result<TimeSeries> read(const Query& query) {
    TimeSeries out;
    if (!query.source) return out;
    const int64_t origin_s = from_s_ / query.period_s * query.period_s;
    const MetricSeries series = TRY(read_metric(call_.environment.database, *query.source, origin_s, before_s_,
                                                query.period_s, call_.environment.now_us() / 1'000'000));
    for (size_t i = 0; i < series.buckets.size(); ++i)
      out[series.starts_s[i]] = series.buckets[i].value_of(query.statistic);
    return out;
  }

  Result<TimeSeries> calculate(const Query& query) {
    return evaluate_expression(query.expression, {.series_of = [this](std::string_view id) { return of(id); },
                                                  .metric_ids = metric_ids_,
                                                  .starts_s = starts_s_,
                                                  .budget = budget_});
  }

  const MetricCall& call_;
  const std::vector<Query>& queries_;
  const int64_t from_s_, before_s_;
  std::vector<std::string> metric_ids_;
  std::vector<int64_t> starts_s_;
  std::map<std::string, TimeSeries> known_;
  std::set<std::string> under_way_;
  MathBudget budget_;
};

// Where the next page begins: a query, and how many of its points were given.
struct PagePlace {
  size_t query = 0, points = 0;
};

Result<PagePlace> read_token(const FacadeInput& input) {
  PagePlace place;
  const auto token = TRY(input.text("NextToken", text_bytes_max));
  if (!token) return place;
  const char* const end = token->data() + token->size();
  const auto first = std::from_chars(token->data(), end, place.query);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return Failure(metric_token_invalid());
  const auto second = std::from_chars(first.ptr + 1, end, place.points);
  if (second.ec != std::errc{} || second.ptr != end) return Failure(metric_token_invalid());
  return place;
}

Result<std::vector<Query>> read_queries(const FacadeInput& input) {
  std::vector<Query> queries;
  std::set<std::string> ids;
  for (const FacadeInput& each : TRY(input.objects("MetricDataQueries", queries_max))) {
    queries.push_back(TRY(read_query(each)));
    if (!ids.insert(queries.back().id).second)
      return Failure(metric_parameter(fmt::format("The Id '{}' is given to two queries.", queries.back().id)));
  }
  if (queries.empty()) return Failure(metric_parameter_missing("MetricDataQueries"));
  return queries;
}

Result<void> check_size(const std::vector<Query>& queries, int64_t from_s, int64_t before_s) {
  int64_t asked = 0;
  const int64_t span_s = std::min(before_s - from_s, coarse_kept_s);
  for (const Query& query : queries)  // an expression may have a point for every minute that FILL adds
    asked += span_s / std::max(query.period_s, minute_s) + 1;
  return asked > points_at_once_max ? Result<void>(Failure(too_many_datapoints_at_once(asked, points_at_once_max)))
                                    : Result<void>();
}

}  // namespace

Result<json> get_metric_data(const MetricCall& call) {
  const auto queries = TRY(read_queries(call.input));
  int64_t from_s = TRY(call.input.required_time_ms("StartTime"))
  / 1000;
  const int64_t before_s = (TRY(call.input.required_time_ms("EndTime")) + 999) / 1000;
  const std::string order = TRY(call.input.text("ScanBy", text_bytes_max))
  .value_or("TimestampDescending");
  const auto page = static_cast<size_t>(TRY(call.input.integer("MaxDatapoints", 1, page_max)).value_or(page_max));
  PagePlace place = TRY(read_token(call.input));
  if (from_s >= before_s)
    return Failure(metric_parameters_clash("The parameter StartTime must be less than the parameter EndTime."));
  if (order != "TimestampDescending" && order != "TimestampAscending")
    return Failure(call.input.invalid(
        "ScanBy", order, "Member must satisfy enum value set: [TimestampDescending, TimestampAscending]"));
  from_s = std::max({from_s, call.environment.now_us() / 1'000'000 - coarse_kept_s, int64_t{0}});
  TRY(check_size(queries, from_s, before_s));
  Results results(call, queries, from_s, std::min(before_s, call.environment.now_us() / 1'000'000 + minute_s));
  json reply = {{"MetricDataResults", json::array()}, {"Messages", json::array()}};
  size_t given = 0;
  for (; place.query < queries.size(); ++place.query, place.points = 0) {
    const Query& query = queries[place.query];
    if (!query.shown) continue;
    const TimeSeries series = TRY(results.of(query.id));
    std::vector<std::pair<int64_t, double>> points(series.begin(), series.end());
    if (order == "TimestampDescending") std::ranges::reverse(points);
    const size_t first = std::min(place.points, points.size()), count = std::min(points.size() - first, page - given);
    json times = json::array(), values = json::array();
    for (size_t i = first; i < first + count; ++i) {
      times.push_back(points[i].first);
      values.push_back(points[i].second);
    }
    const bool whole = first + count == points.size();
    reply["MetricDataResults"].push_back({{"Id", query.id},
                                          {"Label", query.label},
                                          {"Timestamps", std::move(times)},
                                          {"Values", std::move(values)},
                                          {"StatusCode", whole ? "Complete" : "PartialData"}});
    given += count;
    if (whole) continue;
    reply["NextToken"] = fmt::format("{}-{}", place.query, first + count);
    break;
  }
  return reply;
}

}  // namespace godwit
