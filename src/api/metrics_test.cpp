#include "api/metrics.h"

#include <gtest/gtest.h>

#include <random>

#include "api/cbor.h"
#include "api/metric_codec.h"
#include "api/monitoring_kit.h"
#include "control/metrics.h"

namespace godwit {
namespace {

class MetricsTest : public MonitoringTest {
 protected:
  MetricsTest() {
    for (int minute = 0; minute < 5; ++minute) {
      put("T1", "CDCLatencySource", minute, {static_cast<double>(minute), static_cast<double>(minute) + 2});
      if (minute != 2) put("T2", "CDCLatencySource", minute, {10});
    }
    put("", "FreeStorageSpace", 0, {5e10});
  }
  void put(const std::string& task, std::string_view name, int minute, std::initializer_list<double> samples) {
    const Metric* metric = find_metric(task.empty() ? MetricScope::instance : MetricScope::task, name);
    MetricPoint point;
    for (const double sample : samples) point.add(sample);
    EXPECT_TRUE(put_metric_points(*database_, {"pool", task, int64_t{1} << metric->id, minute_s,
                                               start_s + minute * minute_s, encode({{metric->id, point}})}));
  }

  HttpReply send(const HttpRequest& request) { return reply_of(metrics_facade(), request); }
  static HttpRequest json_request(std::string_view operation, const std::string& body) {
    return {.method = "POST",
            .target = "/",
            .headers = {{"content-type", "application/x-amz-json-1.0"},
                        {"x-amz-target", "GraniteServiceVersion20100801." + std::string(operation)}},
            .body = body,
            .peer = "127.0.0.1"};
  }
  static HttpRequest form_request(const std::string& form) {
    return {.method = "POST",
            .target = "/",
            .headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}},
            .body = form,
            .peer = "127.0.0.1"};
  }
  static HttpRequest cbor_request(std::string_view operation, const std::string& body) {
    return {.method = "POST",
            .target = "/service/GraniteServiceVersion20100801/operation/" + std::string(operation),
            .headers = {{"content-type", "application/cbor"}, {"smithy-protocol", "rpc-v2-cbor"}},
            .body = body,
            .peer = "127.0.0.1"};
  }
  json ok(std::string_view operation, const json& input) {
    const HttpReply reply = send(json_request(operation, input.dump()));
    EXPECT_EQ(reply.status, 200U) << operation << input << reply.body;
    return json::parse(reply.body);
  }
  std::string refused(std::string_view operation, const json& input) {
    const HttpReply reply = send(json_request(operation, input.dump()));
    EXPECT_EQ(reply.status, 400U) << operation << input << reply.body;
    return json::parse(reply.body).value("__type", "");
  }
  static json dimensions(const std::string& task = "") {
    json out = json::array({{{"Name", "ReplicationInstanceIdentifier"}, {"Value", "pool"}}});
    if (!task.empty()) out.push_back({{"Name", "ReplicationTaskIdentifier"}, {"Value", task}});
    return out;
  }
  static json metric(const std::string& task = "T1", const std::string& name = "CDCLatencySource") {
    return {{"Namespace", "AWS/DMS"}, {"MetricName", name}, {"Dimensions", dimensions(task)}};
  }
  static json statistics_input(const json& more = json::object()) {
    json input = metric();
    input.update({{"StartTime", start_s}, {"EndTime", start_s + 300}, {"Period", 60}, {"Statistics", {"Average"}}});
    input.update(more);
    return input;
  }
  static json query(const std::string& id, const std::string& task = "T1", int period_s = 60) {
    return {{"Id", id}, {"MetricStat", {{"Metric", metric(task)}, {"Period", period_s}, {"Stat", "Average"}}}};
  }
  static json data_input(const json& queries, const json& more = json::object()) {
    json input = {{"MetricDataQueries", queries}, {"StartTime", start_s}, {"EndTime", start_s + 300}};
    input.update(more);
    return input;
  }
};

