#pragma once
// The capture thread: reads the source's log into the spool, tells the source what the target holds, pauses while the
// spool is full. An error ends the thread; the runner reads it with failure() and starts another from the durable
// position.

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/source.h"
#include "task/spool.h"

namespace godwit {

class Capture {
 public:
  // Both must outlive the Capture.
  Capture(std::unique_ptr<ChangeReader> reader, Spool& spool);
  ~Capture();

  // Callable from any thread.
  void release_until(const Position& durable);
  // A structure change was applied, and the layouts still hold: reading goes on behind it.
  void go_on();
  std::optional<Error> failure() const;
  bool paused() const { return paused_.load(); }
  Position read_to() const;

 private:
  void run(const std::stop_token& stop);
  Result<void> loop(const std::stop_token& stop);
  Result<void> store(ChangeBatch& batch, const std::stop_token& stop);
  void pass_release();
  Result<void> wait_for_structure(const std::stop_token& stop);

  std::unique_ptr<ChangeReader> reader_;
  Spool& spool_;
  mutable std::mutex mutex_;
  Position released_, read_to_;
  std::optional<Error> failure_;
  std::atomic<bool> paused_{false}, waits_{false};
  std::jthread thread_;
};

}  // namespace godwit
