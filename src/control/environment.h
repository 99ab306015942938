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

class TaskWorkers;         // control/task_workers.h
class EventSinks;          // control/event_sinks.h
class EventDelivery;       // control/event_delivery.h
class RunningAssessments;  // control/running_assessments.h

struct Environment {
  Database& database;
  const SecretBox& secrets;
  Namespace names;
  std::span<Engine* const> engines;
  Background& background;
  TaskWorkers* workers = nullptr;     // null: this server runs no tasks, as in tests of other resources
  std::string folder;                 // --data-dir: tasks/<resource id>/ holds a task's log, spool and statistics
  std::string secret_folder;          // --secret-dir: files named by SecretsManagerSecretId; empty: none
  std::function<int64_t()> now_us;    // UTC microseconds since 1970
  bool lenient_max_records = false;   // pages of 1 to 19 are given too
  const EventSinks* sinks = nullptr;  // null: topics are URLs alone
  EventDelivery* delivery = nullptr;  // null: events wait in the store for a server that delivers them
  RunningAssessments* assessments = nullptr;  // null: this server assesses no tasks, as in tests of other resources
};

}  // namespace godwit
