#pragma once
// What a worker tells of itself, from what its task counts. Pure: clocks and the process's own use are the caller's.

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/task_workers.h"
#include "task/progress.h"

namespace godwit {

struct ProcessUse {
  int64_t cpu_us = 0;
  uint64_t memory_bytes = 0, swap_bytes = 0;
};
ProcessUse own_use();  // of the calling process

// `type`: full-load, full-load-and-cdc, cdc.
WorkerStatistics worker_figures(const TaskStatistics& now, std::string_view type, int64_t now_us, int64_t now_ms);

// Whether the task is told to be kept from going on: also for some seconds after it has got over it, so that one that
// comes back at once is told all along.
bool is_shown(const Setback& setback, int64_t now_ms);

// Rows loaded ÷ rows estimated, 0 to 99 while tables are to come, 100 once none is.
int64_t full_load_percent(const std::vector<TableStatistics>& tables, std::string_view type);

// Of a worker that has not taken up yet what an earlier one counted: what that one showed stands.
void show_as_before(WorkerStatistics& now, const WorkerStatistics& before);

// Counters that go on over restarts and resumes: what an earlier worker of the same life counted is added.
void add_before(WorkerStatistics& now, const WorkerStatistics& before);

// Counts the lines of errors and warnings, by component. Thread-safe.
class LogLineCounts {
 public:
  void note(Component component, Severity severity);
  std::vector<LogLineCount> counts() const;  // none of 0

 private:
  std::array<std::array<std::atomic<uint64_t>, component_count>, 2> lines_{};
};

// Follows what changes, so that each row's LastUpdateTime is right and only what is new is told.
class TableWatch {
 public:
  // The tables that changed since the last look; `all`: the list is another one, and this is the whole of it.
  std::vector<WorkerTable> look(const std::vector<TableStatistics>& now, int64_t now_us, bool& all);
  const std::vector<WorkerTable>& tables() const { return tables_; }
  // As an earlier worker left them: what has not changed since keeps its time.
  void start_from(std::vector<WorkerTable> tables) { before_ = std::move(tables); }

 private:
  std::vector<WorkerTable> tables_, before_;
};

}  // namespace godwit
