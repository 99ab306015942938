#pragma once
// What every stage of one task's worker shares. Read-only after the plan is made, but for what is said to be
// thread-safe.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "task/error_policy.h"
#include "task/interrupter.h"
#include "task/progress.h"
#include "task/settings.h"
#include "task/task_document.h"

namespace godwit {

// One table of the task: its plan, and what is built around it.
struct PlannedTable {
  TargetTable target;
  uint32_t load_order = 0;  // higher starts first
  bool created = false;     // Godwit makes it on the target
};

// The record of the task on the target. Thread-safe: it has a session of its own behind a lock.
class RecordStore {
 public:
  RecordStore(std::unique_ptr<Target> session, std::string task_id)
      : session_(std::move(session)), task_id_(std::move(task_id)) {}

  // Changes the record here and on the target. An error of kind superseded: another worker has taken the task over.
  Result<void> update(const std::function<void(std::string& phase, TaskDocument& document)>& edit);
  // Takes what is there, or nothing.
  Result<bool> load();
  // Whose the record was when it was loaded.
  std::string stored_worker() const;
  TaskDocument document() const;
  std::string phase() const;
  Result<void> forget();

 private:
  mutable std::mutex mutex_;
  std::unique_ptr<Target> session_;
  std::string task_id_, phase_, stored_worker_;
  uint64_t revision_ = 0;
  TaskDocument document_;
};

class FindingLog;

struct TaskContext {
  Engine* source_engine = nullptr;
  Engine* target_engine = nullptr;
  Endpoint source, target;
  std::string task_id;
  std::string server_name = "local";  // SERVER_NAME of control tables
  std::string source_tag;             // SessionOptions::tag of source sessions
  std::string target_system;          // for CaptureSpec
  TaskSettings settings;
  std::vector<PlannedTable> tables;  // index: everywhere "table" is a number
  std::vector<ObjectDef> objects;    // around the rows of the tables Godwit creates
  bool tells_schema = false;         // the source's log tells structure changes
  Progress* progress = nullptr;
  ErrorTally* tally = nullptr;
  FindingLog* findings = nullptr;
  Interrupter* interrupter = nullptr;  // of the run that is under way

  Result<std::unique_ptr<Source>> open_source(std::string role) const;
  Result<std::unique_ptr<Target>> open_target(std::string role) const;
  CaptureSpec capture_spec() const;  // of the tables as they are planned now
  std::vector<TargetTable> targets() const;
  // Says in awsdms_suspended_tables that a table is suspended, in a session of its own. What cannot be written is an
  // error line and nothing more: what counts is the record.
  void note_suspended(const TableRef& table, std::string_view reason) const;
  // The source's attribute FailTasksOnLobTruncation.
  bool fails_on_truncation() const;
};

}  // namespace godwit
