#pragma once
// How another thread ends what a source's own thread waits for: the server is told to end the statement of the
// session at work, and what waits between statements looks here.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "engines/mysql/connection.h"

namespace godwit::mysql {

class Interruption {
 public:
  // `own`: at work where at_work() named no other.
  explicit Interruption(const Connection& own) : own_(own) {}

  // Of another thread.
  void ask();

  // Of the source's thread, from here on. Whoever names a session names null before it is moved or closed.
  void at_work(const Connection* session);
  // What was asked before does not concern what begins now.
  void forget() { asked_ = false; }
  const std::atomic<bool>& asked() const { return asked_; }
  // Sleeps for so long, or until somebody asks. An error of kind stopped: somebody asked.
  Result<void> pause(std::chrono::milliseconds time);

 private:
  const Connection& own_;
  std::atomic<bool> asked_ = false;
  std::mutex mutex_;  // guards at_work_, and the session it names from being closed meanwhile
  std::condition_variable changed_;
  const Connection* at_work_ = nullptr;
};

}  // namespace godwit::mysql
