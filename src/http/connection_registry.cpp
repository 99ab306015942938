#include "http/connection_registry.h"

#include <utility>

namespace godwit {

uint64_t ConnectionRegistry::add(std::function<void()> close_if_waiting) {
  const std::lock_guard lock(mutex_);
  const uint64_t id = next_id_++;
  Entry& entry = entries_[id];
  entry.close_if_waiting = std::move(close_if_waiting);
  enter_phase(id, entry, ConnectionPhase::receiving);
  return id;
}

void ConnectionRegistry::set_phase(uint64_t id, ConnectionPhase phase) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_.at(id);
  leave_phase(id, entry);
  enter_phase(id, entry, phase);
}

void ConnectionRegistry::remove(uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  leave_phase(id, found->second);
  entries_.erase(found);
  if (entries_.empty()) emptied_.notify_all();
}

bool ConnectionRegistry::make_room() {
  const std::lock_guard lock(mutex_);
  return entries_.size() < connections_max_ || close_longest_waiting_locked();
}

bool ConnectionRegistry::close_longest_waiting() {
  const std::lock_guard lock(mutex_);
  return close_longest_waiting_locked();
}

void ConnectionRegistry::close_waiting() {
  const std::lock_guard lock(mutex_);
  while (close_longest_waiting_locked()) {
  }
}

size_t ConnectionRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

bool ConnectionRegistry::wait_until_empty(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, at_most, [&] { return entries_.empty(); });
}

bool ConnectionRegistry::close_longest_waiting_locked() {
  if (waiting_.empty()) return false;
  const uint64_t id = std::get<2>(*waiting_.begin());
  waiting_.erase(waiting_.begin());
  entries_.at(id).close_if_waiting();
  return true;
}

void ConnectionRegistry::leave_phase(uint64_t id, const Entry& entry) {
  waiting_.erase({entry.phase, entry.since, id});
}

void ConnectionRegistry::enter_phase(uint64_t id, Entry& entry, ConnectionPhase phase) {
  entry.phase = phase;
  entry.since = ++changes_;
  if (phase != ConnectionPhase::busy) waiting_.insert({phase, entry.since, id});
}

}  // namespace godwit
