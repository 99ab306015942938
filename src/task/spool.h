#pragma once
// Between capture and apply: changes in memory up to a budget, then in checksummed segment files up to another. One
// thread puts, one takes. Order is kept. Nothing in it is needed after a crash: the source's log is released only
// behind what the target holds (engine.md §7), so a new spool starts empty and wipes what it finds.
//
// A segment file is a run of frames: length (4 bytes), checksum (8 bytes, FNV-1a of the body), body
// (data/change_codec.h).

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/change.h"

namespace godwit {

class Spool {
 public:
  struct Limits {
    size_t memory_bytes = 32U << 20U;
    uint64_t disk_bytes = 1048576000;
    uint64_t segment_bytes = 64U << 20U;
  };

  // Wipes `folder` of segments, creating it if needed.
  static Result<std::unique_ptr<Spool>> open(std::string folder, Limits limits,
                                             std::vector<std::shared_ptr<const TableDef>> layouts);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // False: both budgets are used up, or the disk is full; `batch` is untouched, try again once something was taken.
  Result<bool> put(ChangeBatch& batch);
  // Waits up to `wait_ms`. Nothing: none came.
  Result<std::optional<ChangeBatch>> take(int wait_ms);

  struct Usage {
    uint64_t batches = 0, memory_bytes = 0, disk_bytes = 0, changes = 0;
    int64_t oldest_us = 0;     // commit time of the first transaction; 0: there is none
    uint64_t limit_bytes = 0;  // of the disk
    bool disk_full = false;    // as the last batch that did not go into memory found it
  };
  Usage usage() const;

 private:
  struct Segment {
    std::string path;
    int file = -1;
    uint64_t written = 0, taken = 0;  // bytes
  };

  Spool(std::string folder, Limits limits, std::vector<std::shared_ptr<const TableDef>> layouts);
  Result<void> roll();
  Result<bool> write(const ChangeBatch& batch);
  Result<ChangeBatch> read();
  void drop_front();
  void tell(uint64_t commits, bool to_memory);

  const std::string folder_;
  const Limits limits_;
  const std::vector<std::shared_ptr<const TableDef>> layouts_;

  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<ChangeBatch> memory_;  // before everything on disk
  std::deque<Segment> segments_;
  std::deque<uint32_t> on_disk_;   // changes in each batch on disk, in order
  std::deque<int64_t> commit_us_;  // of each batch, in memory and then on disk: its first transaction's
  size_t memory_bytes_ = 0;
  uint64_t disk_bytes_ = 0, changes_ = 0, next_segment_ = 0;
  bool disk_full_ = false;
  // In a log at debug: since the last line about them.
  uint64_t kept_ = 0, spilled_ = 0;  // transactions
  int64_t told_ms_ = 0;
};

}  // namespace godwit
