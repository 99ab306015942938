#pragma once
// The net effect of a run of changes on one table, per key (spec/cdc.md §5, engine.md §8): what set statements need.
// Pure. The views it gives point into the images of the changes and into `merged`, which must outlive them.

#include <deque>
#include <span>
#include <string>

#include "engine/target.h"

namespace godwit {

struct NetResult {
  NetChanges net;
  std::deque<RowBatch> merged;  // rows that several changes made together
  // One change of each key whose row the log does not show: what the source holds of it now takes the place of all
  // of the key's changes.
  std::vector<ChangeView> look_up;
  bool fits = true;  // false: the run cannot be told as one set per operation; apply it in log order
  std::string why;
};

// `changes`: inserts, updates and deletes of one table in log order; the table must have a key.
NetResult net_changes(const TargetTable& table, std::span<const ChangeView> changes);

}  // namespace godwit
