#pragma once
// The result files of a run in DMS's form (spec/assessments.md §3).

#include <nlohmann/json.hpp>

#include "check/assessment.h"

namespace godwit {

// "summary.json"
nlohmann::ordered_json summary_to_json(const AssessmentReport& report);
// "<name>.json"
nlohmann::ordered_json to_json(const AssessmentResult& result);
// All of a report: {"status", "statistic" (DMS's ResultStatistic), "results": [one file each]}.
nlohmann::ordered_json to_json(const AssessmentReport& report);

}  // namespace godwit
