#pragma once
// What a task's statistics amount to: latencies, the row of awsdms_status, the rows of awsdms_history
// (spec/cdc.md §8, spec/control-tables.md §3, §5). Pure: clocks are the caller's.

#include <vector>

#include "engine/target.h"
#include "task/progress.h"

namespace godwit {

struct Latencies {
  // This host's clock minus the commit time of the last transaction read; 0 once the log's end is read.
  int64_t source_ms = 0;
  // The same of the oldest transaction that is read and not committed on the target; never below the source's.
  int64_t target_ms = 0;
};

// `now_ms`: of the monotonic clock.
Latencies latencies_of(const TaskStatistics& statistics, int64_t now_us, int64_t now_ms);

// Changes that committed on the source and wait here, in memory or on disk.
uint64_t waiting_changes(const TaskStatistics& statistics);

// "FULL LOAD", "CHANGE PROCESSING", "Paused", or "NOT RUNNING" before either. A load goes on while reading is paused,
// so it is called FULL LOAD then too.
std::string_view task_status(std::string_view phase, bool paused);

StatusRow status_row(const TaskStatistics& statistics, std::string_view status, uint64_t memory_bytes);

// Slots of equal length from the start of the run on; the last one is cut short. A slot in which both a load and
// change processing ran has a row of each.
class History {
 public:
  History(int64_t slot_minutes, int64_t start_us);

  // Takes note of what was done until now; the rows of slots that have ended. Call it at each change of status too.
  std::vector<HistoryRow> advance(const TaskStatistics& statistics, std::string_view status, int64_t latency_ms,
                                  int64_t now_us);
  // The rows of the slot that the end of the run cuts short.
  std::vector<HistoryRow> finish(const TaskStatistics& statistics, int64_t latency_ms, int64_t now_us);

 private:
  struct Work {
    bool ran = false;
    uint64_t records = 0, bytes = 0;                // of the run so far
    uint64_t records_before = 0, bytes_before = 0;  // when the slot began
  };
  void note(const TaskStatistics& statistics);
  void close_slot(int64_t end_us, int64_t latency_ms, std::vector<HistoryRow>& out);

  const int64_t slot_us_;
  int64_t slot_start_us_;
  std::string_view status_;
  Work load_, changes_;
};

}  // namespace godwit
