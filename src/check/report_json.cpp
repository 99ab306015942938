#include "check/report_json.h"

#include <set>

namespace godwit {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* report_version = "0.0.2";

// By table; what concerns a whole end is counted by finding.
struct Counts {
  std::set<TableRef> passed, warned, failed;
  size_t ends_warned = 0, ends_failed = 0;

  explicit Counts(const AssessmentResult& result) {
    for (const AssessmentFinding& finding : result.findings) {
      const bool fails = finding.outcome == Outcome::failed;
      if (!finding.table.name.empty())
        (fails ? failed : warned).insert(finding.table);
      else
        ++(fails ? ends_failed : ends_warned);
    }
    for (const TableRef& table : failed) warned.erase(table);
    for (const TableRef& table : result.tables)
      if (!failed.contains(table) && !warned.contains(table)) passed.insert(table);
  }
};

Json results_summary(const AssessmentResult& result) {
  const Counts counts(result);
  if (result.tables.empty() && result.findings.empty())
    return {{"passed", "N/A"}, {"warning", "N/A"}, {"failed", "N/A"}};
  return {{"passed", result.tables.empty() ? "N/A" : std::to_string(counts.passed.size())},
          {"warning", std::to_string(counts.warned.size() + counts.ends_warned)},
          {"failed", std::to_string(counts.failed.size() + counts.ends_failed)}};
}

Json names(const std::set<TableRef>& tables) {
  Json out = Json::array();
  for (const TableRef& table : tables) out.push_back(to_string(table));
  return out;
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json finding_to_json(const AssessmentFinding& finding) {
  return {{"schema", text_or_null(finding.table.schema)},
          {"table", text_or_null(finding.table.name)},
          {"column", text_or_null(finding.column)},
          {"object", text_or_null(finding.object)},
          {"result", to_string(finding.outcome)},
          {"details", finding.reason},
          {"recommendation", text_or_null(finding.advice)},
          {"remedy", {{"where", to_string(finding.place)}, {"statements", finding.remedy}}}};
}

Json brief(const AssessmentResult& result) {
  return {{"test-name", result.name},
          {"test-result", to_string(result.outcome)},
          {"test-result-details", result.details},
          {"results-summary", results_summary(result)}};
}

}  // namespace

Json summary_to_json(const AssessmentReport& report) {
  Json lists = Json::object();
  for (const Outcome outcome :
       {Outcome::passed, Outcome::failed, Outcome::error, Outcome::warning, Outcome::cancelled, Outcome::skipped}) {
    Json& list = lists[std::string(to_string(outcome))] = Json::array();
    for (const AssessmentResult& result : report.results)
      if (result.outcome == outcome) list.push_back(brief(result));
  }
  return {{"version", report_version}, {"overall-test-result", report.status()}, {"summary", std::move(lists)}};
}

Json to_json(const AssessmentResult& result) {
  const Counts counts(result);
  Json out = {{"version", report_version}};
  out.update(brief(result));
  std::string recommendation = result.advice;
  for (const AssessmentFinding& finding : result.findings)
    if (recommendation.empty()) recommendation = finding.advice;
  out["recommendation"] = recommendation;
  out["link"] = "doc:check#" + result.name;
  out["table-results-summary"] = {
      {"passed", names(counts.passed)}, {"warning", names(counts.warned)}, {"failed", names(counts.failed)}};
  out["results"] = Json::array();
  for (const AssessmentFinding& finding : result.findings) out["results"].push_back(finding_to_json(finding));
  return out;
}

Json to_json(const AssessmentReport& report) {
  Json statistic = Json::object();
  const std::pair<const char*, Outcome> members[] = {
      {"Passed", Outcome::passed},   {"Failed", Outcome::failed},       {"Error", Outcome::error},
      {"Warning", Outcome::warning}, {"Cancelled", Outcome::cancelled}, {"Skipped", Outcome::skipped}};
  for (const auto& [name, outcome] : members) statistic[name] = report.count(outcome);
  Json results = Json::array();
  for (const AssessmentResult& result : report.results) results.push_back(to_json(result));
  return {{"status", report.status()}, {"statistic", std::move(statistic)}, {"results", std::move(results)}};
}

}  // namespace godwit
