#include "task/lock_watch.h"

#include <chrono>
#include <utility>

#include "base/clock.h"

namespace godwit {
namespace {

constexpr auto look_interval = std::chrono::seconds(2);
constexpr int64_t patience_ms = 30000;

}  // namespace

LockWatch::LockWatch(const TaskContext& context, Target& watched, std::function<void()> alive)
    : context_(context), watched_(watched), alive_(std::move(alive)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

LockWatch::~LockWatch() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

std::string LockWatch::blocker() const {
  const std::lock_guard lock(mutex_);
  return blocker_;
}

void LockWatch::run(const std::stop_token& stop) {
  std::unique_ptr<Target> session;
  std::unique_lock lock(mutex_);
  while (!woken_.wait_for(lock, stop, look_interval, [] { return false; }) && !stop.stop_requested()) {
    lock.unlock();
    look(session);
    lock.lock();
  }
}

void LockWatch::look(std::unique_ptr<Target>& session) {
  if (!session) {
    auto opened = context_.open_target("watch");
    if (!opened) return;
    session = std::move(*opened);
  }
  if (!session->identity()) return session.reset();
  alive_();
  const auto blocker = session->lock_holders();
  if (!blocker || blocker->empty()) {
    blocked_since_ms_ = 0;
    return;
  }
  const int64_t now_ms = monotonic_ms();
  if (blocked_since_ms_ == 0) blocked_since_ms_ = now_ms;
  if (now_ms - blocked_since_ms_ < patience_ms) return;
  {
    const std::lock_guard lock(mutex_);
    blocker_ = *blocker;
  }
  watched_.interrupt();
}

}  // namespace godwit
