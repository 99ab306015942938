// godwit check: what stands in the way of a migration, before it starts.

#include "check/assess.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/commands.h"
#include "app/signal_thread.h"
#include "base/log.h"
#include "check/report_json.h"
#include "engines/all.h"

namespace godwit {
namespace {

int exit_status(const AssessmentReport& report) {
  if (report.count(Outcome::failed) > 0) return 3;
  return report.count(Outcome::error) + report.count(Outcome::cancelled) > 0 ? 1 : 0;
}

Result<AssessmentRequest> request_of(const CheckArguments& arguments) {
  AssessmentRequest out;
  out.source = TRY(parse_endpoint(arguments.source));
  out.target = TRY(parse_endpoint(arguments.target));
  out.source_engine = TRY(find_engine(out.source.scheme));
  out.target_engine = TRY(find_engine(out.target.scheme));
  out.source_family = family_of(out.source.scheme);
  out.target_family = family_of(out.target.scheme);
  out.type = TRY(task_type(arguments.type));
  const std::string mappings = TRY(document_text(arguments.mappings, "--table-mappings"));
  out.rules = mappings.empty() ? default_rules() : TRY(parse_rules(mappings));
  const std::string settings = TRY(document_text(arguments.settings, "--task-settings"));
  out.settings = TRY(parse_settings(settings));
  out.preparation_named = settings.find("\"TargetTablePrepMode\"") != std::string::npos;
  out.task_id = arguments.task_id;
  out.start_position = arguments.start_position;
  out.include_only = arguments.include;
  out.exclude = arguments.exclude;
  return out;
}

// On a terminal: which one is running.
class ProgressLine : public AssessmentListener {
 public:
  explicit ProgressLine(bool shown) : shown_(shown) {}
  void begins(const std::string& name, size_t place, size_t of) override {
    if (shown_) fmt::print(stderr, "\r\033[K[{}/{}] {}", place + 1, of, name);
    if (shown_) std::fflush(stderr);
  }
  void ends(const AssessmentResult&) override {
    if (shown_) fmt::print(stderr, "\r\033[K");
    if (shown_) std::fflush(stderr);
  }

 private:
  const bool shown_;
};

std::string object_of(const AssessmentFinding& finding) {
  std::string out = finding.table.name.empty() ? std::string() : to_string(finding.table);
  if (!finding.column.empty()) out += (out.empty() ? "" : ".") + finding.column;
  if (!finding.object.empty()) out += out.empty() ? finding.object : " (" + finding.object + ")";
  return out;
}

void print_finding(const AssessmentFinding& finding) {
  const std::string object = object_of(finding);
  fmt::print("  {}{}{}\n", object, object.empty() ? "" : ": ", finding.reason);
  if (!finding.advice.empty()) fmt::print("      {}\n", finding.advice);
  for (const std::string& statement : finding.remedy)
    fmt::print("      {}> {}\n", to_string(finding.place), statement);
}

void print_group(const AssessmentReport& report, Outcome outcome, std::string_view title) {
  if (report.count(outcome) == 0) return;
  fmt::print("{} ({})\n", title, report.count(outcome));
  for (const AssessmentResult& result : report.results) {
    if (result.outcome != outcome) continue;
    fmt::print("\n{}\n", result.name);
    if (result.findings.size() != 1) fmt::print("  {}\n", result.details);
    for (const Outcome worst : {Outcome::failed, Outcome::warning})
      for (const AssessmentFinding& finding : result.findings)
        if (finding.outcome == worst) print_finding(finding);
  }
  fmt::print("\n");
}

void print_text(const AssessmentReport& report) {
  print_group(report, Outcome::failed, "FAILED");
  print_group(report, Outcome::error, "COULD NOT BE RUN");
  print_group(report, Outcome::cancelled, "CANCELLED");
  print_group(report, Outcome::warning, "WARNINGS");
  if (report.count(Outcome::passed) > 0) fmt::print("PASSED ({})\n", report.count(Outcome::passed));
  for (const AssessmentResult& result : report.results)
    if (result.outcome == Outcome::passed) fmt::print("  {}: {}\n", result.name, result.details);
  if (report.count(Outcome::skipped) > 0) fmt::print("SKIPPED ({})\n", report.count(Outcome::skipped));
  for (const AssessmentResult& result : report.results)
    if (result.outcome == Outcome::skipped) fmt::print("  {}: {}\n", result.name, result.details);
  fmt::print("\n{} passed, {} with warnings, {} failed, {} could not be run, {} skipped.\n",
             report.count(Outcome::passed), report.count(Outcome::warning), report.count(Outcome::failed),
             report.count(Outcome::error) + report.count(Outcome::cancelled), report.count(Outcome::skipped));
}

void print_list(const AssessmentRequest& request, const std::vector<std::string>& names, bool json) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const AssessmentInfo& info :
       applicable_assessments(request.source_family, request.target_family, request.type)) {
    if (std::ranges::find(names, info.name) == names.end()) continue;
    if (json)
      out.push_back({{"name", info.name}, {"about", info.about}});
    else
      fmt::print("{:<62} {}\n", info.name, info.about);
  }
  if (json) fmt::print("{}\n", out.dump(2));
}

int could_not(const Error& error, bool json) {
  if (json)
    fmt::print("{}\n", nlohmann::ordered_json({{"status", "error-executing"},
                                               {"error", {{"code", error.code}, {"message", error.message}}}})
                           .dump(2));
  fmt::print(stderr, "error: {} [{}]\n", error.message, error.code);
  return error.kind == ErrorKind::usage ? 2 : 1;
}

}  // namespace

int check(const CheckArguments& arguments) {
  SignalThread::block();
  const bool json = arguments.output == "json";
  const auto request = request_of(arguments);
  if (!request) return could_not(request.error(), json);
  const auto names = select_assessments(*request);
  if (!names) return could_not(names.error(), json);
  if (arguments.list) {
    print_list(*request, *names, json);
    return 0;
  }
  std::stop_source stop;
  const SignalThread signals([&] { stop.request_stop(); });
  ProgressLine progress(!json && isatty(STDERR_FILENO) != 0);
  const auto report = assess(*request, progress, stop.get_token());
  if (!report) return could_not(report.error(), json);
  if (json)
    fmt::print("{}\n", to_json(*report).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  else
    print_text(*report);
  return exit_status(*report);
}

}  // namespace godwit
