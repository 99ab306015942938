#pragma once
// DMS's older assessment: the source's types that cannot be moved, or only as something else
// (StartReplicationTaskAssessment; spec/assessments.md §5).

#include <nlohmann/json.hpp>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "check/assess.h"
#include "check/facts.h"

namespace godwit {

struct ColumnIssue {
  TableRef table;
  std::string column, type;  // type: as the source writes it
  bool partly = false;       // it moves, as text
};

std::vector<ColumnIssue> column_issues(const TaskFacts& facts);

// Looks at the columns alone. Errors as of assess().
Result<std::vector<ColumnIssue>> assess_data_types(const AssessmentRequest& request, const std::stop_token& stop);

// The report's document.
nlohmann::ordered_json to_json(std::string_view task_name, std::span<const ColumnIssue> issues);

}  // namespace godwit
