#pragma once
// The capture thread: reads the source's log into the spool, tells the source what the target holds, pauses while the
// spool is full. An error ends the thread; the runner reads it with failure() and starts another from the durable
// position.

#include <mutex>
#include <optional>
#include <thread>

#include "engine/source.h"
#include "task/change_shaping.h"
#include "task/progress.h"
#include "task/spool.h"

namespace godwit {

void note_spool(Backlog& backlog, const Spool::Usage& usage);

class Capture {
 public:
  // All must outlive the Capture. Its share of the backlog is kept in `progress`. `shaping` may be null.
  Capture(std::unique_ptr<ChangeReader> reader, Spool& spool, Progress& progress,
          std::unique_ptr<ChangeShaping> shaping);
  ~Capture();

  // Callable from any thread.
  void release_until(const Position& durable);
  // A structure change was applied, and the layouts still hold: reading goes on behind it.
  void go_on();
  std::optional<Error> failure() const;
  Position read_to() const;

 private:
  void run(const std::stop_token& stop);
  Result<void> loop(const std::stop_token& stop);
  Result<void> store(ChangeBatch& batch, const std::stop_token& stop);
  void pass_release();
  Result<void> wait_for_structure(const std::stop_token& stop);
  void publish(const Position& read_to, bool flowing, uint64_t bytes = 0);
  void set_paused(bool paused, bool disk_full = false);
  void count(const ChangeBatch& batch);
  void tell_read();

  std::unique_ptr<ChangeReader> reader_;
  Spool& spool_;
  Progress& progress_;
  std::unique_ptr<ChangeShaping> shaping_;
  mutable std::mutex mutex_;
  Position released_, read_to_;
  std::optional<Error> failure_;
  // Its own thread's.
  bool paused_ = false;
  struct Read {
    uint64_t transactions = 0, changes = 0, bytes = 0;
  };
  Read read_;  // since the last line about it, in a log at debug
  int64_t told_ms_ = 0;
  std::atomic<bool> waits_{false};
  std::jthread thread_;
};

}  // namespace godwit
