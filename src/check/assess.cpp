#include "check/assess.h"

#include <algorithm>
#include <optional>
#include <set>

#include "check/errors.h"
#include "check/gatherer.h"
#include "check/judgement.h"

namespace godwit {
namespace {

bool is_known(std::string_view name) {
  for (const Family source : {Family::postgres, Family::mysql, Family::mariadb, Family::other})
    for (const Family target : {Family::postgres, Family::mysql, Family::mariadb, Family::other})
      for (const Assessment& one : assessments())
        if (name_of(one, source, target) == name) return true;
  return false;
}

const Assessment* find(const AssessmentRequest& request, std::string_view name) {
  for (const Assessment& one : assessments())
    if (applies(one, request.source_family, request.target_family, request.type) &&
        name_of(one, request.source_family, request.target_family) == name)
      return &one;
  return nullptr;
}

AssessmentResult without_facts(const std::string& name, const Error& error) {
  AssessmentResult result;
  result.name = name;
  result.outcome = error.kind == ErrorKind::stopped ? Outcome::cancelled : Outcome::error;
  result.details = error.message;
  return result;
}

// A server of a version that Godwit does not speak to: that is what the assessment of its version finds, and the
// others cannot be had. Nothing: the error is of another kind, or nobody asked for that assessment.
std::optional<AssessmentReport> version_refused(const AssessmentRequest& request,
                                                const std::vector<std::string>& names, bool is_target,
                                                const Error& error, AssessmentListener& listener) {
  if (!error.code.ends_with("version") && error.code != "postgres.cockroach_source") return std::nullopt;
  const std::string family(to_string(request.source_family));
  const std::set<std::string> of_versions =
      is_target ? std::set<std::string>{"godwit-target-version"}
                : std::set<std::string>{family + "-check-dbversion", family + "-check-supported-version"};
  AssessmentReport report;
  bool asked = false;
  for (const std::string& name : names) {
    AssessmentResult result = without_facts(name, error);
    if (of_versions.contains(name)) {
      asked = true;
      result.outcome = Outcome::failed;
      result.findings.push_back({.outcome = Outcome::failed, .object = "version", .reason = error.message});
    }
    report.results.push_back(std::move(result));
  }
  if (!asked) return std::nullopt;
  for (const AssessmentResult& result : report.results) listener.ends(result);
  return report;
}

}  // namespace

Result<std::vector<std::string>> select_assessments(const AssessmentRequest& request) {
  if (!request.include_only.empty() && !request.exclude.empty()) return Failure(errors::include_and_exclude());
  for (const std::vector<std::string>* names : {&request.include_only, &request.exclude})
    for (const std::string& name : *names) {
      if (!is_known(name)) return Failure(errors::unknown_assessment(name));
      if (find(request, name) == nullptr) return Failure(errors::assessment_does_not_apply(name));
    }
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  std::vector<std::string> out;
  for (AssessmentInfo& info : applicable_assessments(request.source_family, request.target_family, request.type))
    if (request.include_only.empty() ? !has(request.exclude, info.name) : has(request.include_only, info.name))
      out.push_back(std::move(info.name));
  if (out.empty()) return Failure(errors::nothing_to_assess());
  return out;
}

Result<AssessmentReport> assess(const AssessmentRequest& request, AssessmentListener& listener,
                                const std::stop_token& stop) {
  const std::vector<std::string> names = TRY(select_assessments(request));
  Gatherer gatherer(request, stop);
  if (const auto opened = gatherer.open(); !opened) {
    auto refused = version_refused(request, names, gatherer.has_source(), opened.error(), listener);
    if (!refused) return Failure(opened.error());
    return std::move(*refused);
  }
  AssessmentReport report;
  for (size_t i = 0; i < names.size(); ++i) {
    const Assessment& assessment = *find(request, names[i]);
    AssessmentResult result;
    if (stop.stop_requested()) {
      result = without_facts(names[i], errors::check_stopped());
    } else {
      listener.begins(names[i], i, names.size());
      const auto brought = gatherer.bring(assessment.needs);
      result = brought ? judge(assessment, gatherer.facts()) : without_facts(names[i], brought.error());
    }
    listener.ends(result);
    report.results.push_back(std::move(result));
  }
  return report;
}

}  // namespace godwit
