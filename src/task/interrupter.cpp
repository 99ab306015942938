#include "task/interrupter.h"

#include <algorithm>
#include <chrono>

namespace godwit {
namespace {

// What ends by itself within this time is not disturbed.
constexpr auto grace = std::chrono::seconds(3);
// A statement may have begun just behind the last interruption.
constexpr auto repeat = std::chrono::milliseconds(500);

}  // namespace

Interrupter::Interrupter(const std::stop_token& stop)
    : stop_(stop), thread_([this](const std::stop_token& own) { run(own); }) {}

Interrupter::~Interrupter() {
  thread_.request_stop();
}

void Interrupter::run(const std::stop_token& own) {
  const std::stop_callback wake(stop_, [this] {
    const std::lock_guard lock(mutex_);
    woken_.notify_all();
  });
  std::unique_lock lock(mutex_);
  woken_.wait(lock, own, [this] { return stop_.stop_requested(); });
  auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(grace);
  while (!own.stop_requested()) {
    woken_.wait_for(lock, own, wait, [] { return false; });
    if (!own.stop_requested()) interrupt_all();
    wait = repeat;
  }
}

void Interrupter::interrupt_all() {
  for (const Busy* busy : busy_) {
    if (busy->source_ != nullptr) busy->source_->interrupt();
    if (busy->target_ != nullptr) busy->target_->interrupt();
  }
}

Interrupter::Busy::Busy(Interrupter* interrupter, Source* source, Target* target)
    : interrupter_(interrupter), source_(source), target_(target) {
  const std::lock_guard lock(interrupter_->mutex_);
  interrupter_->busy_.push_back(this);
}

Interrupter::Busy::~Busy() {
  const std::lock_guard lock(interrupter_->mutex_);
  std::erase(interrupter_->busy_, this);
}

}  // namespace godwit
