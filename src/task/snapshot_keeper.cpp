#include "task/snapshot_keeper.h"

#include <chrono>

#include "base/log.h"

namespace godwit {

Result<std::unique_ptr<SnapshotKeeper>> SnapshotKeeper::start(Opener open, Recorder record, const std::string& id) {
  std::unique_ptr<SnapshotKeeper> keeper(new SnapshotKeeper(std::move(open), std::move(record)));
  TRY(keeper->take_over(id));
  keeper->thread_ = std::jthread([raw = keeper.get()](const std::stop_token& stop) { raw->run(stop); });
  return keeper;
}

SnapshotKeeper::~SnapshotKeeper() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

std::string SnapshotKeeper::id() const {
  const std::lock_guard lock(mutex_);
  return id_;
}

Result<void> SnapshotKeeper::take_over(const std::string& id) {
  std::unique_ptr<Source> holder = TRY(open_());
  const std::string held = TRY(holder->hold_snapshot(id));
  TRY(record_(held));
  const std::lock_guard lock(mutex_);
  previous_ = std::move(holder_);
  holder_ = std::move(holder);
  id_ = held;
  return {};
}

void SnapshotKeeper::run(const std::stop_token& stop) {
  constexpr auto retry = std::chrono::seconds(10);
  auto wait = std::chrono::seconds(holder_->hold_seconds() / 2);
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, stop, wait, [] { return false; });
    }
    if (stop.stop_requested()) return;
    auto taken = take_over(id());
    if (!taken)
      log_warning(Component::source_unload, "The load's snapshot could not be taken over by a new keeper: {}",
                  taken.error().message);
    wait = taken ? std::chrono::seconds(holder_->hold_seconds() / 2) : retry;
  }
}

}  // namespace godwit
