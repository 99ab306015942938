#include "store/assessment_runs.h"

#include <fmt/format.h>

#include "store/where.h"

namespace godwit {
namespace {

constexpr std::string_view select_runs =
    "SELECT run.id, run.task_id, run.name, run.status, run.last_failure, run.service_access_role_arn, run.bucket, "
    "run.folder, run.encryption_mode, run.kms_key_id, run.created_us, run.ended_us, NOT EXISTS (SELECT 1 FROM "
    "assessment_runs later WHERE later.task_id = run.task_id AND (later.created_us, later.id) > (run.created_us, "
    "run.id)) FROM assessment_runs run";

AssessmentRunRecord read_run(const Row& row) {
  return {.id = row.text(0),
          .task_id = row.text(1),
          .name = row.text(2),
          .status = row.text(3),
          .last_failure = row.text(4),
          .service_access_role_arn = row.text(5),
          .bucket = row.text(6),
          .folder = row.text(7),
          .encryption_mode = row.text(8),
          .kms_key_id = row.text(9),
          .created_us = row.integer(10),
          .ended_us = row.integer(11),
          .is_latest = row.integer(12) != 0};
}

Result<std::optional<AssessmentRunRecord>> find_one(Database& database, std::string_view condition,
                                                    std::initializer_list<SqlValue> values) {
  std::optional<AssessmentRunRecord> found;
  const std::string sql = std::string(select_runs) + " WHERE " + std::string(condition);
  TRY(database.each(sql, values, [&](const Row& row) { found = read_run(row); }));
  return found;
}

// Its place within the run; a run has fewer than a thousand.
std::string key_of(const std::string& run_id, size_t place) {
  return fmt::format("{}/{:03}", run_id, place);
}

}  // namespace

Result<void> insert_assessment_run(Database& database, const AssessmentRunRecord& run,
                                   const std::vector<IndividualAssessmentRecord>& assessments) {
  return database.atomically([&]() -> Result<void> {
    TRY(
        database.run("INSERT INTO assessment_runs (id, task_id, name, created_us, status, service_access_role_arn, "
                     "bucket, folder, encryption_mode, kms_key_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     {run.id, run.task_id, run.name, run.created_us, run.status, run.service_access_role_arn,
                      run.bucket, run.folder, run.encryption_mode, run.kms_key_id}));
    for (size_t place = 0; place < assessments.size(); ++place) {
      const IndividualAssessmentRecord& one = assessments[place];
      const std::string key = key_of(run.id, place);
      TRY(
          database.run("INSERT INTO individual_assessments (id, key, run_id, name, status, created_us) VALUES (?, ?, "
                       "?, ?, 'pending', ?)",
                       {one.id, key, run.id, one.name, run.created_us}));
    }
    return {};
  });
}

Result<void> update_assessment_run(Database& database, const AssessmentRunRecord& run) {
  TRY(database.run("UPDATE assessment_runs SET status = ?, last_failure = ?, ended_us = ? WHERE id = ?",
                   {run.status, run.last_failure, run.ended_us, run.id}));
  return {};
}

Result<void> delete_assessment_run(Database& database, std::string_view id) {
  TRY(database.run("DELETE FROM assessment_runs WHERE id = ?", {id}));
  return {};
}

Result<std::optional<AssessmentRunRecord>> find_assessment_run(Database& database, std::string_view id) {
  return find_one(database, "run.id = ?", {id});
}

Result<std::optional<AssessmentRunRecord>> find_assessment_run_named(Database& database, std::string_view task_id,
                                                                     std::string_view name) {
  return find_one(database, "run.task_id = ? AND run.name = ?", {task_id, name});
}

Result<std::optional<AssessmentRunRecord>> find_assessment_run_at(Database& database, std::string_view bucket,
                                                                  std::string_view folder, std::string_view name) {
  return find_one(database, "run.bucket = ? AND run.folder = ? AND run.name = ?", {bucket, folder, name});
}

