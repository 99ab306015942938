#pragma once
// What is assessed of a task, and by which assessments (spec/assessments.md §2, §4).

#include <string>
#include <vector>

#include "check/assess.h"
#include "control/environment.h"
#include "store/tasks.h"

namespace godwit {

// Inside the transaction of the call that starts it: the task passes to `testing`, and both its ends were reached.
// Answers it as its replies show it.
Result<StoredTask> begin_assessment(Environment& environment, std::string_view task_arn);
// What the stored task asks of its ends, with logins: hand it to check/ and nowhere else. It asks no server.
Result<AssessmentRequest> assessment_request(const Environment& environment, const StoredTask& task);
// The names that the request's lists choose, in the order in which they are run.
Result<std::vector<std::string>> chosen_assessments(const AssessmentRequest& request);

// Members of DescribeApplicableIndividualAssessments; empty: absent.
struct AssessedEnds {
  std::string task_arn, instance_arn, config_arn, source_engine, target_engine, migration_type;
};

// In the order in which they are run; of nothing at all: every name there is.
Result<std::vector<std::string>> applicable_to(Environment& environment, const AssessedEnds& ends);

}  // namespace godwit
