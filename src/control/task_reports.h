#pragma once
// What workers tell, folded into the stored tasks. A report counts once: one of an earlier run, or of a run that has
// ended, changes nothing.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/environment.h"
#include "control/task_workers.h"

namespace godwit {

// The listener of the workers. Errors of the store are in the server's log. The end of a run that the store did not
// take is told again, by a background job, until it does; at the next start of the server the workers tell it.
void take_report(Environment& environment, const WorkerReport& report);

// The report of a run whose worker is not there: it failed by `why`, or stopped when that is empty.
WorkerReport ended_run(const std::string& task_id, int64_t run, std::string_view why);

// After a restart of the server, before calls are taken: what an earlier one left half done is ended or gone on
// with, and the workers of live tasks are taken up again.
Result<void> end_forgotten_work(Environment& environment);

}  // namespace godwit
