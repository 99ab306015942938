#pragma once
// A test's hands on a memory database: its tables and rows, its log, and everything that can be made to go wrong.
// All of it may be called from any thread while engine sessions work on the same database.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/position.h"
#include "data/table_def.h"
#include "engine/target.h"
#include "engines/memory/row_store.h"

namespace godwit {

namespace memory {
struct State;
struct PlannedChange;
}  // namespace memory

// Changes that commit() carries out at once, in the order given, as one transaction of the log. Row values are in the
// order of the table's columns. `who` is the values of the table's key columns in key order, or a whole row where it
// has no key.
class MemoryTransaction {
 public:
  explicit MemoryTransaction(memory::State& state);
  ~MemoryTransaction();
  MemoryTransaction(MemoryTransaction&& other) noexcept;
  MemoryTransaction& operator=(MemoryTransaction&&) = delete;

  MemoryTransaction& insert(const TableRef& table, MemoryRow row);
  // The values of the columns named in `unchanged` are left out of the log, as PostgreSQL does with large values that
  // an UPDATE did not touch; `row` holds them all the same.
  MemoryTransaction& update(const TableRef& table, MemoryRow who, MemoryRow row,
                            std::vector<std::string> unchanged = {});
  MemoryTransaction& erase(const TableRef& table, MemoryRow who);
  // A partitioned table with all its leaves, or one leaf.
  MemoryTransaction& truncate(const TableRef& table);

  // The position of the commit record. After an error nothing has happened. `commit_us`: the commit time, now by
  // default.
  Result<Position> commit(std::optional<int64_t> commit_us = std::nullopt);

 private:
  memory::State* state_;
  std::vector<memory::PlannedChange> changes_;
};

class MemoryDatabase {
 public:
  explicit MemoryDatabase(std::string_view name);
  ~MemoryDatabase();
  MemoryDatabase(const MemoryDatabase&) = delete;
  MemoryDatabase& operator=(const MemoryDatabase&) = delete;

  // --- tables and rows ---
  // Replaces a table of the same name. `unique`: keys beside def.key. The leaves of a partitioned table are made with
  // it, and rows are inserted into a leaf by its name; a target's rows stay in the parent.
  void create_table(const TableDef& def, const std::vector<KeyDef>& unique = {});
  void drop_table(const TableRef& table);
  bool has_table(const TableRef& table) const;
  // ALTER TABLE: `def` replaces the structure, `convert` makes the rows fit; unique keys beside def.key are dropped.
  // The next change of the table in the log shows it.
  Result<void> change_table(const TableDef& def, const std::function<MemoryRow(const MemoryRow&)>& convert);
  // VACUUM FULL: other storage, same rows; not in the log.
  void rewrite_table(const TableRef& table);
  void set_sequence(const SequenceState& sequence);
  std::vector<SequenceState> sequences() const;
  MemoryTransaction begin();
  // Sorted; of a partitioned table with those of its leaves. Empty for a table that does not exist.
  std::vector<MemoryRow> rows(const TableRef& table) const;

  // --- the log ---
  Position position() const;                                           // where the next transaction will commit
  std::optional<Position> slot_position(std::string_view slot) const;  // what the source may forget; nothing: no slot
  std::vector<std::string> slot_names() const;
  size_t snapshot_count() const;
  // A ChangeReader's batch holds at most this many changes, so that a transaction spans batches. Default 1,000.
  void limit_changes_per_batch(size_t changes);
  // split() cuts after this many rows, whatever range_bytes says.
  void limit_rows_per_range(size_t rows);
  // A TableReader's batch holds at most this many rows.
  void limit_rows_per_batch(size_t rows);

  // --- what can go wrong ---
  void lose_snapshots();                     // the server was restarted: nobody can join them any more
  void lose_slots(std::string_view reason);  // slots are there, and good for nothing
  void cut_connections();                    // every session opened before answers with kind connection
  void fail_commits(unsigned count);  // the next target commits fail with kind connection and are not carried out
  void lose_commit_answers(unsigned count);  // … are carried out, and the session ends before the answer
  // Rows for which `refuse` answers true are refused with kind data. An empty function lifts it.
  void refuse_rows(const TableRef& table, std::function<bool(const MemoryRow&)> refuse);
  void delay_flush(bool delay);  // durable() stays behind until it is forced

  // --- what a task left here ---
  uint64_t commits() const;  // of target transactions, ledger lines and changes alike
  std::optional<Position> task_position(std::string_view task_id) const;
  std::vector<LedgerLine> ledger(std::string_view task_id) const;
  std::vector<ParkedRow> parked() const;
  std::vector<StatusRow> statuses(std::string_view task_id) const;  // oldest first
  std::vector<TableRef> suspended(std::string_view task_id) const;

  memory::State& state() { return *state_; }  // for the engine itself

 private:
  std::unique_ptr<memory::State> state_;
};

// The database of that name, made at the first call; lives until the process ends.
MemoryDatabase& memory_database(std::string_view name);

}  // namespace godwit
