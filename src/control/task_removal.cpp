#include "control/task_removal.h"

#include <filesystem>

#include "base/server_log.h"
#include "control/task_documents.h"
#include "control/task_events.h"
#include "control/task_runs.h"
#include "control/task_status.h"
#include "control/task_workers.h"
#include "control/tasks.h"

namespace godwit {
namespace {

Result<void> finish(Environment& environment, const std::string& task_id, const Result<void>& removed) {
  return environment.database.atomically([&]() -> Result<void> {
    auto task = TRY(find_task(environment.database, task_id));
    if (!task || task_status(task->status) != TaskStatus::deleting) return {};
    if (!removed) {
      TRY(note_clean_up_failed(environment, *task, removed.error().message));
      if (fails_on_clean_up(task->settings)) {
        const auto failed = next(TaskStatus::deleting, TaskStatusEvent::clean_up_failed);
        task->status = to_string(failed.value_or(TaskStatus::failed));
        task->last_failure = removed.error().message;
        return update_task(environment.database, *task);
      }
    }
    TRY(delete_task(environment.database, task_id));
    return note_deleted(environment, *task);
  });
}

void end_removal(Environment& environment, const std::string& task_id, const Result<void>& removed) {
  if (!removed)
    server_log_of(Severity::warning, "tasks", "task={} its traces are not removed: {}", task_id,
                  removed.error().message);
  if (const auto finished = finish(environment, task_id, removed); !finished) {
    server_log_of(Severity::error, "tasks", "task={} is not deleted: {}", task_id, finished.error().message);
    return;
  }
  const auto left = find_task(environment.database, task_id);
  if (left && *left) return;
  std::error_code ignored;
  std::filesystem::remove_all(task_folder(environment, task_id), ignored);
}

}  // namespace

void remove_traces_of(Environment& environment, const StoredTask& task) {
  environment.background.start([&environment, id = task.id, ran = task.run != 0](const std::stop_token& stop) {
    if (stop.stop_requested()) return;
    if (!ran || environment.workers == nullptr) return end_removal(environment, id, {});
    const auto job = worker_job(environment, id);
    if (!job) return end_removal(environment, id, Failure(job.error()));
    environment.workers->remove(
        *job, [&environment, id](const Result<void>& removed) { end_removal(environment, id, removed); });
  });
}

}  // namespace godwit
