#include "task/capture.h"

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

namespace godwit {
namespace {

// How long a read waits on an idle log, and how often a full spool is tried again.
constexpr int idle_wait_ms = 100;
constexpr int busy_gather_ms = 20;
constexpr auto full_wait = std::chrono::milliseconds(50);
constexpr auto structure_wait = std::chrono::milliseconds(5);

}  // namespace

void note_spool(Backlog& backlog, const Spool::Usage& usage) {
  backlog.spool_changes = usage.changes;
  backlog.spool_memory_bytes = usage.memory_bytes;
  backlog.spool_disk_bytes = usage.disk_bytes;
  backlog.spool_oldest_us = usage.oldest_us;
}

Capture::Capture(std::unique_ptr<ChangeReader> reader, Spool& spool, Progress& progress,
                 std::unique_ptr<ChangeShaping> shaping)
    : reader_(std::move(reader)),
      spool_(spool),
      progress_(progress),
      shaping_(std::move(shaping)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Capture::~Capture() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  // What is left in the spool is read again by whoever follows.
  progress_.change([](TaskStatistics& s) {
    Backlog none;
    none.read_to = s.backlog.read_to;
    none.captured_us = s.backlog.captured_us;
    none.proven_us = s.backlog.proven_us;
    s.backlog = std::move(none);
  });
}

void Capture::release_until(const Position& durable) {
  const std::lock_guard lock(mutex_);
  released_ = durable;
}

std::optional<Error> Capture::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

Position Capture::read_to() const {
  const std::lock_guard lock(mutex_);
  return read_to_;
}

void Capture::pass_release() {
  const std::lock_guard lock(mutex_);
  if (!released_.empty()) reader_->release_until(released_);
}

void Capture::go_on() {
  waits_ = false;
}

// What follows may not fit the layouts: somebody on the other side of the spool says when it does.
Result<void> Capture::wait_for_structure(const std::stop_token& stop) {
  std::mutex waiting;
  std::condition_variable_any woken;
  while (waits_ && !stop.stop_requested()) {
    pass_release();
    TRY(reader_->keep_alive());
    std::unique_lock lock(waiting);
    woken.wait_for(lock, stop, structure_wait, [] { return false; });
  }
  reader_->go_on();
  return {};
}

void Capture::run(const std::stop_token& stop) {
  auto ended = loop(stop);
  const std::lock_guard lock(mutex_);
  if (!ended) failure_ = ended.error();
}

Result<void> Capture::loop(const std::stop_token& stop) {
  ChangeBatch batch;
  while (!stop.stop_requested()) {
    pass_release();
    // Larger batches cost less; apply is not kept waiting by them while it has others.
    reader_->gather(spool_.usage().batches > 0 ? busy_gather_ms : 0);
    TRY(reader_->read(batch, idle_wait_ms, stop));
    if (shaping_) TRY(shaping_->shape(batch));
    const Position read_to = batch.read_to;
    const bool flowing = !batch.empty();
    const bool tells_structure =
        std::ranges::any_of(batch.schema, [](const SchemaEvent& event) { return !event.document.empty(); });
    if (tells_structure) waits_ = true;
    const int64_t commit_us = batch.parts.empty() ? 0 : batch.parts.back().commit_us;
    if (commit_us != 0) progress_.change([&](TaskStatistics& s) { s.backlog.captured_us = commit_us; });
    count(batch);
    const uint64_t bytes = flowing ? batch.memory_bytes() : 0;
    if (flowing || !read_to.empty()) TRY(store(batch, stop));
    publish(read_to, flowing, bytes);
    if (!read_to.empty()) {
      const std::lock_guard lock(mutex_);
      read_to_ = read_to;
    }
    tell_read();
    if (tells_structure) TRY(wait_for_structure(stop));
  }
  pass_release();
  return reader_->keep_alive();
}

void Capture::count(const ChangeBatch& batch) {
  if (!task_log().wants(Component::source_capture, Severity::debug)) return;
  for (const TxnPart& part : batch.parts) {
    if (part.kind != TxnPart::Kind::commit) continue;
    ++read_.transactions;
    log_detail(Component::source_capture, "Transaction {} is read, commit position {}, committed at {}", part.xid,
               part.commit.text, iso_seconds(part.commit_us));
  }
  read_.changes += batch.changes.size();
  if (!batch.empty()) read_.bytes += batch.memory_bytes();
}

// At most once a second.
void Capture::tell_read() {
  constexpr int64_t interval_ms = 1000;
  if (read_.changes == 0 && read_.transactions == 0) return;
  const int64_t now = monotonic_ms();
  if (now - told_ms_ < interval_ms) return;
  told_ms_ = now;
  const Position read_to = this->read_to();
  log_debug(Component::source_capture, "{} transactions were read, {} changes, {} of memory; the log is read to {}",
            read_.transactions, read_.changes, human_bytes(read_.bytes), read_to.text);
  read_ = {};
}

void Capture::publish(const Position& read_to, bool flowing, uint64_t bytes) {
  const Spool::Usage usage = spool_.usage();
  progress_.change([&](TaskStatistics& s) {
    note_spool(s.backlog, usage);
    s.backlog.flowing = flowing;
    s.captured_bytes += bytes;
    if (!read_to.empty()) s.backlog.read_to = read_to;
  });
}

void Capture::set_paused(bool paused, bool disk_full) {
  paused_ = paused;
  progress_.change([&](TaskStatistics& s) {
    s.backlog.paused = paused;
    s.backlog.disk_full = disk_full;
  });
}

Result<void> Capture::store(ChangeBatch& batch, const std::stop_token& stop) {
  std::mutex waiting;
  std::condition_variable_any woken;
  while (!stop.stop_requested()) {
    const bool stored = TRY(spool_.put(batch));
    if (stored) {
      if (paused_) {
        set_paused(false);
        log_info(Component::sorter, "Reading from source is resumed");
      }
      return {};
    }
    if (!paused_) {
      const Spool::Usage usage = spool_.usage();
      set_paused(true, usage.disk_full);
      if (usage.disk_full)
        log_info(Component::sorter, "Reading from source is paused. Total disk usage exceeded the limit 100%");
      else
        log_info(Component::sorter,
                 "Reading from source is paused. Total storage used by swap files exceeded the limit {} bytes",
                 usage.limit_bytes);
    }
    pass_release();
    TRY(reader_->keep_alive());
    std::unique_lock lock(waiting);
    woken.wait_for(lock, stop, full_wait, [] { return false; });
  }
  return {};
}

}  // namespace godwit
