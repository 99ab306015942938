#pragma once
// Runs of premigration assessments and the assessments each consists of, as they are stored. Statuses are DMS's
// strings (spec/assessments.md §2); what may follow what is control/'s. Runs go with their task, individual
// assessments with their run.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace godwit {

// Times are UTC microseconds since 1970, 0: not yet. Empty texts: none.
struct AssessmentRunRecord {
  std::string id{}, task_id{}, name{};
  std::string status{};
  std::string last_failure{};
  std::string service_access_role_arn{}, bucket{}, folder{}, encryption_mode{}, kms_key_id{};
  int64_t created_us = 0;
  int64_t ended_us = 0;    // also of a cancelled run, whose status stays "cancelling"
  bool is_latest = false;  // of its task; read, not written
};

struct AssessmentRunChoice {
  std::optional<std::vector<std::string>> ids{}, task_ids{}, instance_ids{}, statuses{};
};

struct AssessmentCounts {
  int64_t all = 0, ended = 0;  // ended: in whatever way
  int64_t passed = 0, failed = 0, error = 0, warning = 0, cancelled = 0, skipped = 0;
};

struct IndividualAssessmentRecord {
  std::string id{}, run_id{}, name{}, status{};
  int64_t start_us = 0;
  std::string key{};       // orders them within their run
  int64_t created_us = 0;  // of the run
};

struct IndividualAssessmentChoice {
  std::optional<std::vector<std::string>> run_ids{}, task_ids{}, statuses{};
};

// With its individual assessments, in this order, each "pending". Names of runs are unique within their task, and so
// are the places of their results: see find_assessment_run_named() and find_assessment_run_at().
Result<void> insert_assessment_run(Database& database, const AssessmentRunRecord& run,
                                   const std::vector<IndividualAssessmentRecord>& assessments);
// Status, last failure and end. The last writer wins: read and write in one transaction.
Result<void> update_assessment_run(Database& database, const AssessmentRunRecord& run);
Result<void> delete_assessment_run(Database& database, std::string_view id);
Result<std::optional<AssessmentRunRecord>> find_assessment_run(Database& database, std::string_view id);
Result<std::optional<AssessmentRunRecord>> find_assessment_run_named(Database& database, std::string_view task_id,
                                                                     std::string_view name);
// The run whose results are in this place.
Result<std::optional<AssessmentRunRecord>> find_assessment_run_at(Database& database, std::string_view bucket,
                                                                  std::string_view folder, std::string_view name);
// In order of creation, then of id.
Result<std::vector<AssessmentRunRecord>> list_assessment_runs(Database& database, const AssessmentRunChoice& choice,
                                                              const ListPage& page = {});
Result<std::vector<AssessmentRunRecord>> list_unended_assessment_runs(Database& database);
Result<AssessmentCounts> count_assessments(Database& database, std::string_view run_id);

// Nothing happens where the run has gone.
Result<void> begin_individual_assessment(Database& database, std::string_view run_id, std::string_view name,
                                         int64_t now_us);
// `result`: the text of its result file.
Result<void> end_individual_assessment(Database& database, std::string_view run_id, std::string_view name,
                                       std::string_view status, std::string_view result);
// Those of a run that have one status get another.
Result<void> turn_individual_assessments(Database& database, std::string_view run_id, std::string_view from,
                                         std::string_view to);
// In order of their runs' creation, then as in their run; IndividualAssessmentRecord::key orders them.
Result<std::vector<IndividualAssessmentRecord>> list_individual_assessments(Database& database,
                                                                            const IndividualAssessmentChoice& choice,
                                                                            const ListPage& page = {});
// Empty: it has not ended.
Result<std::string> find_assessment_result(Database& database, std::string_view run_id, std::string_view name);

}  // namespace godwit
