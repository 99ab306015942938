#pragma once
// The end of a task that is `deleting`: its slot, publications and record on both ends and its folder here are
// removed by the workers, then the task is gone. When they cannot be removed, FailTaskWhenCleanTaskResourceFailed
// decides: true, and the task is `failed` and can be deleted again; false, and it is gone with event 0082, which
// names what is left. Where the task's record may hold the only definition of what was dropped for its load, it is
// `failed` in any case, and so it is where its ends could not even be asked for (a secret's file that is gone). An
// end that the store does not take is told again until it does.

#include "control/environment.h"
#include "store/tasks.h"

namespace godwit {

// Returns at once; called again after a restart of the server.
void remove_traces_of(Environment& environment, const StoredTask& task);

// Folders of tasks that are gone, which a server that ended had no time to remove; and that of a task which is still
// there, since the server ended right before the deletion was stored, gets its name back. Before remove_traces_of().
void remove_folders_put_aside(const Environment& environment);

}  // namespace godwit
