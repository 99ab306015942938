#pragma once
// Premigration assessments (spec/assessments.md): what is looked at before a task starts, under DMS's names where DMS
// has one and under godwit-… where it has none. An assessment is a pure function of facts (check/facts.h).
//
// Severity: failed where the task would not start, would lose a change or would leave a table in error; warning where
// something is slower, is left to the user, or may end the task later. What DMS cannot do and Godwit does passes, and
// says so.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/table_def.h"
#include "task/runner.h"

namespace godwit {

// The beginning of the names of an end's own assessments. `other`: it has none.
enum class Family : uint8_t { postgres, mysql, mariadb, other };

std::string_view to_string(Family family);  // "postgres"
// Of a URI's scheme or DMS's engine name: "postgres", "aurora-postgresql", "azure-mysql", "mariadb".
Family family_of(std::string_view engine);

enum class Outcome : uint8_t { passed, warning, failed, error, cancelled, skipped };

std::string_view to_string(Outcome outcome);

// Who carries out a remedy.
enum class RemedyPlace : uint8_t { none, source, target, task_settings };

std::string_view to_string(RemedyPlace place);

struct AssessmentFinding {
  Outcome outcome = Outcome::warning;    // warning or failed
  TableRef table = {};                   // source name, of tables of the target alone its own; empty: the whole end
  std::string column = {}, object = {};  // object: a constraint, index, parameter, sequence
  std::string reason = {};               // what is so, and what comes of it
  std::string advice = {};               // what to do, in words; empty: run the remedy
  RemedyPlace place = RemedyPlace::none;
  std::vector<std::string> remedy = {};  // SQL statements for that server, or one JSON object of task settings
};

struct AssessmentResult {
  std::string name;
  Outcome outcome = Outcome::skipped;
  std::string details;  // one sentence
  std::vector<AssessmentFinding> findings;
  std::vector<TableRef> tables = {};  // that were looked at; empty: it looks at whole ends
  std::string advice = {};            // for all findings together; empty: that of the first
};

struct AssessmentReport {
  std::vector<AssessmentResult> results;  // in the order of the list
  size_t count(Outcome outcome) const;
  // DMS's status of the run: "failed", "error-executing", "cancelling", "warning" (also where all were skipped),
  // "passed"; the first that fits.
  std::string_view status() const;
  // The details of the last one that failed; empty: none did.
  std::string last_failure() const;
};

// One that a list shows.
struct AssessmentInfo {
  std::string name;
  std::string about;  // what is looked at, one sentence
};

// All that can be asked for between such ends: general ones first, then by name.
std::vector<AssessmentInfo> applicable_assessments(Family source, Family target, TaskType type);
// All there are, whatever the ends and the type; in the same order.
std::vector<AssessmentInfo> every_assessment();

}  // namespace godwit
