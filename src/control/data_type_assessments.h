#pragma once
// The older assessment of a task (StartReplicationTaskAssessment; spec/assessments.md §5): its source's types that
// cannot be moved, or only as something else. It runs as assessment runs do; the task shows `testing` meanwhile, and
// the report takes the place of the task's former one. What a server that ends had under way leaves no report.

#include <optional>
#include <string>
#include <vector>

#include "control/environment.h"
#include "store/data_type_reports.h"
#include "store/tasks.h"

namespace godwit {

// A report as replies show it.
struct ShownDataTypeReport {
  DataTypeReportRecord record;
  std::string task_arn, task_identifier;
  std::string url;  // file://…, of the report's file; empty: there is none
};

// Answers the task as its reply shows it.
Result<StoredTask> start_data_type_assessment(Environment& environment, const std::string& task_arn);
// Nothing: the task was never assessed.
Result<std::optional<ShownDataTypeReport>> data_type_report_of(Environment& environment, const std::string& task_arn);
// Without their texts.
Result<std::vector<ShownDataTypeReport>> data_type_reports(Environment& environment, const ListPage& page);
// BucketName: where the files are (control/assessment_files.h).
std::string data_type_report_bucket(const Environment& environment);

}  // namespace godwit
