#pragma once
// The full load of some tables under one snapshot: lanes take slices from one board (load_board.h), and then build
// what stands around each table's rows (keys, then indexes), so that builds overlap the slices of other tables.

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "task/context.h"

namespace godwit {

struct LoadPlan {
  struct Table {
    size_t index = 0;               // of TaskContext::tables
    std::vector<TableRange> to_do;  // slices that the ledger lacks
    uint64_t slice_bytes = 0;       // about what one of them holds
    uint32_t load_order = 0;        // PlannedTable::load_order
    std::vector<const ObjectDef*> keys, indexes;
    std::vector<DroppedObject> dropped;  // for the load: indexes that come back with the others
    bool held_rows = false;              // before its load
    bool merge_pending = false;          // and what changed is not merged in yet
    bool merging = false;  // some slices are of an earlier snapshot: keys first, then the rest ON CONFLICT
  };
  std::vector<Table> tables;                 // in the order in which they start
  std::function<std::string()> snapshot_id;  // under which to join now
  Position snapshot;
};

// How the task's record names an object that could not be built.
std::string object_id(const ObjectDef& object);

struct LoadOutcome {
  std::set<size_t> whole;                   // to be loaded again, whole, under a later snapshot
  std::map<size_t, Error> failed;           // tables that cannot go on; said and counted already
  std::vector<std::string> objects_failed;  // for the summary
  std::vector<std::string> failed_ids;      // object_id() of those that could not be built
  std::vector<DroppedObject> not_restored;  // of those that were dropped for the load; said already
};

// An error ends the whole load: of a recoverable kind it may be taken up again, what is in the ledger stays.
Result<LoadOutcome> run_load(const TaskContext& context, const LoadPlan& plan, std::stop_token stop);

}  // namespace godwit
