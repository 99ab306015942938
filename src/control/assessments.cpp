#include "control/assessments.h"

#include <optional>

#include "base/server_log.h"
#include "check/report_json.h"
#include "control/api_words.h"
#include "control/assessed_task.h"
#include "control/assessment_faults.h"
#include "control/assessment_files.h"
#include "control/running_assessments.h"
#include "control/tasks.h"

namespace godwit {
namespace {

constexpr std::string_view cancelling = "cancelling", could_not = "error-executing";

std::string text_of(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool told(const AssessmentRunRecord& run, const Result<void>& kept) {
  if (!kept) server_log_of(Severity::error, "assessments", "run={} is not kept: {}", run.name, kept.error().message);
  return kept.has_value();
}

AssessmentResult worded(AssessmentResult result, std::string_view type) {
  result.details = in_api_words(result.details, type);
  for (AssessmentFinding& finding : result.findings) {
    finding.reason = in_api_words(finding.reason, type);
    finding.advice = in_api_words(finding.advice, type);
  }
  return result;
}

// What a run does on its thread: keeps the store and the files up to date with it.
class RunKeeper : public AssessmentListener {
 public:
  RunKeeper(Environment& environment, AssessmentRunRecord run, TaskType type)
      : environment_(environment),
        run_(std::move(run)),
        type_(to_string(type)),
        folder_(results_folder(environment, run_.bucket, run_.folder, run_.name)) {
    clear_results(folder_);
    told(run_, environment_.database.atomically([&]() -> Result<void> {
      auto stored = TRY(find_assessment_run(environment_.database, run_.id));
      if (!stored || stored->status != "starting") return {};
      stored->status = "running";
      return update_assessment_run(environment_.database, *stored);
    }));
  }

  void begins(const std::string& name, size_t, size_t) override {
    told(run_, begin_individual_assessment(environment_.database, run_.id, name, environment_.now_us()));
  }

  void ends(const AssessmentResult& as_said) override {
    const AssessmentResult result = worded(as_said, type_);
    const std::string text = text_of(to_json(result));
    write(result.name + ".json", text);
    told(run_, environment_.database.atomically([&]() -> Result<void> {
      TRY(end_individual_assessment(environment_.database, run_.id, result.name, to_string(result.outcome), text));
      auto stored = TRY(find_assessment_run(environment_.database, run_.id));
      if (!stored) {  // its task is being deleted
        environment_.assessments->cancel(run_.id);
        return {};
      }
      if (result.outcome != Outcome::failed) return {};
      stored->last_failure = result.name + ": " + result.details;
      return update_assessment_run(environment_.database, *stored);
    }));
  }

  // The files are there when the run shows its end.
  void finish(AssessmentReport report) {
    for (AssessmentResult& result : report.results) result = worded(std::move(result), type_);
    write("summary.json", text_of(summary_to_json(report)));
    // Nobody else ends it, and its task would stay `testing`.
    until_done(environment_.background,
               [&environment = environment_, run = run_, not_written = not_written_, report = std::move(report)] {
                 return told(run, store_end(environment, run, report, not_written));
               });
  }

  bool is_cancelled() const {
    const auto stored = find_assessment_run(environment_.database, run_.id);
    return !stored || !*stored || (*stored)->status == cancelling;
  }

 private:
  static Result<void> store_end(Environment& environment, const AssessmentRunRecord& run,
                                const AssessmentReport& report, const std::optional<Error>& not_written) {
    return environment.database.atomically([&]() -> Result<void> {
      TRY(end_testing(environment, run.task_id));
      auto stored = TRY(find_assessment_run(environment.database, run.id));
      if (!stored) return {};
      TRY(turn_individual_assessments(environment.database, run.id, "pending", "cancelled"));
      if (stored->status != cancelling) stored->status = not_written ? could_not : report.status();
      if (not_written)
        stored->last_failure = not_written->message;
      else if (stored->last_failure.empty())
        stored->last_failure = last_error(report);
      stored->ended_us = environment.now_us();
      return update_assessment_run(environment.database, *stored);
    });
  }

  static std::string last_error(const AssessmentReport& report) {
    for (auto result = report.results.rbegin(); result != report.results.rend(); ++result)
      if (result->outcome == Outcome::error) return result->name + ": " + result->details;
    return {};
  }

  void write(const std::string& file, const std::string& text) {
    const auto written = write_result(folder_, file, text);
    if (!written && !not_written_) not_written_ = written.error();
  }

  Environment& environment_;
  const AssessmentRunRecord run_;
  const std::string_view type_;  // of its task
  const std::string folder_;
  std::optional<Error> not_written_;
};

// Where no end was asked: every assessment ends alike.
AssessmentReport unassessed(const std::vector<std::string>& names, Outcome outcome, const std::string& why,
                            AssessmentListener& listener) {
  AssessmentReport report;
  for (const std::string& name : names) {
    AssessmentResult& result = report.results.emplace_back();
    result.name = name;
    result.outcome = outcome;
    result.details = why;
    listener.ends(result);
  }
  return report;
}

void carry_out(Environment& environment, const AssessmentRunRecord& run, const AssessmentRequest& request,
               const std::vector<std::string>& names, const std::stop_token& stop) {
  RunKeeper keeper(environment, run, request.type);
  auto report = stop.stop_requested() ? Result<AssessmentReport>(Failure(Error{})) : assess(request, keeper, stop);
  // The server ends: what is left is ended by the next one.
  if (stop.stop_requested() && !keeper.is_cancelled()) return;
  if (!report && stop.stop_requested())
    report = unassessed(names, Outcome::cancelled, "The run was cancelled.", keeper);
  else if (!report)
    report = unassessed(names, Outcome::error, report.error().message, keeper);
  keeper.finish(*std::move(report));
}

Result<void> check_encryption(const NewAssessmentRun& wanted) {
  const bool kms = wanted.encryption_mode == "SSE_KMS";
  if (!kms && !wanted.encryption_mode.empty() && wanted.encryption_mode != "SSE_S3")
    return Failure(encryption_mode_unknown(wanted.encryption_mode));
  if (kms && wanted.kms_key_id.empty()) return Failure(kms_key_missing());
  if (!kms && !wanted.kms_key_id.empty()) return Failure(kms_key_without_use());
  if (!wanted.encryption_mode.empty())
    server_log_of(Severity::warning, "assessments",
                  "run={} ResultEncryptionMode {} has no effect: results are files in the server's folder, "
                  "encrypted as its disk is",
                  wanted.name, wanted.encryption_mode);
  return {};
}

Result<void> check_place(Environment& environment, const AssessmentRunRecord& run) {
  const auto same = TRY(find_assessment_run_named(environment.database, run.task_id, run.name));
  if (same) return Failure(run_name_taken(run.name, assessment_run_arn(environment, same->id)));
  const auto there = TRY(find_assessment_run_at(environment.database, run.bucket, run.folder, run.name));
  if (there)
    return Failure(results_place_taken(results_folder(environment, run.bucket, run.folder, run.name),
                                       assessment_run_arn(environment, there->id)));
  return {};
}

struct Begun {
  AssessmentRunRecord run;
  AssessmentRequest request;
  std::vector<std::string> names;
};

// One transaction: nothing is kept of a run that is refused, but for its empty folder.
Result<Begun> begin_run(Environment& environment, const NewAssessmentRun& wanted, const std::string& folder) {
  Begun out;
  const StoredTask task = TRY(begin_assessment(environment, wanted.task_arn));
  out.run = {.id = new_resource_id(),
             .task_id = task.id,
             .name = wanted.name,
             .status = "starting",
             .service_access_role_arn = wanted.service_access_role_arn,
             .bucket = wanted.bucket,
             .folder = folder,
             .encryption_mode = wanted.encryption_mode,
             .kms_key_id = wanted.kms_key_id,
             .created_us = environment.now_us(),
             .is_latest = true};
  out.request = TRY(assessment_request(environment, task));
  out.request.include_only = wanted.include_only;
  out.request.exclude = wanted.exclude;
  out.names = TRY(chosen_assessments(out.request));
  TRY(check_place(environment, out.run));
  TRY(make_results_folder(results_folder(environment, out.run.bucket, folder, out.run.name)));
  std::vector<IndividualAssessmentRecord> assessments;
  for (const std::string& name : out.names) assessments.push_back({.id = new_resource_id(), .name = name});
  TRY(insert_assessment_run(environment.database, out.run, assessments));
  TRY(add_tags(environment, assessment_run_arn(environment, out.run.id), wanted.tags));
  return out;
}

Result<AssessmentRunRecord> require_run(const Environment& environment, const std::string& arn) {
  const auto id = id_of(environment.names, arn, "assessment-run");
  if (!id) return Failure(run_not_found(arn));
  auto run = TRY(find_assessment_run(environment.database, *id));
  if (!run) return Failure(run_not_found(arn));
  return *std::move(run);
}

Result<ShownAssessmentRun> shown(Environment& environment, AssessmentRunRecord run) {
  const AssessmentCounts counts = TRY(count_assessments(environment.database, run.id));
  return ShownAssessmentRun{.record = std::move(run), .counts = counts};
}

}  // namespace

std::string assessment_run_arn(const Environment& environment, std::string_view run_id) {
  return make_arn(environment.names, "assessment-run", run_id);
}

Result<ShownAssessmentRun> start_assessment_run(Environment& environment, const NewAssessmentRun& wanted) {
  TRY(check_run_name(wanted.name));
  if (wanted.service_access_role_arn.empty()) return Failure(role_missing());
  TRY(check_result_bucket(wanted.bucket));
  const std::string folder = TRY(read_result_folder(wanted.folder));
  TRY(check_encryption(wanted));
  const Begun begun = TRY(environment.database.atomically([&] { return begin_run(environment, wanted, folder); }));
  ShownAssessmentRun reply = TRY(shown(environment, begun.run));
  environment.assessments->start(begun.run.id, [&environment, begun](const std::stop_token& stop) {
    carry_out(environment, begun.run, begun.request, begun.names, stop);
  });
  return reply;
}

Result<ShownAssessmentRun> cancel_assessment_run(Environment& environment, const std::string& arn) {
  auto cancelled = TRY(environment.database.atomically([&]() -> Result<ShownAssessmentRun> {
    AssessmentRunRecord run = TRY(require_run(environment, arn));
    if (run.ended_us != 0 || run.status == cancelling) return Failure(run_not_cancellable(run.status));
    run.status = cancelling;
    TRY(update_assessment_run(environment.database, run));
    TRY(turn_individual_assessments(environment.database, run.id, "pending", "cancelled"));
    return shown(environment, run);
  }));
  if (environment.assessments != nullptr) environment.assessments->cancel(cancelled.record.id);
  return cancelled;
}

Result<ShownAssessmentRun> remove_assessment_run(Environment& environment, const std::string& arn) {
  return environment.database.atomically([&]() -> Result<ShownAssessmentRun> {
    AssessmentRunRecord run = TRY(require_run(environment, arn));
    if (run.ended_us == 0) return Failure(run_not_deletable(run.status));
    ShownAssessmentRun out = TRY(shown(environment, run));
    out.record.status = "deleting";
    TRY(delete_assessment_run(environment.database, run.id));
    return out;
  });
}

Result<std::vector<ShownAssessmentRun>> assessment_runs_of(Environment& environment,
                                                           const AssessmentRunChoice& choice, const ListPage& page) {
  std::vector<ShownAssessmentRun> out;
  for (AssessmentRunRecord& run : TRY(list_assessment_runs(environment.database, choice, page))) {
    ShownAssessmentRun one = TRY(shown(environment, std::move(run)));
    out.push_back(std::move(one));
  }
  return out;
}

Result<std::vector<IndividualAssessmentRecord>> individual_assessments_of(Environment& environment,
                                                                          const IndividualAssessmentChoice& choice,
                                                                          const ListPage& page) {
  return list_individual_assessments(environment.database, choice, page);
}

Result<void> end_forgotten_assessments(Environment& environment) {
  return environment.database.atomically([&]() -> Result<void> {
    for (AssessmentRunRecord& run : TRY(list_unended_assessment_runs(environment.database))) {
      if (run.status != cancelling) {
        run.status = could_not;
        run.last_failure = forgotten_run();
      }
      run.ended_us = environment.now_us();
      TRY(update_assessment_run(environment.database, run));
      TRY(turn_individual_assessments(environment.database, run.id, "running", "error"));
      TRY(turn_individual_assessments(environment.database, run.id, "pending", "cancelled"));
      TRY(end_testing(environment, run.task_id));
    }
    return {};
  });
}

}  // namespace godwit
