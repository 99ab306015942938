#pragma once
// What a person or a script sees of a running task: a live table on a terminal, plain lines elsewhere, or one JSON
// object a line (design §5). One thread of its own prints every second; stop() prints the end.

#include <mutex>
#include <string>
#include <thread>

#include "app/options.h"
#include "task/runner.h"

namespace godwit {

class Output {
 public:
  Output(OutputFormat format, Progress& progress);
  ~Output();

  // Ends the printing thread and prints the summary.
  void finish(const TaskSummary& summary);
  // A line of the log at warning or worse, shown as it comes.
  void notice(Severity severity, std::string_view text);

 private:
  void run(const std::stop_token& stop);
  void print(bool last);
  void print_json(const TaskStatistics& now);
  void print_lines(const TaskStatistics& now, bool last);
  void print_live(const TaskStatistics& now);
  void clear_live();

  const OutputFormat format_;
  const bool terminal_;
  Progress& progress_;
  std::mutex mutex_;
  TaskStatistics before_;
  int64_t before_ms_ = 0, started_ms_ = 0;
  uint64_t rows_before_ = 0, bytes_before_ = 0;
  size_t live_lines_ = 0;
  std::string last_line_;
  std::jthread thread_;
};

// "Table 's'.'t'" statistics as DMS names them, one JSON object.
std::string table_event_json(const TableStatistics& table);
std::string summary_json(const TaskSummary& summary);

}  // namespace godwit
