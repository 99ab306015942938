#include "control/assessment_faults.h"

#include <fmt/format.h>

#include <cstring>

#include "control/endpoint_faults.h"
#include "control/faults.h"

namespace godwit {

Error assessment_unknown(std::string_view member, std::string_view name) {
  return invalid_value(
      fmt::format("{}: there is no assessment \"{}\"; DescribeApplicableIndividualAssessments lists those there are.",
                  member, name));
}

Error assessment_not_applicable(std::string_view member, std::string_view name) {
  return invalid_value(
      fmt::format("{}: assessment {} does not apply to this task's engines and migration type; "
                  "DescribeApplicableIndividualAssessments with the task's ARN lists those that do.",
                  member, name));
}

Error include_only_and_exclude() {
  return invalid_combination("Assessments are either named by IncludeOnly or left out by Exclude, not both.");
}

Error no_assessment_left() {
  return invalid_value("Exclude leaves no assessment of this task.");
}

Error assessed_by_task_alone() {
  return invalid_combination(
      "A ReplicationTaskArn names its engines and migration type: give it alone, or else ReplicationInstanceArn, "
      "SourceEngineName, TargetEngineName and MigrationType.");
}

Error assessed_ends_incomplete() {
  return invalid_combination(
      "ReplicationInstanceArn, SourceEngineName, TargetEngineName and MigrationType are given together, or none of "
      "them.");
}

Error assessed_engine_on_wrong_side(std::string_view engine_name, std::string_view side) {
  return invalid_value(fmt::format("{} cannot be the {} of a task of this server.", engine_name, side));
}

Error run_name_refused() {
  return invalid_value(
      "AssessmentRunName names a folder of result files: 1 to 255 bytes without '/' and control characters, and "
      "neither \".\" nor \"..\".");
}

Error run_name_taken(std::string_view name, std::string_view arn) {
  return already_exists("Premigration assessment run of this task", name, arn);
}

Error results_place_taken(std::string_view folder, std::string_view arn) {
  return fault(
      "ResourceAlreadyExistsFault",
      fmt::format("The folder {} holds the results of another task's premigration assessment run, {}. Choose "
                  "another AssessmentRunName or ResultLocationFolder.",
                  folder, arn));
}

Error role_missing() {
  return member_blank("serviceAccessRoleArn");
}

Error result_bucket_refused(std::string_view bucket) {
  return invalid_value(fmt::format(
      "ResultLocationBucket \"{}\" is no name of a bucket: 1 to 255 letters, digits, '.', '-' and '_', the "
      "first a letter or digit. Results are put into the server's folder of this name.",
      bucket));
}

Error result_folder_refused() {
  return invalid_value(
      "ResultLocationFolder is a path within the bucket: names with '/' between, at most 1024 bytes, none of them "
      "\".\" or \"..\", without control characters.");
}

Error encryption_mode_unknown(std::string_view mode) {
  return invalid_value(fmt::format("ResultEncryptionMode \"{}\" is not known; use SSE_S3 or SSE_KMS.", mode));
}

Error kms_key_missing() {
  return invalid_combination("ResultEncryptionMode SSE_KMS needs a ResultKmsKeyArn.");
}

Error kms_key_without_use() {
  return invalid_combination("ResultKmsKeyArn is for ResultEncryptionMode SSE_KMS.");
}

Error results_not_written(std::string_view path, int number) {
  return fault(
      "S3AccessDeniedFault",
      fmt::format("Results of assessments cannot be written to {}: {}. The folder must belong to the server's "
                  "user, and the disk must have room.",
                  path, std::strerror(number)));  // NOLINT(concurrency-mt-unsafe): as in worker_errors.cpp
}

Error assessment_without_connection() {
  return not_tested("assessing the replication task");
}

Error assessment_without_endpoint(std::string_view identifier, std::string_view why) {
  return invalid_state(
      fmt::format("The replication task cannot be assessed: endpoint {} cannot be used: {}", identifier, why));
}

Error no_assessments_here() {
  return invalid_state("This server assesses no tasks.");
}

Error run_not_found(std::string_view arn) {
  return not_found("Premigration assessment run", arn);
}

Error run_not_cancellable(std::string_view status) {
  return invalid_state(
      fmt::format("Only a premigration assessment run that is under way can be cancelled; this one is {}.", status));
}

Error run_not_deletable(std::string_view status) {
  return invalid_state(fmt::format("The premigration assessment run is under way ({}). {} before it is deleted.",
                                   status,
                                   status == "cancelling" ? "Wait until its task does not show testing"
                                                          : "Cancel it, or wait for its "
                                                            "end,"));
}

std::string forgotten_run() {
  return "The server ended while the run was under way. The results so far are kept; start another run.";
}

}  // namespace godwit
