#pragma once
// The states of a task and which event leads where (spec/api.md §5): a pure function over DMS's strings, tested as a
// table. The faults: control/task_faults.h.

#include <optional>
#include <string_view>

namespace godwit {

enum class TaskStatus {
  creating,
  ready,
  starting,
  running,
  stopping,
  stopped,
  failed,
  modifying,
  moving,
  failed_move,
  deleting,
  testing,
};

enum class TaskStatusEvent {
  created,
  start_asked,
  stop_asked,
  modify_asked,
  modified,
  move_asked,
  moved,
  move_failed,
  test_asked,
  tested,
  delete_asked,
  clean_up_failed,
  // What is heard of the worker.
  worker_starts,  // also: again, after it died
  worker_runs,
  worker_stops,
  worker_stopped,
  worker_failed,
};

// The exact strings clients match: "failed-move".
std::string_view to_string(TaskStatus status);
// Of what the store holds; a text that is no status reads as failed.
TaskStatus task_status(std::string_view text);

// Nothing: the event is not allowed in this state. `resting`: where modifying, moving and testing came from.
std::optional<TaskStatus> next(TaskStatus status, TaskStatusEvent event, TaskStatus resting = TaskStatus::ready);

// A run is under way: its worker lives or is being started.
bool is_live(TaskStatus status);

}  // namespace godwit