Result<std::vector<AssessmentRunRecord>> list_assessment_runs(Database& database, const AssessmentRunChoice& choice,
                                                              const ListPage& page) {
  Where where;
  if (choice.ids) where.among("run.id", *choice.ids);
  if (choice.task_ids) where.among("run.task_id", *choice.task_ids);
  if (choice.instance_ids)
    where.among("(SELECT instance_id FROM tasks WHERE tasks.id = run.task_id)", *choice.instance_ids);
  if (choice.statuses) where.among("run.status", *choice.statuses);
  const std::string sql = std::string(select_runs) + where.sql(page, "run.created_us", "run.id");
  std::vector<AssessmentRunRecord> out;
  TRY(database.each(sql, where.values(), [&](const Row& row) { out.push_back(read_run(row)); }));
  return out;
}

Result<std::vector<AssessmentRunRecord>> list_unended_assessment_runs(Database& database) {
  std::vector<AssessmentRunRecord> out;
  const std::string sql = std::string(select_runs) + " WHERE run.ended_us = 0";
  TRY(database.each(sql, {}, [&](const Row& row) { out.push_back(read_run(row)); }));
  return out;
}

Result<AssessmentCounts> count_assessments(Database& database, std::string_view run_id) {
  AssessmentCounts out;
  const std::pair<std::string_view, int64_t&> counts[] = {{"passed", out.passed},       {"failed", out.failed},
                                                          {"error", out.error},         {"warning", out.warning},
                                                          {"cancelled", out.cancelled}, {"skipped", out.skipped}};
  TRY(database.each("SELECT status, count(*) FROM individual_assessments WHERE run_id = ? GROUP BY status", {run_id},
                    [&](const Row& row) {
                      out.all += row.integer(1);
                      for (const auto& [status, count] : counts)
                        if (row.text(0) == status) out.ended += count = row.integer(1);
                    }));
  return out;
}

Result<void> begin_individual_assessment(Database& database, std::string_view run_id, std::string_view name,
                                         int64_t now_us) {
  TRY(
      database.run("UPDATE individual_assessments SET status = 'running', start_us = ? WHERE run_id = ? AND name = ? "
                   "AND status = 'pending'",
                   {now_us, run_id, name}));
  return {};
}

Result<void> end_individual_assessment(Database& database, std::string_view run_id, std::string_view name,
                                       std::string_view status, std::string_view result) {
  TRY(database.run("UPDATE individual_assessments SET status = ?, result = ? WHERE run_id = ? AND name = ?",
                   {status, result, run_id, name}));
  return {};
}

Result<void> turn_individual_assessments(Database& database, std::string_view run_id, std::string_view from,
                                         std::string_view to) {
  TRY(database.run("UPDATE individual_assessments SET status = ? WHERE run_id = ? AND status = ?",
                   {to, run_id, from}));
  return {};
}

Result<std::vector<IndividualAssessmentRecord>> list_individual_assessments(Database& database,
                                                                            const IndividualAssessmentChoice& choice,
                                                                            const ListPage& page) {
  Where where;
  if (choice.run_ids) where.among("run_id", *choice.run_ids);
  if (choice.task_ids)
    where.among("(SELECT task_id FROM assessment_runs run WHERE run.id = run_id)", *choice.task_ids);
  if (choice.statuses) where.among("status", *choice.statuses);
  const std::string sql = "SELECT id, run_id, name, status, start_us, key, created_us FROM individual_assessments" +
                          where.sql(page, "created_us", "key");
  std::vector<IndividualAssessmentRecord> out;
  TRY(database.each(sql, where.values(), [&](const Row& row) {
    out.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4), row.text(5), row.integer(6)});
  }));
  return out;
}

Result<std::string> find_assessment_result(Database& database, std::string_view run_id, std::string_view name) {
  std::string found;
  TRY(database.each("SELECT result FROM individual_assessments WHERE run_id = ? AND name = ?", {run_id, name},
                    [&](const Row& row) { found = row.text(0); }));
  return found;
}

}  // namespace godwit
