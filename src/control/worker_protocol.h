#pragma once
// What the server and a worker say to one another: over the server's unix socket, one JSON object a line, each way;
// and what a worker leaves in its state folder. Readers are total: no bytes make them throw, crash or grow without
// bound, and an unknown member is passed over, so that a server may be newer or older than a worker that outlived it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "control/task_workers.h"
#include "task/capture_trace.h"

namespace godwit {

// A longer line ends the connection.
inline constexpr size_t worker_line_bytes_max = size_t{4} << 20U;
// So many tables go into one line.
inline constexpr size_t worker_tables_per_line = 500;

// Cuts a stream of bytes into lines.
class LineReader {
 public:
  // False: the line that is under way is too long; nothing more is taken.
  bool add(std::string_view bytes);
  std::optional<std::string> next();

 private:
  std::string buffer_;
  size_t read_ = 0;    // of the buffer: lines given out
  size_t looked_ = 0;  // no line ends between read_ and here
};

// ---- from the worker

struct WorkerHello {
  std::string task_id;
  int64_t run = 0, pid = 0;
};

// Each second, and when something of it changes.
struct WorkerFigures {
  bool running = false;  // past its start
  bool ending = false;   // in its clean end
  bool reading_paused = false, disk_full = false;
  std::string checkpoint;
  std::string setback;          // the error that keeps the task from going on just now; empty: none
  int64_t attempt = 0;          // to get over it
  std::string restarted;        // WorkerJob::restarted: a server that comes later hears it too
  WorkerStatistics statistics;  // without tables
};

struct WorkerTables {
  bool all = false;  // what was told before is no more; otherwise tables are replaced, or added, by name
  std::vector<WorkerTable> tables;
};

// The order stands in the task's record: it need not be sent again.
struct ReloadTaken {
  int64_t order = 0;
};

using WorkerMessage = std::variant<WorkerHello, WorkerFigures, WorkerTables, ReloadTaken>;

std::string to_line(const WorkerMessage& message);  // with its end
Result<WorkerMessage> parse_worker_message(std::string_view line);

// ---- to the worker

struct StopCommand {
  bool recycle = false;  // the task is put down where it stands, to be taken up later
};

struct ReloadCommand {
  int64_t order = 0;
  std::vector<TableRef> tables;
};

struct SeverityCommand {
  std::vector<std::pair<Component, Severity>> severities;
};

using WorkerCommand = std::variant<StopCommand, ReloadCommand, SeverityCommand>;

std::string to_line(const WorkerCommand& command);
Result<WorkerCommand> parse_worker_command(std::string_view line);

// ---- the job, on the descriptor that the worker inherits

struct WorkerOrder {
  WorkerJob job;
  bool clean_up = false;  // remove what the task left on both ends, instead of running it
};

std::string to_json(const WorkerOrder& order);  // with secrets
Result<WorkerOrder> parse_worker_order(std::string_view text);

// ---- left in the state folder

// How a run ended: outcome.json.
struct WorkerOutcome {
  int64_t run = 0, pid = 0;
  bool failed = false;
  bool recoverable = false;  // of a failure: the same may succeed later
  bool was_running = false;  // it got past its start
  std::string stop_reason;   // without the words "Stop Reason"
  std::string failure;       // message for people
  std::string checkpoint;
  bool has_findings = false;
  std::vector<std::string> remarks;
};

// So that the outcome can be read whatever it holds: remarks of more than this are taken out and answered, and the
// last one says how many they were, and that the task's log has them.
inline constexpr size_t outcome_remarks_bytes_max = size_t{512} << 10U;
std::vector<std::string> cap_remarks(WorkerOutcome& outcome);

std::string to_json(const WorkerOutcome& outcome);
Result<WorkerOutcome> parse_worker_outcome(std::string_view text);

// orders.json: reloads that were accepted and do not stand in the task's record yet.
using ReloadOrders = std::map<int64_t, std::vector<TableRef>>;
std::string to_json(const ReloadOrders& orders);
Result<ReloadOrders> parse_reload_orders(std::string_view text);

// captures.json: what the task has made on its source, whichever target it had then.
std::string to_json(const std::vector<CaptureTrace>& captures);
Result<std::vector<CaptureTrace>> parse_captures(std::string_view text);

// ---- what a clean-up says on its standard output, one JSON object a line

struct CleanUpLine {
  bool restored = false;  // the record holds no definition that would be lost
  bool ends = false;      // the last line
  std::string error{};    // then: what is left and why; empty: nothing
  bool holds_definitions = false;
  std::vector<std::string> remarks{};  // for the server's log; none makes the clean-up fail
};

std::string to_line(const CleanUpLine& line);  // with its end
Result<CleanUpLine> parse_clean_up_line(std::string_view line);

// statistics.json: the latest figures.
std::string to_json(const WorkerStatistics& statistics);
Result<WorkerStatistics> parse_worker_statistics(std::string_view text);

}  // namespace godwit
