#pragma once
// What a task has done so far, for the screen, the summary and the status table. Writers are the task's threads;
// readers take a copy. Names and meanings are those of DMS's TableStatistics (spec/full-load.md §8). All members are
// thread-safe.

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "data/change.h"
#include "data/table_def.h"
#include "task/table_state.h"

namespace godwit {

struct TableStatistics {
  TableRef table;  // source name
  TableState state = TableState::before_load;
  std::string reason;  // of the state error
  uint64_t full_load_rows = 0, full_load_error_rows = 0, full_load_bytes = 0;
  uint64_t estimated_rows = 0, estimated_bytes = 0;
  uint32_t slices_done = 0, slices = 0;
  uint64_t inserts = 0, updates = 0, deletes = 0, truncates = 0;  // captured
  uint64_t applied_inserts = 0, applied_updates = 0, applied_deletes = 0, applied_truncates = 0;
  uint64_t ddls = 0, applied_ddls = 0;
  uint64_t parked = 0, ignored = 0;
  uint64_t dropped = 0;   // captured, and not for the target: before the table's snapshot, or after it was suspended
  uint64_t filtered = 0;  // changes that the row filter left out; not among those captured above
  uint64_t mended = 0;    // rows and changes that were written with a value that could not be converted or masked
  int64_t load_start_us = 0, load_end_us = 0;
  bool reloaded = false;
};

// Rows and changes that were read and are neither applied nor left out nor parked (design §1.1). Not 0 is a defect or
// a loss: the table is red.
uint64_t unaccounted(const TableStatistics& table);

// What capture has read and apply has not committed yet. Times of the source's clock are microseconds since 1970, 0
// where nothing is known. What they amount to: measures.h.
struct Backlog {
  // In the spool, and in apply's hands: taken from it, perhaps written, not committed.
  uint64_t spool_changes = 0, spool_memory_bytes = 0, spool_disk_bytes = 0;
  uint64_t window_changes = 0, window_bytes = 0;
  int64_t spool_oldest_us = 0, window_oldest_us = 0;  // commit time of the oldest transaction there
  bool paused = false;                                // reading waits for room in the spool
  bool disk_full = false;                             // and that is what its disk lacks, not what the settings allow
  bool flowing = false;                               // the reader's last look at the log gave something
  Position read_to;
  int64_t captured_us = 0;  // commit time of the last transaction read
  // The log's end as the source told it: its clock at the last end that the reader has reached, and since when an
  // end is known that it has not (monotonic ms; 0: none).
  int64_t proven_us = 0, unreached_since_ms = 0;
};

// An error that may pass, and that the task tries to get over.
struct Setback {
  std::string error;    // its message; empty: there was none
  int attempt = 0;      // of those that RecoverableErrorCount counts
  int64_t over_ms = 0;  // monotonic: since when both ends answer again; 0: not yet
};

struct TaskStatistics {
  std::string phase;    // "starting", "full load", "change processing" …
  bool ending = false;  // the clean end is under way, or done: what stands around the rows is put right
  std::vector<TableStatistics> tables;
  Backlog backlog;
  Position applied;        // stored on the target: where one could go on from
  std::string checkpoint;  // the same in DMS's form
  int64_t applied_us = 0;  // the target holds every transaction that committed up to then
  int64_t started_us = 0;  // the source's clock when the stream's start was fixed
  uint64_t transactions = 0;
  Setback setback;  // the latest of this run
  // Of this run: rows and bytes loaded; changes dealt with (applied, parked or passed over) and their size in memory.
  uint64_t loaded_rows = 0, loaded_bytes = 0, processed_changes = 0, applied_bytes = 0;
  // Of this run too: size in memory of the changes read, values that were cut, sets that became single statements.
  uint64_t captured_bytes = 0, lob_truncations = 0, bulk_fallbacks = 0;
};

class Progress {
 public:
  void set_tables(std::vector<TableStatistics> tables);
  void add_table(TableStatistics table);
  // Those behind it move one forward.
  void remove_table(size_t table);
  void set_phase(std::string phase);
  std::string phase() const;
  bool paused() const;

  void change_table(size_t table, const std::function<void(TableStatistics&)>& edit);
  // Moves the table's state; an event that cannot happen is a defect and is logged.
  void table_event(size_t table, TableEvent event);
  void fail_table(size_t table, std::string reason);
  void change(const std::function<void(TaskStatistics&)>& edit);

  TaskStatistics copy() const;

 private:
  mutable std::mutex mutex_;
  TaskStatistics statistics_;
};

}  // namespace godwit
