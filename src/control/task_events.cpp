#include "control/task_events.h"

#include <fmt/format.h>

#include "base/sentences.h"
#include "control/events.h"
#include "control/tasks.h"

namespace godwit {
namespace {

Result<void> note(Environment& environment, const StoredTask& task, int number, std::string_view category,
                  std::string_view message) {
  return note_event(environment, EventSource::replication_task, task.identifier, task_arn(environment, task), number,
                    category, message);
}

}  // namespace

Result<void> note_created(Environment& environment, const StoredTask& task) {
  return note(environment, task, 74, "creation", "Replication task has been created.");
}

Result<void> note_deleted(Environment& environment, const StoredTask& task) {
  return note(environment, task, 73, "deletion", "Replication task has been deleted.");
}

Result<void> note_modified(Environment& environment, const StoredTask& task) {
  return note(environment, task, 80, "configuration change", "Replication task has been modified.");
}

Result<void> note_moved(Environment& environment, const StoredTask& task, std::string_view instance) {
  return note(environment, task, 80, "configuration change",
              fmt::format("Replication task has been moved to replication instance {}.", instance));
}

Result<void> note_started(Environment& environment, const StoredTask& task) {
  return note(environment, task, 69, "state change", "Replication task has started.");
}

Result<void> note_stopped(Environment& environment, const StoredTask& task) {
  return note(environment, task, 79, "state change",
              fmt::format("Replication task has stopped. {}.", task.stop_reason));
}

Result<void> note_failed(Environment& environment, const StoredTask& task) {
  return note(
      environment, task, 78, "failure",
      fmt::format("Replication task has failed. Reason: {} {}", as_sentence(task.stop_reason), task.last_failure));
}

Result<void> note_reloads(Environment& environment, const StoredTask& task, std::string_view tables) {
  return note(environment, task, 81, "state change", fmt::format("Reload of tables was requested: {}.", tables));
}

Result<void> note_reading(Environment& environment, const StoredTask& task, ReadingPause pause) {
  switch (pause) {
    case ReadingPause::swap_files:
      return note(environment, task, 91, "state change",
                  "Reading paused, swap files limit reached. It goes on once the target has caught up.");
    case ReadingPause::disk_full:
      return note(environment, task, 92, "state change",
                  "Reading paused, disk usage limit reached: the disk of the task's folder is full. It goes on once "
                  "the target has caught up, or room was made there.");
    case ReadingPause::none:
      break;
  }
  return note(environment, task, 93, "state change", "Reading resumed.");
}

Result<void> note_clean_up_failed(Environment& environment, const StoredTask& task, std::string_view why) {
  return note(environment, task, 82, "failure",
              fmt::format("Clean-up of task data failed on delete: {}", as_sentence(why)));
}

}  // namespace godwit