TEST_F(MetricsTest, metrics_are_listed_by_name_and_dimension) {
  EXPECT_EQ(ok("ListMetrics", json::object())["Metrics"].size(), 3U);
  EXPECT_EQ(ok("ListMetrics", {{"Namespace", "AWS/EC2"}})["Metrics"], json::array());
  EXPECT_EQ(ok("ListMetrics", {{"MetricName", "FreeStorageSpace"}})["Metrics"][0], metric("", "FreeStorageSpace"));
  const json named = json::array({{{"Name", "ReplicationTaskIdentifier"}}});
  EXPECT_EQ(ok("ListMetrics", {{"Dimensions", named}})["Metrics"].size(), 2U);
  EXPECT_EQ(ok("ListMetrics", {{"Dimensions", dimensions("T2")}})["Metrics"][0], metric("T2"));
  EXPECT_EQ(ok("ListMetrics", {{"RecentlyActive", "PT3H"}})["Metrics"].size(), 3U);
}

TEST_F(MetricsTest, statistics_of_each_period) {
  json points = ok("GetMetricStatistics", statistics_input({{"Statistics", {"Average", "Maximum", "SampleCount"}},
                                                            {"ExtendedStatistics", {"p99"}}}))["Datapoints"];
  ASSERT_EQ(points.size(), 5U);
  EXPECT_EQ(points[1], (json{{"Timestamp", start_s + 60},
                             {"Unit", "Seconds"},
                             {"Average", 2.0},
                             {"Maximum", 3.0},
                             {"SampleCount", 2.0},
                             {"ExtendedStatistics", {{"p99", 3.0}}}}));
  points = ok("GetMetricStatistics",
              statistics_input({{"Period", 300}, {"Statistics", {"Sum", "Minimum"}}}))["Datapoints"];
  EXPECT_EQ(points, json::array({{{"Timestamp", start_s}, {"Unit", "Seconds"}, {"Sum", 30.0}, {"Minimum", 0.0}}}));
  const json wide = {{"StartTime", "2026-02-02T02:35:30Z"}, {"EndTime", "2026-02-02T03:37:00+01:00"}};
  EXPECT_EQ(ok("GetMetricStatistics", statistics_input(wide))["Datapoints"].size(), 2U);
  EXPECT_EQ(ok("GetMetricStatistics", statistics_input({{"Unit", "Bytes"}}))["Datapoints"], json::array());
  EXPECT_EQ(ok("GetMetricStatistics", statistics_input({{"MetricName", "Nothing"}}))["Datapoints"], json::array());
  EXPECT_EQ(ok("GetMetricStatistics", statistics_input({{"Dimensions", dimensions("T9")}}))["Datapoints"],
            json::array());
}

TEST_F(MetricsTest, data_of_many_metrics_newest_first_or_oldest_first) {
  json results = ok("GetMetricData", data_input({query("a"), query("b", "T2")}))["MetricDataResults"];
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0]["Id"], "a");
  EXPECT_EQ(results[0]["Label"], "CDCLatencySource");
  EXPECT_EQ(results[0]["StatusCode"], "Complete");
  EXPECT_EQ(results[0]["Timestamps"][0], start_s + 240);
  EXPECT_EQ(results[0]["Values"], (json{5.0, 4.0, 3.0, 2.0, 1.0}));
  EXPECT_EQ(results[1]["Values"].size(), 4U);
  results = ok("GetMetricData", data_input(json::array({query("a", "T1", 300)}),
                                           {{"ScanBy", "TimestampAscending"}}))["MetricDataResults"];
  EXPECT_EQ(results[0]["Values"], json{3.0});
}

TEST_F(MetricsTest, expressions_are_calculated_and_their_inputs_hidden_when_asked) {
  json hidden = query("b", "T2");
  hidden["ReturnData"] = false;
  const json queries = {query("a"),
                        hidden,
                        {{"Id", "sum"}, {"Expression", "SUM(METRICS())"}, {"Label", "both"}},
                        {{"Id", "more"}, {"Expression", "sum * 2 + FILL(b, 0)"}}};
  const json results =
      ok("GetMetricData", data_input(queries, {{"ScanBy", "TimestampAscending"}}))["MetricDataResults"];
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[1]["Label"], "both");
  EXPECT_EQ(results[1]["Values"], (json{11.0, 12.0, 3.0, 14.0, 15.0}));
  EXPECT_EQ(results[2]["Values"], (json{32.0, 34.0, 6.0, 38.0, 40.0}));
}

