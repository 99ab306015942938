#pragma once
// Keeps a snapshot joinable, beyond the death of this worker (engine.md §3): one session holds it and sleeps in the
// server; before its time is half over a second takes it over from the first. One thread of its own.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/source.h"

namespace godwit {

class SnapshotKeeper {
 public:
  using Opener = std::function<Result<std::unique_ptr<Source>>()>;
  using Recorder = std::function<Result<void>(const std::string& id)>;

  // Takes hold of snapshot `id` before it returns, so that the one who made it may let go. `record` stores the id
  // under which others join now; it is called here and, from the keeper's thread, at each takeover.
  static Result<std::unique_ptr<SnapshotKeeper>> start(Opener open, Recorder record, const std::string& id);
  ~SnapshotKeeper();

  std::string id() const;

 private:
  SnapshotKeeper(Opener open, Recorder record) : open_(std::move(open)), record_(std::move(record)) {}
  Result<void> take_over(const std::string& id);
  void run(const std::stop_token& stop);

  Opener open_;
  Recorder record_;
  mutable std::mutex mutex_;
  std::condition_variable_any woken_;
  std::string id_;
  std::unique_ptr<Source> holder_, previous_;
  std::jthread thread_;
};

}  // namespace godwit
