#pragma once
// SIGINT, SIGTERM and SIGHUP are taken by one thread, so that a stop is asked for in the ordinary way, at the next
// transaction boundary.

#include <functional>
#include <thread>

namespace godwit {

class SignalThread {
 public:
  // `asked` is called on that thread, for each of the signals.
  explicit SignalThread(std::function<void()> asked);
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

  // Before any thread is made, so that all of them inherit it.
  static void block();

 private:
  void run(const std::stop_token& own);

  const std::function<void()> asked_;
  std::jthread thread_;
};

}  // namespace godwit