TEST_F(MetricsTest, data_come_in_pages) {
  const json queries = {query("a"), query("b", "T2")};
  std::vector<size_t> sizes;
  json more = {{"MaxDatapoints", 4}};
  json values = json::array();
  while (true) {
    const json reply = ok("GetMetricData", data_input(queries, more));
    size_t size = 0;
    for (const json& result : reply["MetricDataResults"]) {
      size += result["Values"].size();
      for (const json& value : result["Values"]) values.push_back(value);
    }
    sizes.push_back(size);
    if (!reply.contains("NextToken")) break;
    more["NextToken"] = reply["NextToken"];
  }
  EXPECT_EQ(sizes, (std::vector<size_t>{4, 4, 1}));
  EXPECT_EQ(values, (json{5.0, 4.0, 3.0, 2.0, 1.0, 10.0, 10.0, 10.0, 10.0}));
}

struct RefusedCase {
  std::string_view operation;
  nlohmann::json input;
  std::string_view fault = "InvalidParameterValueException";
};

TEST_F(MetricsTest, bad_input_is_refused_by_its_own_fault) {
  json no_metric = query("a"), no_id = query("");
  no_metric["MetricStat"].erase("Metric");
  json both = query("a");
  both["Expression"] = "1";
  json bad_stat = query("a");
  bad_stat["MetricStat"]["Stat"] = "tm90";
  const RefusedCase cases[] = {
      {"ListMetrics", {{"NextToken", "x"}}, "InvalidNextToken"},
      {"ListMetrics", {{"RecentlyActive", "PT1H"}}},
      {"ListMetrics", {{"Dimensions", "x"}}},
      {"ListMetrics", {{"Dimensions", {{{"Value", "x"}}}}}},
      {"GetMetricStatistics", json::object()},
      {"GetMetricStatistics", statistics_input({{"Period", 61}})},
      {"GetMetricStatistics", statistics_input({{"Period", 0}})},
      {"GetMetricStatistics", statistics_input({{"Statistics", {"Mean"}}})},
      {"GetMetricStatistics", statistics_input({{"Statistics", {"p50"}}})},
      {"GetMetricStatistics", statistics_input({{"Statistics", json::array()}}), "MissingRequiredParameterException"},
      {"GetMetricStatistics", statistics_input({{"ExtendedStatistics", {"Average"}}})},
      {"GetMetricStatistics", statistics_input({{"StartTime", "tomorrow"}})},
      {"GetMetricStatistics", statistics_input({{"StartTime", 1e30}})},
      {"GetMetricStatistics", statistics_input({{"EndTime", start_s}}), "InvalidParameterCombinationException"},
      {"GetMetricStatistics", statistics_input({{"EndTime", start_s + 100'000}}),
       "InvalidParameterCombinationException"},
      {"GetMetricData", data_input(json::array()), "MissingRequiredParameterException"},
      {"GetMetricData", data_input(json::array({no_metric})), "MissingRequiredParameterException"},
      {"GetMetricData", data_input(json::array({no_id}))},
      {"GetMetricData", data_input(json::array({query("A")}))},
      {"GetMetricData", data_input({query("a"), query("a")})},
      {"GetMetricData", data_input(json::array({both})), "InvalidParameterCombinationException"},
      {"GetMetricData", data_input(json::array({bad_stat}))},
      {"GetMetricData", data_input(json::array({query("a", "T1", 7)}))},
      {"GetMetricData", data_input(json::array({{{"Id", "a"}, {"Expression", "a + 1"}}}))},
      {"GetMetricData", data_input({{{"Id", "a"}, {"Expression", "b"}}, {{"Id", "b"}, {"Expression", "a"}}})},
      {"GetMetricData", data_input(json::array({{{"Id", "a"}, {"Expression", "SEARCH('x', 'Sum', 60)"}}}))},
      {"GetMetricData", data_input(json::array({query("a")}), {{"NextToken", "1"}}), "InvalidNextToken"},
      {"GetMetricData", data_input(json::array({query("a")}), {{"ScanBy", "Time"}})},
      {"GetMetricData", data_input(json::array({query("a")}), {{"EndTime", start_s}}),
       "InvalidParameterCombinationException"},
      {"PutMetricData", json::object(), "UnknownOperationException"},
      {"Nothing", json::object(), "UnknownOperationException"},
  };
  for (const RefusedCase& each : cases)
    EXPECT_EQ(refused(each.operation, each.input), each.fault) << each.operation << each.input;
  for (const char* body : {"[]", "{", "1"}) EXPECT_EQ(send(json_request("ListMetrics", body)).status, 400U);
  EXPECT_EQ(ok("DescribeAlarms", json::object())["MetricAlarms"], json::array());
}

TEST_F(MetricsTest, a_json_fault_names_the_query_fault_too) {
  const HttpReply reply = send(json_request("GetMetricStatistics", statistics_input({{"Period", 61}}).dump()));
  EXPECT_EQ(reply.content_type, "application/x-amz-json-1.0");
  EXPECT_NE(std::ranges::find(reply.headers, std::pair<std::string, std::string>{"x-amzn-query-error",
                                                                                 "InvalidParameterValue;Sender"}),
            reply.headers.end());
}

TEST_F(MetricsTest, the_query_protocol_answers_in_xml) {
  HttpReply reply =
      send(form_request("Action=ListMetrics&Version=2010-08-01&Namespace=AWS%2FDMS&"
                        "Dimensions.member.1.Name=ReplicationTaskIdentifier&"
                        "Dimensions.member.1.Value=T2"));
  EXPECT_EQ(reply.content_type, "text/xml");
  EXPECT_EQ(reply.body,
            "<ListMetricsResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><ListMetricsResult>"
            "<Metrics><member><Dimensions><member><Name>ReplicationInstanceIdentifier</Name><Value>pool</Value>"
            "</member><member><Name>ReplicationTaskIdentifier</Name><Value>T2</Value></member></Dimensions>"
            "<MetricName>CDCLatencySource</MetricName><Namespace>AWS/DMS</Namespace></member></Metrics>"
            "</ListMetricsResult><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>"
            "</ListMetricsResponse>");
  reply = send(form_request(
      "Action=GetMetricStatistics&Version=2010-08-01&Namespace=AWS%2FDMS&MetricName=CDCLatencySource&"
      "Dimensions.member.1.Name=ReplicationInstanceIdentifier&Dimensions.member.1.Value=pool&"
      "Dimensions.member.2.Name=ReplicationTaskIdentifier&Dimensions.member.2.Value=T1&"
      "StartTime=2026-02-02T02%3A35%3A00Z&EndTime=2026-02-02T02%3A36%3A00Z&Period=60&Statistics.member.1=Average&"
      "ExtendedStatistics.member.1=p50"));
  EXPECT_NE(reply.body.find("<Datapoints><member><Average>1</Average><ExtendedStatistics><entry><key>p50</key>"
                            "<value>0</value></entry></ExtendedStatistics><Timestamp>2026-02-02T02:35:00Z</Timestamp>"
                            "<Unit>Seconds</Unit></member></Datapoints>"),
            std::string::npos)
      << reply.body;
  reply = send(form_request("Action=GetMetricStatistics&Version=2010-08-01"));
  EXPECT_EQ(reply.status, 400U);
  EXPECT_NE(reply.body.find("<Error><Type>Sender</Type><Code>InvalidParameterValue</Code>"), std::string::npos);
  reply = send(form_request("Action=%3Cx%3E&Version=2010-08-01"));
  EXPECT_NE(reply.body.find("<Code>InvalidAction</Code>"), std::string::npos);
  EXPECT_EQ(reply.body.find("<x>"), std::string::npos);
}

TEST_F(MetricsTest, ten_and_more_list_members_keep_their_order) {
  std::string form = "Action=GetMetricData&Version=2010-08-01&StartTime=1769999700&EndTime=1770000000";
  for (int i = 1; i <= 12; ++i) {
    const std::string member = fmt::format("&MetricDataQueries.member.{}.", i);
    form += fmt::format("{0}Id=m{1}{0}Expression=m0", member, i);
  }
  form +=
      "&MetricDataQueries.member.13.Id=m0&MetricDataQueries.member.13.MetricStat.Period=60"
      "&MetricDataQueries.member.13.MetricStat.Stat=Sum&MetricDataQueries.member.13.MetricStat.Metric.Namespace=n"
      "&MetricDataQueries.member.13.MetricStat.Metric.MetricName=x";
  const std::string body = send(form_request(form)).body;
  size_t at = 0;
  for (int i = 1; i <= 12; ++i) {
    const size_t next = body.find(fmt::format("<Id>m{}</Id>", i));
    ASSERT_NE(next, std::string::npos) << body;
    EXPECT_GT(next, at);
    at = next;
  }
}

TEST_F(MetricsTest, cbor_answers_in_cbor) {
  const auto is_time = [](std::string_view member) { return member.ends_with("Time"); };
  HttpReply reply = send(cbor_request("GetMetricStatistics", to_cbor(statistics_input(), is_time)));
  EXPECT_EQ(reply.content_type, "application/cbor");
  EXPECT_EQ(reply.headers.front(), (std::pair<std::string, std::string>{"smithy-protocol", "rpc-v2-cbor"}));
  EXPECT_EQ(from_cbor(reply.body).value(), ok("GetMetricStatistics", statistics_input()));
  reply = send(cbor_request("GetMetricStatistics", "\xa0"));
  EXPECT_EQ(reply.status, 400U);
  EXPECT_EQ(from_cbor(reply.body).value()["__type"], "InvalidParameterValueException");
  EXPECT_EQ(send(cbor_request("ListMetrics", "")).status, 200U);
  EXPECT_EQ(send(cbor_request("ListMetrics", "\x81\x01")).status, 400U);
  EXPECT_EQ(from_cbor(send(cbor_request("Nothing", "")).body).value()["__type"], "UnknownOperationException");
}

TEST_F(MetricsTest, other_services_requests_are_none_of_ours) {
  for (HttpRequest request : {form_request("Action=GetCallerIdentity&Version=2011-06-15"), form_request(""),
                              form_request("Action=ListMetrics")})
    EXPECT_FALSE(metrics_facade().match(request)) << request.body;
  HttpRequest dms = json_request("x", "{}");
  dms.headers[1].second = "AmazonDMSv20160101.DescribeEndpoints";
  EXPECT_FALSE(metrics_facade().match(dms));
}

TEST_F(MetricsTest, any_body_gets_an_answer) {
  std::mt19937 random(13);
  const std::vector<std::string> words = {"Action=GetMetricData&Version=2010-08-01&",
                                          "MetricDataQueries.member.1.",
                                          "Id=a&",
                                          "Expression=m0&",
                                          ".",
                                          "member",
                                          "=",
                                          "&",
                                          "StartTime=1&",
                                          "EndTime=9&",
                                          "%",
                                          "%41",
                                          "Dimensions",
                                          "\xff"};
  const std::string cbor = to_cbor(data_input({query("a"), query("b", "T2")}), [](auto) { return true; });
  for (int round = 0; round < 3'000; ++round) {
    std::string form = words[0];
    for (size_t i = random() % 12; i > 0; --i) form += words[random() % words.size()];
    const HttpRequest request = form_request(form);
    if (metrics_facade().match(request)) (void)send(request);
    std::string bytes = cbor;
    for (size_t i = random() % 4; i > 0; --i) bytes[random() % bytes.size()] = static_cast<char>(random());
    (void)send(cbor_request("GetMetricData", bytes));
  }
}

}  // namespace
}  // namespace godwit
