#include "check/judgement.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace godwit {
namespace {

// General ones in the order of the list, the others by name; none twice.
class AssessmentList {
 public:
  void add(const Assessment& one, std::string name) {
    if (!names_.insert(name).second) return;
    const bool is_general = one.end == Assessment::End::general && !one.own;
    (is_general ? general_ : others_).push_back({std::move(name), one.about});
  }
  std::vector<AssessmentInfo> in_order() {
    std::ranges::sort(others_, {}, &AssessmentInfo::name);
    general_.insert(general_.end(), others_.begin(), others_.end());
    return std::move(general_);
  }

 private:
  std::set<std::string> names_;
  std::vector<AssessmentInfo> general_, others_;
};

}  // namespace

std::string_view to_string(Family family) {
  switch (family) {
    case Family::postgres:
      return "postgres";
    case Family::mysql:
      return "mysql";
    case Family::mariadb:
      return "mariadb";
    case Family::other:
      return "other";
  }
  return "?";
}

Family family_of(std::string_view engine) {
  if (engine == "mariadb") return Family::mariadb;
  if (engine.find("postgres") != std::string_view::npos) return Family::postgres;
  if (engine == "aurora" || engine.find("mysql") != std::string_view::npos) return Family::mysql;
  return Family::other;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return "passed";
    case Outcome::warning:
      return "warning";
    case Outcome::failed:
      return "failed";
    case Outcome::error:
      return "error";
    case Outcome::cancelled:
      return "cancelled";
    case Outcome::skipped:
      return "skipped";
  }
  return "?";
}

std::string_view to_string(RemedyPlace place) {
  switch (place) {
    case RemedyPlace::none:
      return "none";
    case RemedyPlace::source:
      return "source";
    case RemedyPlace::target:
      return "target";
    case RemedyPlace::task_settings:
      return "task-settings";
  }
  return "?";
}

size_t AssessmentReport::count(Outcome outcome) const {
  return static_cast<size_t>(std::ranges::count(results, outcome, &AssessmentResult::outcome));
}

std::string_view AssessmentReport::status() const {
  if (count(Outcome::failed) > 0) return "failed";
  if (count(Outcome::error) > 0) return "error-executing";
  if (count(Outcome::cancelled) > 0) return "cancelling";
  if (count(Outcome::warning) > 0 || count(Outcome::skipped) == results.size()) return "warning";
  return "passed";
}

std::string AssessmentReport::last_failure() const {
  for (auto result = results.rbegin(); result != results.rend(); ++result)
    if (result->outcome == Outcome::failed) return result->name + ": " + result->details;
  return {};
}

void Judgement::look_at(const TaskFacts& facts) {
  for (const CheckedTable& table : facts.tables) result_.tables.push_back(table.plan.source->ref);
  for (const auto& [table, error] : facts.unplanned)
    if (!table.name.empty()) result_.tables.push_back(table);
}

void Judgement::add(AssessmentFinding finding, Outcome outcome) {
  finding.outcome = outcome;
  result_.outcome = std::max(result_.outcome, outcome);  // passed < warning < failed
  result_.findings.push_back(std::move(finding));
}

// "2 tables have no key": what is found names whole tables, or else single things.
void Judgement::finish() {
  if (result_.outcome == Outcome::skipped) return;
  if (result_.findings.empty()) {
    result_.details = pass_;
    return;
  }
  std::set<TableRef> tables;
  for (const AssessmentFinding& finding : result_.findings)
    if (!finding.table.name.empty()) tables.insert(finding.table);
  if (result_.findings.size() == 1 || found_.empty()) {
    const AssessmentFinding& first = result_.findings.front();
    result_.details = first.reason;
    if (result_.findings.size() > 1) result_.details += fmt::format(" And {} more.", result_.findings.size() - 1);
    return;
  }
  result_.details = fmt::format(fmt::runtime(found_), tables.empty() ? result_.findings.size() : tables.size());
}

bool applies(const Assessment& assessment, Family source, Family target, TaskType type) {
  const bool loads = type != TaskType::cdc, follows = type != TaskType::full_load;
  switch (assessment.when) {
    case Assessment::When::always:
      break;
    case Assessment::When::load:
      if (!loads) return false;
      break;
    case Assessment::When::changes:
      if (!follows) return false;
      break;
    case Assessment::When::changes_only:
      if (loads) return false;
      break;
  }
  if (assessment.families.empty()) return true;
  const Family family = assessment.end == Assessment::End::target ? target : source;
  return std::ranges::find(assessment.families, family) != assessment.families.end();
}

std::string name_of(const Assessment& assessment, Family source, Family target) {
  if (assessment.own) return "godwit-" + assessment.name;
  if (assessment.end == Assessment::End::general) return assessment.name;
  return std::string(to_string(assessment.end == Assessment::End::target ? target : source)) + "-" + assessment.name;
}

const std::vector<Assessment>& assessments() {
  static const std::vector<Assessment> all = [] {
    std::vector<Assessment> out;
    for (auto group :
         {general_assessments, postgres_assessments, mysql_assessments, target_assessments, own_assessments})
      for (Assessment& one : group()) out.push_back(std::move(one));
    return out;
  }();
  return all;
}

std::vector<AssessmentInfo> applicable_assessments(Family source, Family target, TaskType type) {
  AssessmentList list;
  for (const Assessment& one : assessments())
    if (applies(one, source, target, type)) list.add(one, name_of(one, source, target));
  return list.in_order();
}

std::vector<AssessmentInfo> every_assessment() {
  constexpr Family families[] = {Family::postgres, Family::mysql, Family::mariadb, Family::other};
  AssessmentList list;
  for (const Assessment& one : assessments())
    for (const Family source : families)
      for (const Family target : families)
        for (const TaskType type : {TaskType::full_load, TaskType::full_load_and_cdc, TaskType::cdc})
          if (applies(one, source, target, type)) list.add(one, name_of(one, source, target));
  return list.in_order();
}

AssessmentResult judge(const Assessment& assessment, const TaskFacts& facts) {
  AssessmentResult result;
  result.name = name_of(assessment, facts.source_family, facts.target_family);
  Judgement judgement(result);
  if (assessment.judge != nullptr) {
    assessment.judge(facts, judgement);
  } else {
    const bool of_target = assessment.end == Assessment::End::target;
    for (const Finding& finding : of_target ? facts.target_findings : facts.source_findings) {
      if (std::ranges::find(assessment.codes, finding.error.code) == assessment.codes.end()) continue;
      AssessmentFinding found;
      found.table = finding.table;
      found.reason = finding.error.message;
      found.remedy = finding.remedy;
      if (!finding.remedy.empty()) found.place = of_target ? RemedyPlace::target : RemedyPlace::source;
      finding.fatal ? judgement.fail(std::move(found)) : judgement.warn(std::move(found));
    }
    judgement.pass("Nothing stands in the way.");
  }
  judgement.finish();
  return result;
}

}  // namespace godwit
