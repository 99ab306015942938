#pragma once
// Work that a call starts and does not wait for: connection tests, schema lists, removals, assessments. A few
// threads; jobs beyond them wait their turn. The end of the object asks all jobs to stop and waits for those under
// way.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace godwit {

class Background {
 public:
  using Job = std::function<void(const std::stop_token&)>;
  explicit Background(unsigned threads = 4);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // Not before so long; until then it takes up no thread.
  void start(Job job, std::chrono::milliseconds after = {});
  // Asks all jobs to stop and waits for those under way; those that wait, and later ones, are not begun.
  void finish();
  // Until nothing waits or runs; for tests.
  void drain();

 private:
  using Clock = std::chrono::steady_clock;
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::multimap<Clock::time_point, Job> waiting_;  // by when they are due, then in the order of their coming
  unsigned running_ = 0;
  std::vector<std::jthread> threads_;
};

// For what nobody else would do later, as the end of a task that the store does not take while its disk is full:
// tries at once, then in the background after 200 ms to 5 s, until `attempt` answers true or the work is asked to
// stop. The caller has a way to find what was not done at the next start.
void until_done(Background& background, std::function<bool()> attempt);

// The same for what is stored: the server's log says each time under `area` why `what` ("the end of a test") is not.
void until_stored(Background& background, std::string area, std::string what, std::function<Result<void>()> store);

}  // namespace godwit
