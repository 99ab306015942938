#pragma once
// Premigration assessment runs (spec/assessments.md §2): check/ carried out for a stored task, on a thread of its
// own, with its statuses in the store and its results in files (control/assessment_files.h).
//
// A run is `starting` until its turn comes, `running`, and then what check/ judges. A cancelled one stays
// `cancelling`; that it has ended shows in its task, which is `testing` from the call to the end. One that cannot be
// carried out, or whose results cannot be written, is `error-executing`, and says why.

#include <string>
#include <string_view>
#include <vector>

#include "control/environment.h"
#include "control/tags.h"
#include "store/assessment_runs.h"

namespace godwit {

// Members of StartReplicationTaskAssessmentRun; empty: absent.
struct NewAssessmentRun {
  std::string task_arn, name, service_access_role_arn, bucket, folder, encryption_mode, kms_key_id;
  std::vector<std::string> include_only, exclude;
  std::vector<Tag> tags;
};

// A run as replies show it.
struct ShownAssessmentRun {
  AssessmentRunRecord record;
  AssessmentCounts counts;
};

std::string assessment_run_arn(const Environment& environment, std::string_view run_id);

Result<ShownAssessmentRun> start_assessment_run(Environment& environment, const NewAssessmentRun& wanted);
// At once in the store; the servers may go on for some seconds with what they are asked just now.
Result<ShownAssessmentRun> cancel_assessment_run(Environment& environment, const std::string& arn);
// Of a run that has ended. Its files stay. Answers it with the status "deleting".
Result<ShownAssessmentRun> remove_assessment_run(Environment& environment, const std::string& arn);
Result<std::vector<ShownAssessmentRun>> assessment_runs_of(Environment& environment,
                                                           const AssessmentRunChoice& choice, const ListPage& page);
Result<std::vector<IndividualAssessmentRecord>> individual_assessments_of(Environment& environment,
                                                                          const IndividualAssessmentChoice& choice,
                                                                          const ListPage& page);

// Runs that a server which is gone had under way; once, at the server's start.
Result<void> end_forgotten_assessments(Environment& environment);

}  // namespace godwit
