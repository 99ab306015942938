#include "control/data_type_assessments.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/server_log.h"
#include "check/data_types.h"
#include "control/account.h"
#include "control/assessed_task.h"
#include "control/assessment_files.h"
#include "control/running_assessments.h"
#include "control/tasks.h"

namespace godwit {
namespace {

std::string folder_of(const Environment& environment, const std::string& task_identifier) {
  return results_folder(environment, data_type_report_bucket(environment), "", task_identifier);
}

// "2026-03-01-09-30"
std::string file_name(int64_t us) {
  std::string text = iso_seconds(us).substr(0, 16);
  for (char& c : text)
    if (c == 'T' || c == ':') c = '-';
  return text;
}

Result<void> write_report(const Environment& environment, const std::string& task_identifier, const std::string& file,
                          const std::string& text) {
  const std::string folder = folder_of(environment, task_identifier);
  TRY(make_results_folder(folder));
  return write_result(folder, file, text);
}

DataTypeReportRecord report_of(const Environment& environment, const StoredTask& task,
                               const std::vector<ColumnIssue>& issues) {
  DataTypeReportRecord out{.task_id = task.id, .assessed_us = environment.now_us()};
  out.status = issues.empty() ? "No issues found" : "Issues found";
  out.report =
      to_json(task.identifier, issues).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  const std::string file = file_name(out.assessed_us);
  if (const auto written = write_report(environment, task.identifier, file, out.report); written)
    out.file = task.identifier + "/" + file;
  else
    server_log_of(Severity::warning, "assessments", "task={} its report of data types is in the store alone: {}",
                  task.identifier, written.error().message);
  return out;
}

Result<void> keep(Environment& environment, const DataTypeReportRecord& report) {
  return environment.database.atomically([&]() -> Result<void> {
    TRY(end_testing(environment, report.task_id));
    const auto task = TRY(find_task(environment.database, report.task_id));
    if (!task) return {};  // it was deleted meanwhile
    return put_data_type_report(environment.database, report);
  });
}

void carry_out(Environment& environment, const StoredTask& task, const AssessmentRequest& request,
               const std::stop_token& stop) {
  if (stop.stop_requested()) return;
  const auto issues = assess_data_types(request, stop);
  if (stop.stop_requested()) return;  // the server ends; the next one puts the task to rest
  const DataTypeReportRecord report =
      issues ? report_of(environment, task, *issues)
             : DataTypeReportRecord{.task_id = task.id,
                                    .assessed_us = environment.now_us(),
                                    .status = "Assessment failed: " + issues.error().message};
  if (const auto kept = keep(environment, report); !kept)
    server_log_of(Severity::error, "assessments", "task={} its report of data types is not kept: {}", task.identifier,
                  kept.error().message);
}

Result<ShownDataTypeReport> shown(const Environment& environment, DataTypeReportRecord record) {
  ShownDataTypeReport out;
  out.task_arn = make_arn(environment.names, "task", record.task_id);
  if (const auto task = TRY(find_task(environment.database, record.task_id))) out.task_identifier = task->identifier;
  if (!record.file.empty())
    out.url = "file://" + results_folder(environment, data_type_report_bucket(environment), "", record.file);
  out.record = std::move(record);
  return out;
}

}  // namespace

Result<StoredTask> start_data_type_assessment(Environment& environment, const std::string& task_arn) {
  AssessmentRequest request;
  const StoredTask task = TRY(environment.database.atomically([&]() -> Result<StoredTask> {
    const StoredTask begun = TRY(begin_assessment(environment, task_arn));
    request = TRY(assessment_request(environment, begun));
    return begun;
  }));
  environment.assessments->start("data-types/" + task.id, [&environment, task, request](const std::stop_token& stop) {
    carry_out(environment, task, request, stop);
  });
  return task;
}

Result<std::optional<ShownDataTypeReport>> data_type_report_of(Environment& environment,
                                                               const std::string& task_arn) {
  const StoredTask task = TRY(require_task(environment, task_arn));
  auto report = TRY(find_data_type_report(environment.database, task.id));
  if (!report) return std::nullopt;
  return TRY(shown(environment, *std::move(report)));
}

Result<std::vector<ShownDataTypeReport>> data_type_reports(Environment& environment, const ListPage& page) {
  std::vector<ShownDataTypeReport> out;
  for (DataTypeReportRecord& report : TRY(list_data_type_reports(environment.database, page))) {
    ShownDataTypeReport one = TRY(shown(environment, std::move(report)));
    out.push_back(std::move(one));
  }
  return out;
}

std::string data_type_report_bucket(const Environment& environment) {
  return fmt::format("dms-{}-{}", environment.names.account, unique_account_identifier(environment.names));
}

}  // namespace godwit
