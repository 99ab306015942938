#pragma once
// One giant row at a time in all lanes of a load, so that memory is bounded by the largest row and not by the number
// of lanes and queues (engine.md §11). A reader enters with a batch before it hands it on, the writer leaves when it
// is written; before it reads on, the reader waits until nobody is in. Thread-safe.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

namespace godwit {

// A batch of more bytes than this holds one giant row: batches close at about a MiB.
inline constexpr size_t giant_bytes = 16U << 20U;

class GiantGate {
 public:
  // False: a stop came first, and nothing was entered.
  bool enter(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return !taken_; })) return false;
    taken_ = true;
    return true;
  }
  bool wait_until_free(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return changed_.wait(lock, stop, [this] { return !taken_; });
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    taken_ = false;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool taken_ = false;
};

}  // namespace godwit
