#pragma once
// The end of a task that is `deleting`: its slot, publications and record on both ends and its folder here are
// removed by the workers, then the task is gone. When they cannot be removed, FailTaskWhenCleanTaskResourceFailed
// decides: true, and the task is `failed` and can be deleted again; false, and it is gone with event 0082, which
// names what is left. Where the task's record may hold the only definition of what was dropped for its load, it is
// `failed` in any case.

#include "control/environment.h"
#include "store/tasks.h"

namespace godwit {

// Returns at once; called again after a restart of the server.
void remove_traces_of(Environment& environment, const StoredTask& task);

// Folders of tasks that are gone, which a server that ended had no time to remove.
void remove_folders_put_aside(const Environment& environment);

}  // namespace godwit
