#include "control/task_removal.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <vector>

#include "base/sentences.h"
#include "base/server_log.h"
#include "control/log_groups.h"
#include "control/task_documents.h"
#include "control/task_events.h"
#include "control/task_faults.h"
#include "control/task_runs.h"
#include "control/task_status.h"
#include "control/task_workers.h"
#include "control/tasks.h"
#include "control/worker_errors.h"
#include "store/instances.h"
#include "store/tasks.h"

namespace godwit {
namespace {

constexpr std::string_view removed_prefix = ".removed-";

std::filesystem::path folder_of_tasks(const Environment& environment) {
  return std::filesystem::path(environment.folder) / "tasks";
}

// Before the task's id is free again, its folder has another name. Answers that; empty: there is no folder.
Result<std::string> put_folder_aside(const Environment& environment, const std::string& task_id) {
  const std::string aside =
      folder_of_tasks(environment) / fmt::format("{}{}-{}", removed_prefix, task_id, environment.now_us());
  std::error_code failed;
  std::filesystem::rename(task_folder(environment, task_id), aside, failed);
  if (!failed) return aside;
  if (failed == std::errc::no_such_file_or_directory) return "";
  return Failure(task_folder_stays(task_folder(environment, task_id), failed.message()));
}

void keep_log(Environment& environment, const StoredTask& task) {
  const auto keep = [&]() -> Result<void> {
    const auto instance = TRY(find_instance(environment.database, task.instance_id));
    if (!instance) return {};
    return keep_task_log(environment, instance->identifier, task.id);
  };
  if (const auto kept = keep(); !kept)
    server_log_of(Severity::warning, "tasks", "task={} its log is not kept: {}", task.identifier,
                  kept.error().message);
}

// The task is still there: a second clean-up needs what its folder says of its captures.
void put_folder_back(const Environment& environment, const std::string& task_id, const std::filesystem::path& aside) {
  std::error_code failed;
  std::filesystem::rename(aside, task_folder(environment, task_id), failed);
  if (failed)
    server_log_of(Severity::error, "tasks", "task={} its folder stays {}: {}", task_id, aside.string(),
                  failed.message());
}

// Answers the folder that is still to be removed; empty: none.
Result<std::string> finish(Environment& environment, const std::string& task_id, const Result<void>& removed) {
  std::string aside;
  auto finished = environment.database.atomically([&]() -> Result<void> {
    auto task = TRY(find_task(environment.database, task_id));
    if (!task || task_status(task->status) != TaskStatus::deleting) return {};
    if (!removed) {
      TRY(note_clean_up_failed(environment, *task, removed.error().message));
      if (fails_on_clean_up(task->settings) || removed.error().code == errors::clean_up_would_lose) {
        const auto failed = next(TaskStatus::deleting, TaskStatusEvent::clean_up_failed);
        task->status = to_string(failed.value_or(TaskStatus::failed));
        task->last_failure = removed.error().message;
        return update_task(environment.database, *task);
      }
    }
    keep_log(environment, *task);
    aside = TRY(put_folder_aside(environment, task_id));
    TRY(delete_task(environment.database, task_id));
    return note_deleted(environment, *task);
  });
  if (finished) return aside;
  if (!aside.empty()) put_folder_back(environment, task_id, aside);
  return Failure(std::move(finished).error());
}

// False: the store did not take it.
bool is_finished(Environment& environment, const std::string& task_id, const Result<void>& removed) {
  const auto finished = finish(environment, task_id, removed);
  if (!finished) {
    server_log_of(Severity::error, "tasks", "task={} is not deleted yet, which is tried again: {}", task_id,
                  finished.error().message);
    return false;
  }
  std::error_code ignored;  // what stays is removed at the next start
  if (!finished->empty()) std::filesystem::remove_all(*finished, ignored);
  return true;
}

void end_removal(Environment& environment, const std::string& task_id, const Result<void>& removed) {
  if (!removed)
    server_log_of(Severity::warning, "tasks", "task={} its traces are not removed: {}", task_id,
                  removed.error().message);
  until_done(environment.background,
             [&environment, task_id, removed] { return is_finished(environment, task_id, removed); });
}

std::string not_begun(const Error& why) {
  return fmt::format(
      "Nothing of the task was removed from its source and target, since they cannot be opened: {} Mend the "
      "endpoint, "
      "then delete the task again.",
      as_sentence(why.message));
}

// The task whose folder was put aside before its deletion was stored, which the end of the server forestalled; empty:
// it is gone. Another task may have its id by now.
std::string task_put_aside(const Environment& environment, std::string_view name) {
  name.remove_prefix(removed_prefix.size());
  const size_t dash = name.rfind('-');
  int64_t aside_us = 0;
  if (dash == std::string_view::npos) return "";
  const std::string_view number = name.substr(dash + 1);
  std::from_chars(number.data(), number.data() + number.size(), aside_us);
  const std::string task_id(name.substr(0, dash));
  const auto task = find_task(environment.database, task_id);
  if (!task) return task_id;  // perhaps
  return *task && (*task)->created_us < aside_us ? task_id : "";
}

}  // namespace

void remove_folders_put_aside(const Environment& environment) {
  std::error_code none;
  std::vector<std::filesystem::path> left;
  for (std::filesystem::directory_iterator at(folder_of_tasks(environment), none), end; !none && at != end;
       at.increment(none))
    if (at->path().filename().string().starts_with(removed_prefix)) left.push_back(at->path());
  for (const std::filesystem::path& folder : left) {
    const std::string task_id = task_put_aside(environment, folder.filename().string());
    if (!task_id.empty())
      put_folder_back(environment, task_id, folder);
    else if (std::filesystem::remove_all(folder, none); none)
      server_log_of(Severity::warning, "tasks", "the folder {} of a deleted task stays: {}", folder.string(),
                    none.message());
  }
}

void remove_traces_of(Environment& environment, const StoredTask& task) {
  environment.background.start([&environment, id = task.id, ran = task.run != 0](const std::stop_token& stop) {
    if (stop.stop_requested()) return;
    if (!ran || environment.workers == nullptr) return end_removal(environment, id, {});
    const auto job = worker_job(environment, id);
    // Nothing was touched: without the task nobody would know what is on its ends.
    if (!job) return end_removal(environment, id, Failure(errors::clean_up_failed(not_begun(job.error()), true)));
    environment.workers->remove(
        *job, [&environment, id](const Result<void>& removed) { end_removal(environment, id, removed); });
  });
}

}  // namespace godwit
