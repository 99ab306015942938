#pragma once
// For tests: workers that do nothing but note what they are asked for, and tell what a test has them tell.

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control/task_workers.h"

namespace godwit {

class FakeWorkers : public TaskWorkers {
 public:
  Result<void> start(const WorkerJob& job) override {
    started.push_back(job);
    if (on_start) on_start();
    if (refuses_start) return Failure(Error{ErrorKind::resource, "fake", "no worker can be started", ""});
    living.insert(job.task_id);
    runs[job.task_id] = job.run;
    return {};
  }
  void take_up(const std::vector<std::pair<std::string, int64_t>>& task_runs) override {
    taken_up = task_runs;
    if (on_take_up) on_take_up();
  }
  Result<void> stop(const std::string& task_id, int64_t run) override {
    if (const auto at = runs.find(task_id); at != runs.end() && at->second != run)
      return Failure(Error{ErrorKind::fatal, "fake", "another run", ""});
    stopped.push_back(task_id);
    if (!living.contains(task_id)) return Failure(Error{ErrorKind::fatal, "fake", "no worker", ""});
    return {};
  }
  Result<void> reload(const std::string&, const std::vector<TableRef>& tables) override {
    reloaded = tables;
    return {};
  }
  Result<void> set_severities(const std::string&,
                              const std::vector<std::pair<Component, Severity>>& wanted) override {
    severities = wanted;
    return {};
  }
  std::optional<WorkerReport> report(const std::string& task_id) const override {
    const auto at = reports.find(task_id);
    return at == reports.end() ? std::nullopt : std::optional(at->second);
  }
  std::optional<WorkerStatistics> statistics(const std::string& task_id, const std::string&) const override {
    const auto at = figures.find(task_id);
    return at == figures.end() ? std::nullopt : std::optional(at->second);
  }
  void remove(const WorkerJob& job, std::function<void(Result<void>)> done) override {
    {
      const std::lock_guard lock(mutex_);  // called by background jobs
      removed.push_back(job.task_id);
    }
    if (keeps_removing) {
      end_removal = std::move(done);
      return;
    }
    done(removal_error ? Result<void>(Failure(*removal_error)) : Result<void>());
  }
  void recycle_all(int64_t) override {}

  std::vector<WorkerJob> started;
  std::vector<std::string> stopped, removed;
  std::vector<std::pair<std::string, int64_t>> taken_up;
  std::vector<TableRef> reloaded;
  std::vector<std::pair<Component, Severity>> severities;
  std::set<std::string> living;
  std::map<std::string, int64_t> runs;         // of the last start
  std::function<void()> on_start, on_take_up;  // what happens meanwhile
  std::map<std::string, WorkerReport> reports;
  std::map<std::string, WorkerStatistics> figures;
  bool refuses_start = false, keeps_removing = false;
  std::function<void(Result<void>)> end_removal;  // of the last one that is kept
  std::optional<Error> removal_error;

 private:
  std::mutex mutex_;
};

}  // namespace godwit
