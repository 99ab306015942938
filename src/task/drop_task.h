#pragma once
// Removing a task from both ends: slot, publications, keepers, record, ledger and position. Tables and DMS's control
// tables stay, also the rows they hold.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "task/capture_trace.h"
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

// For those who hear nothing meanwhile.
struct ClearingWatch {
  std::function<void()> alive;     // from any thread, while a step takes long and the target answers
  std::function<void()> restored;  // what the record alone knew is on the target again, or the target is out of reach
};

struct ClearedTask {
  std::vector<std::string> left;     // what could not be removed, why, and the statement that removes it
  bool holds_definitions = false;    // the record is the only place that knows what was dropped for the load
  std::vector<std::string> remarks;  // what is for somebody to look at, though all was done that could be
};

// As drop_task with `force`, for a task that nobody may run any more: an end that is out of reach keeps nothing from
// being removed at the other, but for a record that holds definitions which cannot be restored; then nothing is.
// `remembered`: every capture that the task is known to have made, on whichever ends.
ClearedTask clear_task(TaskContext& context, std::span<const CaptureTrace> remembered, const ClearingWatch& watch);

// Target::restore_constraints: all is there again, but some foreign keys hold for new rows only.
inline constexpr std::string_view keys_not_valid = "target.keys_not_valid";

// How sessions of a task are tagged on the source; see SessionOptions.
std::string source_tag(std::string_view task_id, std::string_view target_system);

}  // namespace godwit
