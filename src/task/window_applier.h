#pragma once
// Puts runs of changes on the target through a ChangeWriter (engine.md §8): per table as set statements where they
// fit, else in log order; a change that finds no row or is refused goes where the settings say. Decides everything,
// knows no SQL.

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "task/context.h"
#include "task/error_policy.h"
#include "task/net_changes.h"
#include "task/row_look_up.h"
#include "task/window.h"

namespace godwit {

// What one window did to a table; added to the statistics when the window has committed.
struct TableDelta {
  uint64_t inserts = 0, updates = 0, deletes = 0, truncates = 0;
  uint64_t applied_inserts = 0, applied_updates = 0, applied_deletes = 0, applied_truncates = 0;
  uint64_t parked = 0, ignored = 0, dropped = 0, filtered = 0, mended = 0;
};

class WindowApplier {
 public:
  // All must outlive the applier. `snapshots[t]`: changes of table t that committed before it are in its rows
  // already. `in_log_order[t]`: its foreign keys act, so that its changes keep their order with those of other such
  // tables. `hanging[t]`: tables whose rows those keys change with the rows of t: suspended with it; empty: none.
  WindowApplier(const TaskContext& context, RecordStore& record, const Source& order, ChangeWriter& writer,
                std::vector<Position> snapshots, std::vector<bool> held_rows, std::vector<bool> in_log_order,
                std::vector<std::vector<uint32_t>> hanging);

  // Changes of these parts, inside the transaction that the caller opened. An error of kind conflict or data from a
  // deferred check: roll back and apply again with `carefully`.
  Result<void> apply(std::span<const Window::Part> parts, bool carefully);

  // Says why, stores it, and drops the table's changes from here on.
  Result<void> suspend(uint32_t table, const std::string& reason, std::string_view short_reason);
  bool is_suspended(uint32_t table) const { return suspended_[table]; }

  // Hands over what happened since the last call; call after the commit.
  std::map<uint32_t, TableDelta> take_deltas() {
    suspended_before_ = suspended_;
    return std::exchange(deltas_, {});
  }
  // How many changes were written in which way since the last call.
  struct Ways {
    uint64_t as_sets = 0, in_order = 0, one_by_one = 0;
  };
  Ways take_ways() { return std::exchange(ways_, {}); }
  // The transaction was rolled back and is applied again: nothing of it happened.
  void undo() {
    suspended_ = suspended_before_;
    deltas_.clear();
    ways_ = {};
  }

 private:
  struct Item {
    uint32_t table;
    ChangeView view;
    const Position* commit;
    std::optional<Op> counts_as;  // nothing: the first half of a change that is done in two
    uint64_t xid = 0;
  };

  // How many changes of `items` were tried in which way.
  void note_way(uint64_t Ways::* way, std::span<const Item> items) { ways_.*way += items.size(); }
  Result<void> collect(std::span<const Window::Part> parts, bool carefully);
  bool wanted(uint32_t table, const TxnPart& txn);
  bool lies_behind_snapshot(uint32_t table, const Position& commit) const;
  bool may_move_unseen(const Change& change, const RowBatch& images) const;
  // What a new value of a GENERATED ALWAYS identity asks for; impossible: the log does not carry the whole row.
  enum class IdentityMove { none, replace, impossible };
  IdentityMove identity_move(const Change& change, const RowBatch& images) const;
  Result<void> flush(bool carefully);
  Result<bool> apply_whole(std::span<const Item> items);
  Result<void> apply_table(uint32_t table, std::vector<Item>& items);
  Result<void> apply_in_order(std::span<const Item> items);
  Result<void> apply_one_by_one(std::span<const Item> items);
  Result<void> handle(const Item& item, const ChangeOutcome& outcome);
  Result<void> park(const Item& item, const ChangeOutcome& outcome);
  Result<void> replace(const Item& item, const ChangeOutcome& outcome);
  Result<void> insert_instead(const Item& item, const ChangeOutcome& outcome);
  Result<void> truncate();
  Result<bool> heed_notes(const Window::Part& part, uint32_t change, bool carefully);
  Result<void> bring_in(const Item& item);
  Result<void> write_looked_up(const Item& item);
  Result<void> look_up_chunks(uint32_t table, std::span<const ChangeView> changes, std::span<const Item> items);
  Result<bool> write_chunk(uint32_t table, std::span<const ChangeView> changes, const std::vector<uint64_t>& xids,
                           const Position& at, size_t& bytes);
  Result<void> note_findings(uint32_t table, const RowBatch& rows, const std::vector<ShapeFinding>& findings,
                             const Position& at);
  void add_note(uint32_t table, const ChangeView& view, const ChangeNote& note, const Position& at);
  Result<void> write_notes();
  static Item without_look_up(const Item& item);
  bool write_unseen(Item& item);
  ChangeAction action_for(const Item& item, const ChangeOutcome& outcome) const;
  void count_applied(const Item& item);
  void count_dropped(const Item& item);
  TargetTable const& target(uint32_t table) const { return context_.tables[table].target; }

  const TaskContext& context_;
  RecordStore& record_;
  const Source& order_;
  ChangeWriter& writer_;
  std::vector<Position> snapshots_;
  Position loaded_at_;           // changes before it may meet rows that the load found there
  std::vector<bool> held_rows_;  // the table had rows before its load: conflicts with the load may be expected
  std::vector<bool> in_log_order_;
  std::vector<std::vector<uint32_t>> hanging_;
  std::vector<bool> suspended_;
  std::vector<bool> suspended_before_;  // at the last commit
  std::vector<bool> told_;              // that the table is suspended
  bool any_later_snapshot_ = false;
  // Positions are parsed once for each table of a part, not for each of its changes.
  struct Judged {
    uint64_t part = 0;  // 0: none
    bool behind = false;
  };
  std::vector<Judged> judged_;  // by table
  uint64_t part_ = 0;           // the one that is being collected; numbered from 1 on
  bool careful_ = false;

  RowLookUp look_up_;
  std::vector<ParkedRow> notes_;                          // for the exception tables
  std::vector<Item> pending_;                             // in log order, no truncate among them
  std::vector<std::pair<uint32_t, uint32_t>> truncates_;  // table, leaf: a run that is done in one statement
  std::map<uint32_t, TableDelta> deltas_;
  Ways ways_;
  std::map<uint32_t, int64_t> last_bulk_line_ms_;
};

}  // namespace godwit
