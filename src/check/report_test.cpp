// Reports from facts written by hand.

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

#include "check/data_types.h"
#include "check/facts_by_hand.h"
#include "check/judgement.h"
#include "check/report_json.h"

namespace godwit {
namespace {

AssessmentReport report_of(std::initializer_list<Outcome> outcomes) {
  AssessmentReport report;
  for (const Outcome outcome : outcomes) report.results.push_back({"one", outcome, "so it is", {}, {}});
  return report;
}

TEST(Report, status_is_the_worst_that_counts) {
  using enum Outcome;
  EXPECT_EQ(report_of({passed, passed, skipped}).status(), "passed");
  EXPECT_EQ(report_of({skipped, skipped}).status(), "warning");
  EXPECT_EQ(report_of({passed, warning}).status(), "warning");
  EXPECT_EQ(report_of({warning, error}).status(), "error-executing");
  EXPECT_EQ(report_of({failed, error, cancelled}).status(), "failed");
  EXPECT_EQ(report_of({passed, cancelled}).status(), "cancelling");
  EXPECT_EQ(report_of({passed, failed, warning}).last_failure(), "one: so it is");
}

TEST(DataTypes, are_reported_by_type_schema_and_table) {
  TaskFacts facts = plain_facts(Family::postgres, Family::mysql);
  ColumnDef odd;
  odd.name = "place";
  odd.type.native = "point(2)";
  facts.unsupported = {{{"public", "odd"}, odd}};
  TableDef definition = *facts.tables.front().plan.source;
  definition.columns[1].type.native = "tsvector";
  definition.columns[1].type.form = ValueForm::other;
  CheckedTable& table = facts.tables.front();
  table.plan.source = table.plan.layout = std::make_shared<const TableDef>(definition);
  const nlohmann::ordered_json report = to_json("shop", column_issues(facts));
  EXPECT_EQ(report.dump(),
            R"({"summary":{"task-name":"shop","not-supported":{"data-type":["point"],"column-count":1},)"
            R"("partially-supported":{"data-type":["tsvector"],"column-count":1}},"types":[)"
            R"({"data-type":"point","support-level":"not-supported","schemas":[{"schema-name":"public","tables":[)"
            R"({"table-name":"odd","columns":["place"]}]}]},)"
            R"({"data-type":"tsvector","support-level":"partially-supported","schemas":[{"schema-name":"public",)"
            R"("tables":[{"table-name":"orders","columns":["body"]}]}]}]})");
}

TEST(DataTypes, keep_names_of_several_words) {
  const std::pair<const char*, const char*> names[] = {
      {"bit varying(5)", "bit varying"},
      {"double precision", "double precision"},
      {"timestamp(3) without time zone", "timestamp without time zone"},
      {"character varying(20)[]", "character varying[]"},
      {"varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "varchar"},
      {"enum('a)','b''(') COLLATE utf8mb4_bin", "enum"},
      {R"x("My (odd)"."type one"(2))x", R"x("My (odd)"."type one")x"},
  };
  for (const auto& [native, name] : names) {
    TaskFacts facts = plain_facts(Family::postgres, Family::mysql);
    ColumnDef odd;
    odd.type.native = native;
    facts.unsupported = {{{"public", "odd"}, odd}};
    EXPECT_EQ(to_json("shop", column_issues(facts))["types"][0]["data-type"], name) << native;
  }
}

TEST(Report, files_have_the_form_of_dms) {
  TaskFacts facts = plain_facts();
  no_source_key(facts);
  const AssessmentResult result = judge(*find_assessment(facts, "postgres-check-pk"), facts);
  const nlohmann::ordered_json file = to_json(result);
  EXPECT_EQ(file["version"], "0.0.2");
  EXPECT_EQ(file["test-name"], "postgres-check-pk");
  EXPECT_EQ(file["test-result"], "warning");
  EXPECT_EQ(file["results-summary"], (nlohmann::ordered_json{{"passed", "0"}, {"warning", "1"}, {"failed", "0"}}));
  EXPECT_EQ(file["table-results-summary"]["warning"][0], "public.orders");
  EXPECT_EQ(file["results"][0]["schema"], "public");
  EXPECT_EQ(file["results"][0]["column"], nullptr);
  EXPECT_EQ(file["results"][0]["remedy"]["where"], "source");
  AssessmentReport report;
  report.results = {result};
  const nlohmann::ordered_json summary = summary_to_json(report);
  EXPECT_EQ(summary["overall-test-result"], "warning");
  EXPECT_EQ(summary["summary"]["warning"][0]["test-name"], "postgres-check-pk");
  EXPECT_TRUE(summary["summary"]["failed"].empty());
  EXPECT_EQ(to_json(report)["statistic"]["Warning"], 1);
}

}  // namespace
}  // namespace godwit
