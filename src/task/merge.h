#pragma once
// A table whose snapshot was lost in the middle of its load (source restarted, keepers gone) goes on under a later
// one (engine.md §5): its finished slices stay, and the rows that the log names since are brought to the later state
// by their keys. This part gathers those keys and merges their rows; the unfinished slices are then loaded as ever,
// in merging mode.

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "task/context.h"

namespace godwit {

struct MergeTable {
  size_t index = 0;                 // of TaskContext::tables
  Position since;                   // of the oldest snapshot in its ledger
  TableRange line;                  // the merge's own line of the ledger
  std::vector<TableRange> storage;  // its slices, as they were cut
  uint64_t keys_max = 0;            // with more it is cheaper to load the table whole
};

struct MergePlan {
  std::vector<MergeTable> tables;
  Position stream_start;                     // where the task's stream starts; nobody else may be reading it now
  std::function<std::string()> snapshot_id;  // of the later snapshot, to join now
  Position snapshot;
  Position mark;  // at or behind `snapshot`; the stream will reach it
};

// Answers the tables that cannot go on and why: they must be loaded whole. Other errors are about the whole task.
Result<std::map<size_t, std::string>> merge_tables(const TaskContext& context, const MergePlan& plan, Source& source,
                                                   const std::stop_token& stop);

}  // namespace godwit
