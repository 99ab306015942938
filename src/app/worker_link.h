#pragma once
// A worker's side of the socket: tells the server each second how the task does, hears what it asks, and keeps the
// figures in the task's folder. A server that is not there is looked for again and again; the task goes on meanwhile.
// One thread of its own.

#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "control/worker_channel.h"
#include "control/worker_figures.h"
#include "task/runner.h"

namespace godwit {

class WorkerLink {
 public:
  // `runner` and `stop` outlive the link. `socket_path` may be empty: nobody is told.
  WorkerLink(const WorkerJob& job, std::string socket_path, TaskRunner& runner, std::stop_source& stop,
             WorkerStatistics before);
  ~WorkerLink();
  WorkerLink(const WorkerLink&) = delete;
  WorkerLink& operator=(const WorkerLink&) = delete;

  // Tells and keeps the last figures, and ends the thread. Once.
  void finish();
  // Whether the task has got past its start.
  bool has_run() const { return has_run_; }

 private:
  void run(const std::stop_token& own);
  void look(bool last);
  void tell(const WorkerMessage& message);
  void tell_tables(const std::vector<WorkerTable>& tables, bool all);
  void keep(bool last);
  void connect();
  void listen();
  bool hear();
  void obey(const WorkerCommand& command);
  void take_order(const ReloadCommand& command);
  void tell_taken();

  const std::string task_id_, type_, state_dir_, restarted_, socket_path_;
  const int64_t run_;
  TaskRunner& runner_;
  std::stop_source& stop_;
  const WorkerStatistics before_;
  const int64_t started_ms_;
  std::unique_ptr<Channel> channel_;
  TableWatch watch_;
  LogLineCounts log_lines_;
  WorkerStatistics latest_;
  std::string phase_;
  bool paused_ = false, unkept_ = true, keeping_failed_ = false;
  std::atomic<bool> has_run_ = false;
  int64_t connect_at_ms_ = 0, look_at_ms_ = 0, kept_at_ms_ = 0;
  std::mutex taken_mutex_;
  std::vector<int64_t> taken_;  // orders that stand in the record, to be told
  struct Order {
    std::vector<TableRef> tables;
    bool is_taken = false;  // and told
  };
  std::map<int64_t, Order> orders_;  // all that this process was given
  std::jthread thread_;
};

}  // namespace godwit
