#pragma once
// Removing a task from both ends: slot, publications, keepers, record, ledger and position. Tables and DMS's control
// tables stay, also the rows they hold.

#include "task/context.h"

namespace godwit {

struct DroppedTask {
  bool had_capture = false, had_record = false;
  bool users_slot = false;  // the slot is not this task's to drop, and is still there
  std::string capture;
};

// Uses the engines, endpoints, task id and control schema of `context`, which it completes.
Result<DroppedTask> drop_task(TaskContext& context);

// How sessions of a task are tagged on the source; see SessionOptions.
std::string source_tag(std::string_view task_id, std::string_view target_system);

}  // namespace godwit
