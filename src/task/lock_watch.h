#pragma once
// While a session of the task works on the target for as long as it takes, as at the build of a large index: a
// session of its own sees that the server answers, and ends a statement that waits too long for a lock of somebody
// else. One thread of its own.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "task/context.h"

namespace godwit {

class LockWatch {
 public:
  // `watched`, and what `alive` needs, outlive it. `alive` is called on its thread each time the server answers.
  LockWatch(const TaskContext& context, Target& watched, std::function<void()> alive);
  ~LockWatch();
  LockWatch(const LockWatch&) = delete;
  LockWatch& operator=(const LockWatch&) = delete;

  // Who held the lock that a statement was ended for; empty: none was.
  std::string blocker() const;

 private:
  void run(const std::stop_token& stop);
  void look(std::unique_ptr<Target>& session);

  const TaskContext& context_;
  Target& watched_;
  const std::function<void()> alive_;
  int64_t blocked_since_ms_ = 0;  // 0: nothing waits
  mutable std::mutex mutex_;
  std::condition_variable_any woken_;
  std::string blocker_;
  std::jthread thread_;
};

}  // namespace godwit
