#pragma once
// Tells on the target how the task is doing: awsdms_status every 10 s and at each change of state, awsdms_history at
// the end of each slot, and the log's PERFORMANCE line every 30 s. A thread and a target session of its own, so that
// it waits for nobody and nobody for it. What cannot be written is said in the log, and tried again with the next
// row; the task goes on.
//
// It lives from when the control tables are there to the task's end. Its end writes NOT RUNNING and the slot that is
// cut short; it takes a few seconds at most, also when somebody holds a lock on the tables.

#include <atomic>
#include <deque>
#include <memory>
#include <stop_token>
#include <thread>

#include "task/context.h"
#include "task/measures.h"

namespace godwit {

class StatusReporter {
 public:
  // `context` must outlive the reporter. `follows`: the task has a stream, so latencies mean something.
  StatusReporter(const TaskContext& context, bool follows);
  ~StatusReporter();
  // Another worker has the task and tells of it: nothing more is written.
  void fall_silent() { silent_ = true; }
  StatusReporter(const StatusReporter&) = delete;
  StatusReporter& operator=(const StatusReporter&) = delete;

 private:
  void run();
  void report(std::string_view status, bool last);
  void log_latencies() const;
  void flush_history();
  bool write(std::string_view table, const std::function<Result<void>(Target&)>& statement);
  void note_failure(std::string_view table, const Error& error);

  const TaskContext& context_;
  const bool follows_, keeps_status_, keeps_history_;
  History history_;
  std::deque<HistoryRow> unwritten_;
  std::unique_ptr<Target> session_;
  bool failing_ = false;
  std::atomic<bool> silent_{false};
  std::stop_source stop_;
  Interrupter interrupter_;  // of what still waits some seconds after the stop
  std::jthread thread_;
};

}  // namespace godwit
