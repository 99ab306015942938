#pragma once
// The capture thread: reads the source's log into the spool, tells the source what the target holds, pauses while the
// spool is full. An error ends the thread; the runner reads it with failure() and starts another from the durable
// position.

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/source.h"
#include "task/change_shaping.h"
#include "task/spool.h"

namespace godwit {

class Capture {
 public:
  // The spool must outlive the Capture. `shaping` may be null.
  Capture(std::unique_ptr<ChangeReader> reader, Spool& spool, std::unique_ptr<ChangeShaping> shaping);
  ~Capture();

  // Callable from any thread.
  void release_until(const Position& durable);
  std::optional<Error> failure() const;
  bool paused() const { return paused_.load(); }
  Position read_to() const;

 private:
  void run(const std::stop_token& stop);
  Result<void> loop(const std::stop_token& stop);
  Result<void> store(ChangeBatch& batch, const std::stop_token& stop);
  void pass_release();

  std::unique_ptr<ChangeReader> reader_;
  Spool& spool_;
  std::unique_ptr<ChangeShaping> shaping_;
  mutable std::mutex mutex_;
  Position released_, read_to_;
  std::optional<Error> failure_;
  std::atomic<bool> paused_{false};
  std::jthread thread_;
};

}  // namespace godwit
