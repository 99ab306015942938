#pragma once
// SIGINT, SIGTERM and SIGHUP as a stop that is asked for.

#include <stop_token>
#include <thread>

namespace godwit {

// They are taken by one thread, which asks for the stop. A task stops at its next transaction boundary.
class SignalThread {
 public:
  explicit SignalThread(std::stop_source& stop);
  ~SignalThread();

  // Before any thread is made, so that all of them inherit it.
  static void block();

 private:
  static void run(const std::stop_token& own, std::stop_source& stop);

  std::jthread thread_;
};

}  // namespace godwit
