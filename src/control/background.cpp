#include "control/background.h"

#include <exception>

#include "base/server_log.h"

namespace godwit {
namespace {

// A job says its errors itself; what it throws is memory that ran out, or a defect, and ends the job alone.
void carry_out(const Background::Job& job, const std::stop_token& stop) {
  try {
    job(stop);
  } catch (const std::exception& thrown) {
    server_log_of(Severity::error, "background", "a job ended early: {}", thrown.what());
  }
}

}  // namespace

Background::Background(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
}

Background::~Background() {
  finish();
}

void Background::finish() {
  for (std::jthread& thread : threads_) thread.request_stop();
  changed_.notify_all();
  threads_.clear();
}

void Background::start(Job job) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(job));
  }
  changed_.notify_all();
}

void Background::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && running_ == 0; });
}

void Background::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); }) && !stop.stop_requested()) {
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    lock.unlock();
    carry_out(job, stop);
    lock.lock();
    --running_;
    changed_.notify_all();
  }
}

}  // namespace godwit
