// Assessments: premigration assessment runs, and the older reports of data types (spec/api.md §6.7).

#include "control/assessments.h"

#include <algorithm>

#include "api/filter_values.h"
#include "api/operations.h"
#include "api/paging.h"
#include "api/tag_input.h"
#include "api/task_reply.h"
#include "control/assessed_task.h"
#include "control/data_type_assessments.h"

namespace godwit {
namespace {

using nlohmann::json;

void add(json& object, std::string_view member, const std::string& text) {
  if (!text.empty()) object[std::string(member)] = text;
}

json run_json(const Call& call, const ShownAssessmentRun& one) {
  const AssessmentRunRecord& run = one.record;
  const AssessmentCounts& counts = one.counts;
  json out = {{"ReplicationTaskAssessmentRunArn", assessment_run_arn(call.environment, run.id)},
              {"ReplicationTaskArn", make_arn(call.environment.names, "task", run.task_id)},
              {"Status", run.status},
              {"ReplicationTaskAssessmentRunCreationDate", json_time(run.created_us)},
              {"AssessmentProgress",
               {{"IndividualAssessmentCount", counts.all}, {"IndividualAssessmentCompletedCount", counts.ended}}},
              {"ServiceAccessRoleArn", run.service_access_role_arn},
              {"ResultLocationBucket", run.bucket},
              {"AssessmentRunName", run.name},
              {"IsLatestTaskAssessmentRun", run.is_latest},
              {"ResultStatistic",
               {{"Passed", counts.passed},
                {"Failed", counts.failed},
                {"Error", counts.error},
                {"Warning", counts.warning},
                {"Cancelled", counts.cancelled},
                {"Skipped", counts.skipped}}}};
  add(out, "LastFailureMessage", run.last_failure);
  add(out, "ResultLocationFolder", run.folder);
  add(out, "ResultEncryptionMode", run.encryption_mode);
  add(out, "ResultKmsKeyArn", run.kms_key_id);
  return out;
}

json run_reply(const Call& call, const ShownAssessmentRun& run) {
  return json{{"ReplicationTaskAssessmentRun", run_json(call, run)}};
}

Result<json> start(const Call& call) {
  const NewAssessmentRun wanted{.task_arn = call.text("ReplicationTaskArn"),
                                .name = call.text("AssessmentRunName"),
                                .service_access_role_arn = call.text("ServiceAccessRoleArn"),
                                .bucket = call.text("ResultLocationBucket"),
                                .folder = call.text("ResultLocationFolder"),
                                .encryption_mode = call.text("ResultEncryptionMode"),
                                .kms_key_id = call.text("ResultKmsKeyArn"),
                                .include_only = call.texts("IncludeOnly"),
                                .exclude = call.texts("Exclude"),
                                .tags = read_tags(call)};
  const ShownAssessmentRun begun = TRY(start_assessment_run(call.environment, wanted));
  return run_reply(call, begun);
}

Result<json> cancel(const Call& call) {
  const ShownAssessmentRun run =
      TRY(cancel_assessment_run(call.environment, call.text("ReplicationTaskAssessmentRunArn")));
  return run_reply(call, run);
}

Result<json> remove(const Call& call) {
  const ShownAssessmentRun run =
      TRY(remove_assessment_run(call.environment, call.text("ReplicationTaskAssessmentRunArn")));
  return run_reply(call, run);
}

Result<json> describe_runs(const Call& call) {
  const auto filters = TRY(read_filters(
      call, {"replication-task-assessment-run-arn", "replication-task-arn", "replication-instance-arn", "status"}));
  const AssessmentRunChoice choice{
      .ids = filter_ids(call, filters, "replication-task-assessment-run-arn", "assessment-run"),
      .task_ids = filter_ids(call, filters, "replication-task-arn", "task"),
      .instance_ids = filter_ids(call, filters, "replication-instance-arn", "rep"),
      .statuses = filter_identifiers(filters, "status")};
  const PageRequest page = TRY(read_page(call));
  std::vector<ShownAssessmentRun> rows = TRY(assessment_runs_of(call.environment, choice, list_page(page)));
  return page_reply(
      call, page, "ReplicationTaskAssessmentRuns", std::move(rows),
      [](const ShownAssessmentRun& one) {
        return std::vector<std::string>{std::to_string(one.record.created_us), one.record.id};
      },
      [&](const ShownAssessmentRun& one) { return run_json(call, one); }, "Assessment Runs");
}

json individual_json(const Call& call, const IndividualAssessmentRecord& one) {
  json out = {
      {"ReplicationTaskIndividualAssessmentArn", make_arn(call.environment.names, "individual-assessment", one.id)},
      {"ReplicationTaskAssessmentRunArn", assessment_run_arn(call.environment, one.run_id)},
      {"IndividualAssessmentName", one.name},
      {"Status", one.status}};
  if (one.start_us != 0) out["ReplicationTaskIndividualAssessmentStartDate"] = json_time(one.start_us);
  return out;
}

Result<json> describe_individual(const Call& call) {
  const auto filters =
      TRY(read_filters(call, {"replication-task-assessment-run-arn", "replication-task-arn", "status"}));
  const IndividualAssessmentChoice choice{
      .run_ids = filter_ids(call, filters, "replication-task-assessment-run-arn", "assessment-run"),
      .task_ids = filter_ids(call, filters, "replication-task-arn", "task"),
      .statuses = filter_identifiers(filters, "status")};
  const PageRequest page = TRY(read_page(call));
  auto rows = TRY(individual_assessments_of(call.environment, choice, list_page(page)));
  return page_reply(
      call, page, "ReplicationTaskIndividualAssessments", std::move(rows),
      [](const IndividualAssessmentRecord& one) {
        return std::vector<std::string>{std::to_string(one.created_us), one.key};
      },
      [&](const IndividualAssessmentRecord& one) { return individual_json(call, one); }, "Individual Assessments");
}

Result<json> describe_applicable(const Call& call) {
  const PageRequest page = TRY(read_page(call));
  std::vector<std::string> names =
      TRY(applicable_to(call.environment, {.task_arn = call.text("ReplicationTaskArn"),
                                           .instance_arn = call.text("ReplicationInstanceArn"),
                                           .config_arn = call.text("ReplicationConfigArn"),
                                           .source_engine = call.text("SourceEngineName"),
                                           .target_engine = call.text("TargetEngineName"),
                                           .migration_type = call.text("MigrationType")}));
  if (!page.after.empty()) {  // in the order in which they are run, so the last name says where the page begins
    const auto last = std::ranges::find(names, page.after.front());
    names.erase(names.begin(), last == names.end() ? last : last + 1);
  }
  return page_reply(
      call, page, "IndividualAssessmentNames", std::move(names),
      [](const std::string& name) { return std::vector<std::string>{name}; },
      [](const std::string& name) { return json(name); }, "");
}

Result<json> start_of_data_types(const Call& call) {
  const StoredTask task = TRY(start_data_type_assessment(call.environment, call.text("ReplicationTaskArn")));
  return task_reply(call, task);
}

json report_json(const ShownDataTypeReport& one, bool whole) {
  json out = {{"ReplicationTaskIdentifier", one.task_identifier},
              {"ReplicationTaskArn", one.task_arn},
              {"ReplicationTaskLastAssessmentDate", json_time(one.record.assessed_us)},
              {"AssessmentStatus", one.record.status}};
  add(out, "AssessmentResultsFile", one.record.file);
  if (whole) add(out, "AssessmentResults", one.record.report);
  if (whole) add(out, "S3ObjectUrl", one.url);
  return out;
}

Result<json> describe_results(const Call& call) {
  const PageRequest page = TRY(read_page(call));
  const std::string arn = call.text("ReplicationTaskArn");
  const bool whole = !arn.empty();
  std::vector<ShownDataTypeReport> rows;
  if (whole) {
    auto report = TRY(data_type_report_of(call.environment, arn));
    if (report) rows.push_back(*std::move(report));
  } else {
    rows = TRY(data_type_reports(call.environment, list_page(page)));
  }
  json reply = TRY(page_reply(
      call, page, "ReplicationTaskAssessmentResults", std::move(rows),
      [](const ShownDataTypeReport& one) {
        return std::vector<std::string>{std::to_string(one.record.assessed_us), one.record.task_id};
      },
      [&](const ShownDataTypeReport& one) { return report_json(one, whole); }, ""));
  reply["BucketName"] = data_type_report_bucket(call.environment);
  return reply;
}

constexpr Operation operations[] = {
    {"CancelReplicationTaskAssessmentRun", cancel, Role::operator_},
    {"DeleteReplicationTaskAssessmentRun", remove, Role::operator_},
    {"DescribeApplicableIndividualAssessments", describe_applicable, Role::viewer},
    {"DescribeReplicationTaskAssessmentResults", describe_results, Role::viewer},
    {"DescribeReplicationTaskAssessmentRuns", describe_runs, Role::viewer},
    {"DescribeReplicationTaskIndividualAssessments", describe_individual, Role::viewer},
    {"StartReplicationTaskAssessment", start_of_data_types, Role::operator_},
    {"StartReplicationTaskAssessmentRun", start, Role::operator_},
};

}  // namespace

std::span<const Operation> assessment_operations() {
  return operations;
}

}  // namespace godwit
