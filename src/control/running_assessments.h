#pragma once
// The threads that assessments run on: of their own, since one may take as long as reading a table does, and a
// connection test is not to wait for it. Those beyond the threads wait their turn. The end of the object stops all of
// them and waits for those under way; a server which starts later ends what they leave (control/assessments.h).

#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "control/background.h"

namespace godwit {

class RunningAssessments {
 public:
  explicit RunningAssessments(unsigned threads = 4) : background_(threads) {}

  // `job` is given the token that cancel() and finish() stop.
  void start(const std::string& id, Background::Job job);
  // Nothing happens when it is not there any more.
  void cancel(const std::string& id);
  void finish() { background_.finish(); }
  // Until nothing waits or runs; for tests.
  void drain() { background_.drain(); }

 private:
  std::mutex mutex_;
  std::map<std::string, std::stop_source> stops_;  // of those that wait or run
  Background background_;
};

}  // namespace godwit
