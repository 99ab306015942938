#pragma once
// What an assessment says while it looks at the facts.

#include <string>
#include <utility>

#include "check/facts.h"

namespace godwit {

class Judgement {
 public:
  explicit Judgement(AssessmentResult& result) : result_(result) { result_.outcome = Outcome::passed; }

  void warn(AssessmentFinding finding) { add(std::move(finding), Outcome::warning); }
  void fail(AssessmentFinding finding) { add(std::move(finding), Outcome::failed); }
  // What is said when nothing is found.
  void pass(std::string words) { pass_ = std::move(words); }
  void skip(std::string why) {
    result_.outcome = Outcome::skipped;
    result_.details = std::move(why);
  }
  // Tables are what is judged, each of the task's.
  void look_at(const TaskFacts& facts);
  // What is said when something is found, before the number of findings is known: "{} have no key".
  void found(std::string words) { found_ = std::move(words); }
  // What to do about all findings together, where that is more than what the first one says.
  void advise(std::string words) { result_.advice = std::move(words); }
  void finish();

 private:
  void add(AssessmentFinding finding, Outcome outcome);
  AssessmentResult& result_;
  std::string pass_, found_;
};

// One line of the list. Names of the engines' own begin with the family of the end they look at.
struct Assessment {
  enum class End : uint8_t { general, source, target };
  enum class When : uint8_t { always, load, changes, changes_only };
  using Judge = void (*)(const TaskFacts&, Judgement&);
  using Families = std::vector<Family>;

  std::string name;  // without the family
  std::string about;
  End end = End::general;  // whose family it belongs to
  Families families = {};  // empty: any
  When when = When::always;
  unsigned needs = 0;
  // What the start would say of it: by the codes of errors. Without a judge these findings are the result; one that
  // has a judge says the same from facts.
  std::vector<std::string_view> codes = {};
  Judge judge = nullptr;
  bool own = false;  // ours: named godwit-…, whatever the family
};

const std::vector<Assessment>& assessments();

bool applies(const Assessment& assessment, Family source, Family target, TaskType type);
std::string name_of(const Assessment& assessment, Family source, Family target);

// Those of one group, for assessments().
std::vector<Assessment> general_assessments();
std::vector<Assessment> postgres_assessments();
std::vector<Assessment> mysql_assessments();
std::vector<Assessment> target_assessments();
std::vector<Assessment> own_assessments();

// The judgement of one assessment; `claimed`: the codes that any applicable assessment names.
AssessmentResult judge(const Assessment& assessment, const TaskFacts& facts);

}  // namespace godwit
