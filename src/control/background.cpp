#include "control/background.h"

#include <algorithm>
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

void Background::start(Job job, std::chrono::milliseconds after) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(Clock::now() + after, std::move(job));
  }
  changed_.notify_all();
}

void Background::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && running_ == 0; });
}

void Background::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (waiting_.empty()) {
      changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
      continue;
    }
    if (const auto due = waiting_.begin()->first; due > Clock::now()) {
      changed_.wait_until(lock, stop, due, [&] { return waiting_.empty() || waiting_.begin()->first < due; });
      continue;
    }
    const Job job = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    ++running_;
    lock.unlock();
    carry_out(job, stop);
    lock.lock();
    --running_;
    changed_.notify_all();
  }
}

namespace {

void try_later(Background& background, std::function<bool()> attempt, std::chrono::milliseconds wait) {
  static constexpr auto longest_wait = std::chrono::milliseconds(5000);
  background.start(
      [&background, attempt = std::move(attempt), wait](const std::stop_token& stop) {
        if (!stop.stop_requested() && !attempt()) try_later(background, attempt, std::min(wait * 2, longest_wait));
      },
      wait);
}

}  // namespace

void until_done(Background& background, std::function<bool()> attempt) {
  static constexpr auto first_wait = std::chrono::milliseconds(200);
  if (!attempt()) try_later(background, std::move(attempt), first_wait);
}

void until_stored(Background& background, std::string area, std::string what, std::function<Result<void>()> store) {
  until_done(background, [area = std::move(area), what = std::move(what), store = std::move(store)] {
    const auto stored = store();
    if (!stored)
      server_log_of(Severity::error, area, "{} is not stored yet, which is tried again: {}", what,
                    stored.error().message);
    return stored.has_value();
  });
}

}  // namespace godwit
