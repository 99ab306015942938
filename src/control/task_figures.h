#pragma once
// The figures of a task and of its tables: the worker's while a run is under way, else those that were stored at its
// end. A fresh start begins at nothing, a resume goes on from what is stored until its worker tells more.

#include <vector>

#include "control/environment.h"
#include "control/task_workers.h"
#include "store/tasks.h"

namespace godwit {

// Puts the worker's figures over the stored ones in `task`; it is not written.
void show_live_figures(const Environment& environment, StoredTask& task);

// By schema, then name. Empty for a task that never ran.
Result<std::vector<StoredTable>> tables_of(const Environment& environment, const StoredTask& task);

// What is kept when a run ends.
void take_figures(StoredTask& task, const WorkerStatistics& statistics);
std::vector<StoredTable> stored_tables(const WorkerStatistics& statistics);
// Of the run that the task is in; nothing: its worker has not told any, or there are no workers here.
std::optional<WorkerStatistics> statistics_of_run(const Environment& environment, const StoredTask& task);
// A new start: what earlier runs did is forgotten.
Result<void> clear_figures(Environment& environment, StoredTask& task);

}  // namespace godwit
