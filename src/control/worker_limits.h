#pragma once
// The limits of an instance class, as a worker takes them on itself before it reads a row. They hold for each worker
// of the instance alone, not for all of them together.
//
//   memory      RLIMIT_DATA: the kernel refuses what a process would have beyond it (heap and thread stacks; files,
//               code and shared memory do not count). A worker that meets it ends with STOPPED_DUE_TO_LOW_MEMORY.
//               Before that holds the task's own budget (Godwit.MemoryMB), which is cut to half of the limit.
//   processors  CPU affinity: the process runs on that many of the processors that the server may use, others for
//               other tasks.
//
// A core dump of a worker would hold the secrets of both ends: it writes none, and other processes of its user may
// neither read its memory nor trace it (PR_SET_DUMPABLE).

#include <string>

#include "base/result.h"
#include "control/task_workers.h"
#include "task/settings.h"

namespace godwit {

// Of the calling process. `task_id` spreads tasks over the processors.
Result<void> take_limits(const WorkerLimits& limits, const std::string& task_id);
Result<void> keep_secrets_in_memory();

// The budget that fits the limits.
void fit_budget(TaskSettings& settings, const WorkerLimits& limits);

}  // namespace godwit
