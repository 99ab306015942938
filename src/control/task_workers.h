#pragma once
// How the control plane runs tasks: one worker process a task (`godwit run`), started, watched, started again and
// stopped here. The control plane says what is to run and hears what became of it; it never waits for a database.
//
// All calls return within milliseconds and may come from any thread. The listener is called on one thread of the
// supervisor's, without a lock held; it may call back, and may take its time: workers are watched on another, and of
// reports that only tell newer figures it then hears the last. Reports of one task come in order; a report carries
// the run that it is of, so that one of an earlier run is told apart.
//
// Statuses, stop reasons and table states are DMS's (spec/api.md §5, spec/monitoring.md §7). Secrets live in the URIs
// of a job alone: they go to the worker through an inherited descriptor, never by argument, environment or disk, and
// no report holds one.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "task/progress.h"

namespace godwit {

// How a run begins (StartReplicationTaskType). A worker that is started again within one run goes on where the run
// stands, whatever its kind.
enum class StartKind {
  fresh,          // start-replication: what an earlier run left is cleared away
  resume,         // resume-processing
  reload_target,  // everything again
};

// From the instance class. How they are enforced: control/worker_limits.h.
struct WorkerLimits {
  int64_t memory_mb = 0;   // of the whole process; 0: none
  int64_t processors = 0;  // 0: all of the machine
};

struct WorkerJob {
  std::string task_id;      // the generated resource id: TASK_NAME, slot names, dms-task-<id>
  std::string server_name;  // replication instance identifier: SERVER_NAME
  int64_t run = 0;          // ascends with each start; never 0 for a run, and unique to it
  int64_t fresh_run = 0;    // the run that was the last fresh start or reload; what the target holds of others goes
  StartKind start = StartKind::resume;
  std::string type;                // full-load, full-load-and-cdc, cdc
  std::string source, target;      // URIs with secrets
  std::string mappings, settings;  // JSON texts; empty: the defaults
  std::string start_position;      // native, checkpoint:… or a time; empty: none
  std::string came_to;             // RecoveryCheckpoint since the last fresh start; may be empty
  bool has_begun = false;          // a worker since then loaded or followed: a record is to be there
  std::string stop_position;       // server_time:…, commit_time:…, position:…, caught-up; empty: none
  std::string state_dir;           // of this task alone: task.log, spool, statistics; made if it is not there
  // It ran before and only comes and goes (a reboot, another stop position), so that its ends are known to be right:
  // they are waited for where they cannot be reached. Of no meaning to the worker.
  bool goes_on = false;
  std::string restarted;  // of a worker that follows a dead one: what became of that, for people
  WorkerLimits limits;
  LogRotation log = {.bytes_max = uint64_t{64} << 20U, .age_max_s = 7 * 24 * 3600};
};

enum class WorkerState {
  starting,  // being started, also again after it died
  running,
  stopping,  // a stop was asked for
  stopped,   // by a stop, or because it came to its end
  failed,
};

std::string_view to_string(WorkerState state);  // DMS's status: "running"

struct WorkerReport {
  std::string task_id;
  int64_t run = 0;
  WorkerState state = WorkerState::starting;
  int64_t pid = 0;           // 0: no process just now
  int64_t heartbeat_us = 0;  // wall clock of the last word heard from it
  int restarts = 0;          // in this run, because a worker died
  std::string stop_reason;   // "Stop Reason NORMAL"; only when stopped or failed
  // LastFailureMessage. While it runs: what it tries to get over just now, else that its worker had died and was
  // started again; after its end what matters still. Empty: nothing.
  std::string last_failure;
  std::string checkpoint;            // RecoveryCheckpoint; empty: none yet
  bool reading_paused = false;       // events 0091, 0093
  bool disk_full = false;            // and that is why: 0092 instead of 0091
  bool has_findings = false;         // a table is in error, a row parked, a count does not close (exit status 3)
  std::vector<std::string> remarks;  // of its end: what the user should know or do
};

// One row of DescribeTableStatistics; `figures` is in task/progress.h.
struct WorkerTable {
  TableStatistics figures;
  int64_t updated_us = 0;  // LastUpdateTime
};

// Lines of a task's log: of errors and warnings.
struct LogLineCount {
  Component component = Component::common;
  Severity severity = Severity::error;
  uint64_t lines = 0;
  bool operator==(const LogLineCount&) const = default;
};

// The latest figures of a task: of its worker, or those the last worker left. Counters go on over restarts and
// resumes of one fresh start; after a worker was killed they may lack what it did in its last second.
struct WorkerStatistics {
  int64_t run = 0;
  std::vector<WorkerTable> tables;
  std::string phase;                                        // "starting", "full load", "change processing"
  int64_t full_load_percent = 0;                            // FullLoadProgressPercent
  int64_t elapsed_ms = 0;                                   // running since the fresh start, without pauses
  int64_t full_load_start_us = 0, full_load_finish_us = 0;  // 0: not yet
  uint64_t tables_loaded = 0, tables_loading = 0, tables_queued = 0, tables_errored = 0;
  // Of the latest second (levels) and since the worker's start (counters): the metrics of spec/monitoring.md §5.2.
  bool follows = false;  // the task reads changes now: latencies mean something
  int64_t latency_source_ms = 0, latency_target_ms = 0;
  // No transaction that the target holds committed later, by the source's clock; 0: not known.
  int64_t applied_us = 0;
  uint64_t incoming_changes = 0;
  uint64_t changes_memory_source = 0, changes_disk_source = 0;  // of open source transactions
  uint64_t changes_memory_target = 0, changes_disk_target = 0;  // committed, waiting for the target
  uint64_t loaded_rows = 0, loaded_bytes = 0;                   // counters
  uint64_t captured_changes = 0, captured_bytes = 0, applied_changes = 0, applied_bytes = 0;
  int64_t cpu_us = 0;  // counter
  uint64_t memory_bytes = 0, swap_bytes = 0;
  uint64_t spool_disk_bytes = 0;
  // Counters since the fresh start.
  std::vector<LogLineCount> log_lines;  // none of 0
  uint64_t lob_truncations = 0, bulk_fallbacks = 0;
  bool has_begun = false;  // a worker since the fresh start came past its start: the target holds the task's record
  bool live = false;       // a worker runs that tells them
};

class TaskWorkers {
 public:
  virtual ~TaskWorkers() = default;

