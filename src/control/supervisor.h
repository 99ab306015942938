#pragma once
// The one implementation of TaskWorkers: worker processes on this host, one thread that watches them all, another
// that tells the listener, who may wait for the store. A worker is seen to die by its process descriptor, at once; to
// hang, by its silence; and to live on without a server by the lock in its folder. See control/task_workers.h for
// what callers must know.

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>

#include "control/restart_policy.h"
#include "control/task_workers.h"
#include "control/worker_channel.h"
#include "control/worker_process.h"
#include "control/worker_protocol.h"

namespace godwit {

// A clean-up that says nothing for so long is killed; one that works says so all the time.
inline constexpr int64_t clean_up_silence_ms = 120000;

class Supervisor final : public TaskWorkers {
 public:
  static Result<std::unique_ptr<Supervisor>> open(WorkerEnvironment environment);
  ~Supervisor() override;

  Result<void> start(const WorkerJob& job) override;
  void take_up(const std::vector<std::pair<std::string, int64_t>>& task_runs) override;
  Result<void> stop(const std::string& task_id, int64_t run) override;
  Result<void> reload(const std::string& task_id, const std::vector<TableRef>& tables) override;
  Result<void> set_severities(const std::string& task_id,
                              const std::vector<std::pair<Component, Severity>>& severities) override;
  std::optional<WorkerReport> report(const std::string& task_id) const override;
  std::optional<WorkerStatistics> statistics(const std::string& task_id, const std::string& state_dir) const override;
  void remove(const WorkerJob& job, std::function<void(Result<void>)> done) override;
  void recycle_all(int64_t wait_ms) override;

 private:
  // One task's run. Times are of the monotonic clock, 0: not.
  struct Worker {
    WorkerReport report;
    std::string state_dir;
    ErrorBehavior behavior;
    bool loads = true;
    WorkerProcess process;
    std::unique_ptr<Channel> channel;
    WorkerStatistics statistics;
    std::map<TableRef, size_t> rows;  // of statistics.tables
    RestartHistory history;
    int64_t heard_ms = 0;          // or when its process, or the wait for its word, began
    int64_t running_since_ms = 0;  // of this process
    int64_t shown_running_ms = 0;  // since when the listener knows that it runs
    int64_t waited_ms = 0;         // before the process was started
    int64_t restart_at_ms = 0;
    int64_t stop_asked_ms = 0;
    int64_t told_ms = 0;      // the last report
    bool found_dead = false;  // when it was to be taken up
    bool stop_sent = false;   // to this process
    bool ends = false;        // this process is in its clean end
    bool is_removed = false;  // nothing is to come after it
    std::string killed_why;   // by this supervisor
    std::string restarted;    // what became of the last worker that died in this run, told by the next
    std::string setback;      // what kept the task from going on when it last spoke
    ReloadOrders orders;      // those that are not in the task's record yet, as orders.json
    std::vector<std::pair<Component, Severity>> severities;
    std::optional<WorkerReport> end;  // to be told at end_at_ms
    int64_t end_at_ms = 0;
    bool is_over() const { return !process.lives() && restart_at_ms == 0 && !end; }
  };

  // A connection that has not said whose it is, or whose task nobody has taken up yet.
  struct Stranger {
    std::unique_ptr<Channel> channel;
    std::optional<WorkerHello> hello;
    int64_t since_ms = 0;
  };

  struct CleanUp {
    std::string task_id, state_dir, order;
    LineReader lines;
    std::optional<CleanUpLine> answer;
    bool restored = false;  // no definition would be lost with the record
    WorkerProcess process;  // none yet: the task's worker is being put down
    std::function<void(Result<void>)> done;
    int64_t until_ms = 0;  // unless it says something
    bool late = false;
  };

  explicit Supervisor(WorkerEnvironment environment);

  // supervisor.cpp, the lock held
  Result<void> launch(Worker& worker, const WorkerJob& job);
  void take_up_one(const std::string& task_id, int64_t run, const Result<WorkerJob>& job);
  void load_orders(Worker& worker);
  void keep_orders(const Worker& worker);
  static void show_statistics(Worker& worker, WorkerStatistics statistics);
  static void show_orders(Worker& worker);
  void put_down(const std::string& task_id, const std::string& state_dir, int64_t run);
  bool is_there(const std::string& task_id) const;
  Result<void> begin_clean_up(CleanUp& clean_up);
  bool adopt(Worker& worker, int64_t pid);
  void send(Worker& worker, const WorkerCommand& command);
  void tell(Worker& worker);
  void answer(CleanUp& clean_up, Result<void> how);
  void wake();

  // supervisor_watch.cpp, on the supervisor's thread; the lock held but where said
  void run(const std::stop_token& stop);
  void look_at_all(int64_t timeout_ms);  // not held
  int64_t next_look_ms(int64_t now_ms) const;
  void take_connections();
  void listen_to(Stranger& stranger, bool& gone);
  bool introduce(Stranger& stranger);
  void dismiss_strangers(int64_t now_ms);
  void listen_to(Worker& worker);
  void take_message(Worker& worker, WorkerMessage message);
  void take_figures(Worker& worker, WorkerFigures figures);
  void take_tables(Worker& worker, WorkerTables tables);
  void worker_ended(Worker& worker);
  WorkerEnd how_it_ended(Worker& worker, WorkerReport& report, std::string& how);
  void after_end(Worker& worker, WorkerReport report, WorkerEnd end, const std::string& how);
  void not_started(Worker& worker, const Error& why);
  void end_run(Worker& worker, WorkerReport report);
  void check_times(Worker& worker, int64_t now_ms);
  void restart_due();  // not held
  void watch_clean_up(CleanUp& clean_up, int64_t now_ms);
  static void hear_clean_up(CleanUp& clean_up, int64_t now_ms);
  bool wait_for_worker(CleanUp& clean_up, int64_t now_ms);
  void send_stop(Worker& worker);

  // supervisor.cpp, on a thread of its own
  void deliver(const std::stop_token& stop);  // not held

  const WorkerEnvironment environment_;
  const std::string socket_path_;
  Descriptor socket_, wake_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::map<std::string, Worker> workers_;
  std::vector<Stranger> strangers_;
  std::vector<CleanUp> clean_ups_;
  // What the listener is to hear: a report, or the answer to a clean-up.
  struct Notice {
    std::optional<WorkerReport> report;
    std::function<void()> answer;
  };
  std::deque<Notice> outbox_;
  std::condition_variable_any posted_;
  bool taken_up_ = false;  // strangers of unknown tasks are sent away
  bool recycling_ = false;
  int64_t last_order_ = 0;
  int64_t looked_ms_ = 0;
  std::jthread teller_, thread_;
};

}  // namespace godwit
