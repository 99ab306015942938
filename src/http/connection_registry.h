#pragma once
// Which connections are open, and which of them to close when there are too many.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <tuple>
#include <unordered_map>

namespace godwit {

// What a connection does: the first two wait for the client, and may be closed for a newcomer in this order.
enum class ConnectionPhase { idle, receiving, busy };

// Thread-safe.
class ConnectionRegistry {
 public:
  explicit ConnectionRegistry(size_t connections_max) : connections_max_(connections_max) {}

  // `close_if_waiting` is called under the registry's lock, from any thread: it must only leave a word. The
  // connection counts as receiving.
  uint64_t add(std::function<void()> close_if_waiting);
  void set_phase(uint64_t id, ConnectionPhase phase);
  void remove(uint64_t id);

  // Room for one more: where there is none, the longest waiting connection is told to close. False: all are busy.
  bool make_room();
  // The longest waiting connection is told to close, whatever their number.
  bool close_longest_waiting();
  void close_waiting();
  size_t size() const;
  bool wait_until_empty(std::chrono::milliseconds at_most);

 private:
  struct Entry {
    std::function<void()> close_if_waiting;
    ConnectionPhase phase;
    uint64_t since;  // counts changes of phase
  };
  using Waiting = std::tuple<ConnectionPhase, uint64_t, uint64_t>;  // phase, since, id

  bool close_longest_waiting_locked();
  void leave_phase(uint64_t id, const Entry& entry);
  void enter_phase(uint64_t id, Entry& entry, ConnectionPhase phase);

  const size_t connections_max_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::unordered_map<uint64_t, Entry> entries_;
  std::set<Waiting> waiting_;  // but for those told to close
  uint64_t next_id_ = 1, changes_ = 0;
};

}  // namespace godwit
