#pragma once
// What happens after a worker has ended: a pure function of the task's RecoverableError settings
// (spec/task-settings.md §10), tested as a table. What a worker can mend by itself it has tried already, under the
// same settings.

#include <cstdint>

#include "task/settings.h"

namespace godwit {

enum class WorkerEnd {
  done,         // by a stop, or at its end
  recycled,     // put down to be taken up again
  failed,       // it said why
  unreachable,  // it could not begin, for a cause that may pass (a server that does not answer)
  died,         // killed, crashed, or gone without a word
};

struct RestartHistory {
  int attempts = 0;      // restarts since the task last ran well
  bool has_run = false;  // in this run, or in one that it goes on with: its ends are known to be right
  bool stop_asked = false;
  bool end_tried = false;  // it was started once more, only to end cleanly after that stop
};

struct RestartDecision {
  enum class Kind { ended, failed, again } kind = Kind::ended;
  int64_t wait_ms = 0;
};

RestartDecision after_worker_end(const ErrorBehavior& settings, WorkerEnd end, const RestartHistory& history);

// Whether a worker that has been running for so long has run well, after a wait of so long.
bool ran_well(int64_t running_ms, int64_t waited_ms);

}  // namespace godwit
