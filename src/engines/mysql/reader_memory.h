#pragma once
// What outlives a reader of the binlog, for the readers of the same task that follow it in this process.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace godwit::mysql {

// Part of a transaction that did not happen: its rows events, numbered from 0, from `first` up to `end`, not
// included.
struct UndoneRows {
  uint64_t first = 0, end = 0;
  bool operator==(const UndoneRows&) const = default;
};

bool is_among(std::span<const UndoneRows> undone, uint64_t rows_event);

// Thread-safe.
class ReaderMemory {
 public:
  // That of the task of this name, as long as the process lives: the Source that opens a reader may be another one
  // after each recovery.
  static std::shared_ptr<ReaderMemory> of(const std::string& task);

  // Of replica_id().
  uint32_t attempt() const { return attempt_; }
  void try_another_id() { ++attempt_; }

  // `transaction`: tells it from every other one that any log of the task's sources ever held.
  void note_undone(const std::string& transaction, UndoneRows rows);
  bool any_undone() const { return any_undone_; }
  std::vector<UndoneRows> undone(const std::string& transaction) const;

 private:
  std::atomic<uint32_t> attempt_ = 0;
  std::atomic<bool> any_undone_ = false;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<UndoneRows>> undone_;
};

}  // namespace godwit::mysql
