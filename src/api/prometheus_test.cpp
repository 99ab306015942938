#include "api/prometheus.h"

#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include "api/monitoring_kit.h"
#include "api/prometheus_text.h"
#include "api/request_counts.h"
#include "control/fake_workers.h"

namespace godwit {
namespace {

constexpr PrometheusFamily rows = {"godwit_rows_total", PrometheusType::counter, "Rows."};
constexpr PrometheusFamily lag = {"godwit_lag", PrometheusType::gauge, "Lag."};

TEST(PrometheusTextTest, samples_of_one_name_stand_together) {
  PrometheusText text(false);
  text.add(rows, {{"task", "a"}}, 1);
  text.add(lag, {}, 0.5);
  text.add(rows, {{"task", "q\"\\\n"}, {"side", "s"}}, 12345678901234.0);
  EXPECT_EQ(text.text(),
            "# HELP godwit_rows_total Rows.\n# TYPE godwit_rows_total counter\n"
            "godwit_rows_total{task=\"a\"} 1\n"
            "godwit_rows_total{task=\"q\\\"\\\\\\n\",side=\"s\"} 12345678901234\n"
            "# HELP godwit_lag Lag.\n# TYPE godwit_lag gauge\ngodwit_lag 0.5\n");
}

TEST(PrometheusTextTest, open_metrics_names_counters_without_total_and_ends) {
  PrometheusText text(true);
  text.add(rows, {}, INFINITY);
  EXPECT_EQ(text.text(), "# HELP godwit_rows Rows.\n# TYPE godwit_rows counter\ngodwit_rows_total +Inf\n# EOF\n");
}

TEST(RequestCountsTest, durations_add_up_and_names_are_bounded) {
  RequestCounts counts;
  counts.note("dms:A", "OK", 0.002);
  counts.note("dms:A", "OK", 7);
  for (int i = 0; i < 2000; ++i) counts.note("x" + std::to_string(i), "OK", 0);
  PrometheusText text(false);
  counts.show(text);
  const std::string shown = text.text();
  EXPECT_NE(shown.find("godwit_api_requests_total{operation=\"dms:A\",code=\"OK\"} 2\n"), std::string::npos);
  EXPECT_NE(shown.find("godwit_api_requests_total{operation=\"other\",code=\"other\"} 1501\n"), std::string::npos);
  EXPECT_NE(shown.find("godwit_api_request_seconds_bucket{le=\"0.001\"} 2000\n"), std::string::npos);
  EXPECT_NE(shown.find("godwit_api_request_seconds_bucket{le=\"+Inf\"} 2002\n"), std::string::npos);
  EXPECT_NE(shown.find("godwit_api_request_seconds_count 2002\n"), std::string::npos);
}

class PrometheusTest : public MonitoringTest {
 protected:
  HttpReply get(const std::string& target = "/metrics", const std::string& accept = "", const char* method = "GET") {
    return reply_of(
        prometheus_facade(),
        {.method = method, .target = target, .headers = {{"accept", accept}}, .body = "", .peer = "127.0.0.1"});
  }
};

TEST_F(PrometheusTest, every_line_is_of_the_format) {
  for (const char* accept : {"", "application/openmetrics-text;version=1.0.0"}) {
    const HttpReply reply = get("/metrics", accept);
    EXPECT_EQ(reply.status, 200U);
    std::istringstream lines(reply.body);
    const std::regex comment("# (HELP|TYPE) [a-z_]+ .+|# EOF"),
        sample(R"re([a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [-+0-9.eInf]+)re");
    for (std::string line; std::getline(lines, line);)
      EXPECT_TRUE(std::regex_match(line, comment) || std::regex_match(line, sample)) << line;
  }
}

TEST_F(PrometheusTest, tasks_and_instances_are_shown) {
  const std::string body = get().body;
  for (const std::string_view line :
       {"godwit_task_status{instance_id=\"pool\",task=\"name-T1\",task_id=\"T1\",status=\"running\"} 1\n",
        "godwit_task_status{instance_id=\"pool\",task=\"name-T1\",task_id=\"T1\",status=\"stopped\"} 0\n",
        "godwit_instance_memory_available_bytes{instance_id=\"pool\"} ", "process_resident_memory_bytes "})
    EXPECT_NE(body.find(line), std::string::npos) << line;
}

TEST_F(PrometheusTest, counters_of_a_task_stay_when_its_worker_is_gone) {
  FakeWorkers workers;
  environment_->workers = &workers;
  WorkerStatistics& figures = workers.figures["T1"];
  figures.run = 1;
  figures.live = figures.follows = true;
  figures.loaded_rows = 7;
  figures.lob_truncations = 2;
  figures.bulk_fallbacks = 3;
  figures.captured_changes = 4;
  figures.captured_bytes = 400;
  figures.memory_bytes = 9;
  figures.log_lines = {{Component::target_apply, Severity::error, 5}};
  const std::string task = "instance_id=\"pool\",task=\"name-T1\",task_id=\"T1\"";
  const std::string counters[] = {
      "godwit_task_full_load_rows_total{" + task + "} 7\n",
      "godwit_task_lob_truncations_total{" + task + "} 2\n",
      "godwit_task_bulk_fallbacks_total{" + task + "} 3\n",
      "godwit_task_cdc_bytes_total{" + task + ",side=\"source\"} 400\n",
      "godwit_task_errors_total{" + task + ",component=\"TARGET_APPLY\",severity=\"error\"} 5\n",
      "godwit_task_errors_total{" + task + ",component=\"SORTER\",severity=\"warning\"} 0\n",
  };
  const std::string gauges[] = {"godwit_task_memory_bytes{" + task + "} 9\n",
                                "godwit_task_cdc_latency_seconds{" + task + ",side=\"source\"} 0\n"};
  for (const bool live : {true, false}) {
    figures.live = figures.follows = live;
    const std::string body = get().body;
    for (const std::string& line : counters) EXPECT_NE(body.find(line), std::string::npos) << live << line;
    for (const std::string& line : gauges) EXPECT_EQ(body.find(line) != std::string::npos, live) << line;
  }
  environment_->workers = nullptr;
}

TEST_F(PrometheusTest, other_methods_and_questions_are_refused) {
  EXPECT_EQ(get("/metrics", "", "POST").status, 405U);
  EXPECT_EQ(get("/metrics?tables=maybe").status, 400U);
  EXPECT_EQ(get("/metrics?tables=true").status, 200U);
  EXPECT_FALSE(prometheus_facade().match({"GET", "/metrics2", {}, "", ""}));
}

}  // namespace
}  // namespace godwit
