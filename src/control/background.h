#pragma once
// Work that a call starts and does not wait for: connection tests, schema lists, removals, assessments. A few
// threads; jobs beyond them wait their turn. The end of the object asks all jobs to stop and waits for those under
// way.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace godwit {

class Background {
 public:
  using Job = std::function<void(const std::stop_token&)>;
  explicit Background(unsigned threads = 4);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void start(Job job);
  // Asks all jobs to stop and waits for those under way; those that wait, and later ones, are not begun.
  void finish();
  // Until nothing waits or runs; for tests.
  void drain();

 private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Job> waiting_;
  unsigned running_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace godwit
