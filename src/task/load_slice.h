#pragma once
// One slice from source to target: a reader thread, a queue of four batches, and the caller's thread as writer. The
// slice's rows and its ledger line commit together, after the counts of both sides were found equal (engine.md §4).

#include <functional>
#include <stop_token>

#include "engine/source.h"
#include "engine/target.h"
#include "task/context.h"
#include "task/giant_gate.h"

namespace godwit {

struct SliceJob {
  const TargetTable* table = nullptr;
  TableRange range;
  std::string task_id;
  std::function<std::string()> snapshot_id;  // to join now: keepers take it over from each other
  Position snapshot;
  bool held_rows = false;  // the target's table had rows before its load
  bool merging = false;    // rows that are there by their key are passed over
  const TaskContext* context = nullptr;
  size_t table_index = 0;
  GiantGate* gate = nullptr;  // of the load
};

struct SliceResult {
  uint64_t rows_read = 0, rows_parked = 0, rows_ignored = 0, bytes = 0;
  uint64_t rows_mended = 0;  // written with a value that could not be converted or masked
  bool was_done = false;     // the ledger had it already
  bool had_giant = false;    // a row of more than giant_bytes
};

// Rows of a table with a shape are shaped on the reader's thread. Reads again where that helps: in another encoding
// when text is too long for the server, row by row when the target refuses one.
Result<SliceResult> load_slice(Source& source, Target& target, const SliceJob& job, const std::stop_token& stop);

// Brings the rows of `keys` to the state of the snapshot: deletes them, and writes those that it holds (engine.md
// §5). One line of the ledger, like a slice. `storage`: slices of every leaf, for Source::read_keys.
Result<SliceResult> merge_changed_rows(Source& source, ChangedKeys& keys, const SliceJob& job,
                                       std::span<const TableRange> storage, std::span<const Encoding> accepted,
                                       const std::stop_token& stop);

}  // namespace godwit
