#pragma once
// Removing a task from both ends: slot, publications, keepers, record, ledger and position. Tables and DMS's control
// tables stay, also the rows they hold.

#include "task/context.h"

namespace godwit {

struct DroppedTask {
  bool had_capture = false, had_record = false;
  bool users_slot = false;  // the slot is not this task's to drop, and is still there
  std::string capture;
  std::string remark;  // what the user has yet to do; empty: nothing
};

// Uses the engines, endpoints, task id and control schema of `context`, which it completes. A slot whose task has no
// record on the target goes with `force` only: the record may stand in another control schema.
Result<DroppedTask> drop_task(TaskContext& context, bool force);

// Target::restore_constraints: all is there again, but some foreign keys hold for new rows only.
inline constexpr std::string_view keys_not_valid = "target.keys_not_valid";

// How sessions of a task are tagged on the source; see SessionOptions.
std::string source_tag(std::string_view task_id, std::string_view target_system);

}  // namespace godwit
