#pragma once
// One constructor per message of the calls about assessments (spec/api.md §6.7, spec/assessments.md).

#include <string>
#include <string_view>

#include "base/error.h"

namespace godwit {

// Which assessments.
Error assessment_unknown(std::string_view member, std::string_view name);
Error assessment_not_applicable(std::string_view member, std::string_view name);
Error include_only_and_exclude();
Error no_assessment_left();
Error assessed_by_task_alone();
Error assessed_ends_incomplete();
Error assessed_engine_on_wrong_side(std::string_view engine_name, std::string_view side);

// Members of StartReplicationTaskAssessmentRun.
Error run_name_refused();
Error run_name_taken(std::string_view name, std::string_view arn);
Error results_place_taken(std::string_view folder, std::string_view arn);
Error role_missing();
Error result_bucket_refused(std::string_view bucket);
Error result_folder_refused();
Error encryption_mode_unknown(std::string_view mode);
Error kms_key_missing();
Error kms_key_without_use();
Error results_not_written(std::string_view path, int number);  // S3AccessDeniedFault

// States.
Error assessment_without_connection();
Error assessment_without_endpoint(std::string_view identifier, std::string_view why);
Error no_assessments_here();
Error run_not_found(std::string_view arn);
Error run_not_cancellable(std::string_view status);
Error run_not_deletable(std::string_view status);

// Not faults: what LastFailureMessage says of a run that a server left behind.
std::string forgotten_run();

}  // namespace godwit
