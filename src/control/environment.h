#pragma once
// What every function of control/ works with. Made once by `godwit serve` (or a test) and alive as long as the
// server; each member is thread-safe. Nothing here is copied into a job: background jobs hold a reference to it.

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "control/arn.h"
#include "control/background.h"
#include "control/secret_box.h"
#include "engine/engine.h"
#include "store/database.h"

namespace godwit {

class TaskWorkers;    // control/task_workers.h
class EventSinks;     // control/event_sinks.h
class EventDelivery;  // control/event_delivery.h

struct Environment {
  Database& database;
  const SecretBox& secrets;
  Namespace names;
  std::span<Engine* const> engines;
  Background& background;
  TaskWorkers* workers = nullptr;    // null: this server runs no tasks, as in tests of other resources
  std::string folder;                // --data-dir: tasks/<resource id>/ holds a task's log, spool and statistics
  std::string secret_folder;         // --secret-dir: files named by SecretsManagerSecretId; empty: none
  std::function<int64_t()> now_us;   // UTC microseconds since 1970
  bool lenient_max_records = false;  // pages of 1 to 19 are given too
  // Puts the running tasks of an instance (its resource id) down where they stand and starts them again, with "Stop
  // Reason RECYCLE_TASK" in between and the limits of the instance as it is then. Returns at once; `done` is called
  // once, from any thread. Empty: no task runs here.
  std::function<void(const std::string& instance_id, std::function<void(Result<void>)> done)> recycle_tasks{};
  const EventSinks* sinks = nullptr;  // null: topics are URLs alone
  EventDelivery* delivery = nullptr;  // null: events wait in the store for a server that delivers them
};

}  // namespace godwit
