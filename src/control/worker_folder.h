#pragma once
// What a worker keeps in its task's state folder for whoever comes after it: the lock by which one worker at most is
// at work there and a server finds the one that outlived the server before, how its run ended, its latest figures.
// Only open reloads are needed to go on with a task; nothing of it holds a secret.

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "control/worker_protocol.h"

namespace godwit {

// Held as long as the object, or its process, lives.
class WorkerLock {
 public:
  // Waits at most so long for a worker that is about to end.
  static Result<WorkerLock> take(const std::string& state_dir, int64_t wait_ms);
  // The process that holds it now; nothing: nobody does. A process id that was given again is never taken for one.
  static std::optional<int64_t> holder(const std::string& state_dir);

  ~WorkerLock();
  WorkerLock(WorkerLock&& other) noexcept;
  WorkerLock(const WorkerLock&) = delete;
  WorkerLock& operator=(const WorkerLock&) = delete;
  WorkerLock& operator=(WorkerLock&&) = delete;

 private:
  explicit WorkerLock(int fd) : fd_(fd) {}
  int fd_;
};

Result<void> make_state_folder(const std::string& state_dir);  // 0700

// Each file is there whole, or as it was before.
Result<void> write_outcome(const std::string& state_dir, const WorkerOutcome& outcome);
std::optional<WorkerOutcome> read_outcome(const std::string& state_dir);
void forget_outcome(const std::string& state_dir);
Result<void> write_statistics(const std::string& state_dir, const WorkerStatistics& statistics);
std::optional<WorkerStatistics> read_statistics(const std::string& state_dir);
// On the disk when it returns. None: the file goes.
Result<void> write_orders(const std::string& state_dir, const ReloadOrders& orders);
Result<ReloadOrders> read_orders(const std::string& state_dir);  // none where there is no file

// Adds one that is not known yet; on disk when the call returns. Kept until the task is deleted.
Result<void> remember_capture(const std::string& state_dir, const CaptureTrace& capture);
Result<std::vector<CaptureTrace>> read_captures(const std::string& state_dir);

}  // namespace godwit