  // Starts a run. An error when the task has a worker already, or none can be started.
  virtual Result<void> start(const WorkerJob& job) = 0;
  // After a restart of the server: these tasks' runs were under way. Their workers are found where they live, also
  // when the job cannot be made just now, and started again with the job that WorkerEnvironment::job_of gives where
  // they do not; what ended meanwhile is reported. Also for a run that goes on with one that ended here, while its
  // job cannot be made.
  virtual void take_up(const std::vector<std::pair<std::string, int64_t>>& task_runs) = 0;
  // Asks for a clean stop of this run, also of a worker that is waiting to be started again. The end comes as a
  // report. An error when the task has no worker, or one of another run. A worker that is not there, or dies on the
  // way, is started once more to end cleanly; where that fails too the report says so in last_failure.
  virtual Result<void> stop(const std::string& task_id, int64_t run) = 0;
  // Source names, case-sensitive. Done by the worker as soon as it can; a worker that is started again, or
  // resumes the task later, does it too: the order is on disk when the call returns.
  // An error when the task has no running worker, is of changes alone, or has no such table (the first one is named).
  virtual Result<void> reload(const std::string& task_id, const std::vector<TableRef>& tables) = 0;
  // Of a running worker, at once. Those of its later starts come with the job's settings.
  virtual Result<void> set_severities(const std::string& task_id,
                                      const std::vector<std::pair<Component, Severity>>& severities) = 0;

  virtual std::optional<WorkerReport> report(const std::string& task_id) const = 0;
  // Nothing for a task that never ran here.
  virtual std::optional<WorkerStatistics> statistics(const std::string& task_id,
                                                     const std::string& state_dir) const = 0;

  // Removes what the task left on both ends (slots, publications, record), as `godwit drop` does; its state folder is
  // the caller's to remove. An end that is out of reach does not keep it from clearing the other. `done` is called
  // once, on the listener's thread: when all that was dropped for a load is made again, however long that takes, else
  // within some minutes. A worker that is there is put down first. The code of a failure is
  // errors::clean_up_would_lose where the task has to stay. Type, mappings and positions of the job are not used.
  virtual void remove(const WorkerJob& job, std::function<void(Result<void>)> done) = 0;

  // Sends every worker the signal to put its task down where it stands (RECYCLE_TASK) and waits for them, at most
  // this long. The tasks are not reported as stopped: take_up() resumes them. Without this call workers live on.
  virtual void recycle_all(int64_t wait_ms) = 0;
};

// What the supervisor needs of the control plane.
struct WorkerEnvironment {
  std::string data_dir;  // the socket stands there: workers.sock, 0600; and worker/<task id>.pid
  std::string program = "/proc/self/exe";
  // The job as it is stored, with secrets. Called on the supervisor's thread.
  std::function<Result<WorkerJob>(const std::string& task_id)> job_of;
  std::function<std::string(const std::string& task_id)> state_dir_of;  // as in the task's jobs
  std::function<void(const WorkerReport&)> listener;
  int64_t hung_after_ms = 30000;  // a worker that says nothing for so long is killed
  // One that was asked to stop and is not at its clean end within is killed too, which costs nothing. The end itself
  // (constraints validated, sequences set) takes as long as it takes.
  int64_t stop_max_ms = 240000;
};

// Opens the socket and begins to listen; workers that outlived an earlier server connect by themselves.
Result<std::unique_ptr<TaskWorkers>> open_task_workers(WorkerEnvironment environment);

}  // namespace godwit
