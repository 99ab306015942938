#pragma once
// A process that the supervisor started, or found: its end is seen at once, and no signal ever goes to another
// process that has its number by then (pidfd).

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "control/worker_channel.h"

namespace godwit {

struct WorkerCommandLine {
  std::string program;      // /proc/self/exe
  std::string order;        // handed over on descriptor 3, in memory alone
  std::string socket_path;  // empty: none
  std::string error_file;   // takes what libraries print; appended to
  bool reads_output = false;
};

class WorkerProcess {
 public:
  WorkerProcess() = default;
  // In a session of its own, with no descriptor of the server's.
  static Result<WorkerProcess> start(const WorkerCommandLine& line);
  // One that runs already; nothing: it has ended.
  static std::optional<WorkerProcess> find(int64_t pid);

  bool lives() const { return static_cast<bool>(pidfd_); }
  int64_t pid() const { return pid_; }
  int fd() const { return pidfd_.get(); }       // readable once it has ended
  int output() const { return output_.get(); }  // its standard output, or -1
  void signal(int number) const;
  // After it has ended: "was killed by signal 9 (Killed)", "ended with status 1". Nothing is known of one that was
  // found. Its exit status, or -1.
  std::string reap(int& status);

 private:
  int64_t pid_ = 0;
  bool is_child_ = false;
  Descriptor pidfd_, output_;
};

}  // namespace godwit
