#pragma once
// What is left of a full load, shared by its lanes. A table goes: slices, then keys, then its indexes in parallel,
// then finish; one that is merged starts with its keys. Builds go before slices: they need one session only, and let
// the table's changes begin sooner. Lanes spread over tables, the largest first, since a server lets one session at a
// time extend a table. Called by all lanes at once.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "task/giant_gate.h"
#include "task/load.h"

namespace godwit {

struct LoadJob {
  enum class Kind { slice, keys, index, finish } kind = Kind::slice;
  size_t table = 0;  // of LoadPlan::tables
  TableRange range = {};
  const ObjectDef* object = nullptr;
  const DroppedObject* dropped = nullptr;  // an index that comes back
  bool alone = false;                      // no other slice with giant rows runs beside it
};

class LoadBoard {
 public:
  // `plan` outlives the board.
  explicit LoadBoard(const LoadPlan& plan);

  // Waits for a job; nothing: all is done, or the load ends. Each job is given back by done().
  std::optional<LoadJob> take();
  void done(const LoadJob& job);

  // The table of the job takes no further part.
  void load_whole(const LoadJob& job);
  void fail(const LoadJob& job, const Error& error);

  void object_failed(std::string id, std::string what);
  void not_restored(const DroppedObject& object, const std::string& why);
  // The whole load ends with the first such error.
  void end(const Error& error);
  // The table holds rows that one lane alone should have in memory: its slices are loaded one after the other.
  void has_giants(const LoadJob& job);

  // Once all lanes have ended.
  Result<LoadOutcome> result();

  size_t index_of(const LoadJob& job) const { return plan_.tables[job.table].index; }
  GiantGate& gate() { return gate_; }

 private:
  struct Progress {
    std::deque<TableRange> slices;  // not yet taken
    size_t running = 0;             // slices that lanes have
    size_t open = 0;                // jobs before the table's next step
  };

  bool is_free(size_t t) const { return !giant_running_ || !giants_.contains(t); }
  uint64_t bytes_left(size_t t) const;
  std::optional<size_t> largest(bool idle_only) const;
  std::optional<size_t> next_table() const;
  std::optional<LoadJob> next();
  void add_slices(size_t t);
  void add_indexes(size_t t);
  void follow(const LoadJob& job);
  void drop_table(size_t t);

  const LoadPlan& plan_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<LoadJob> builds_;
  std::vector<Progress> tables_;
  std::set<size_t> waiting_, begun_;  // tables with slices to take, of which none, or one, was taken before
  size_t running_ = 0;
  std::set<size_t> giants_;
  bool giant_running_ = false;
  GiantGate gate_;
  bool ended_ = false;
  Error error_;
  LoadOutcome outcome_;
};

}  // namespace godwit
