#pragma once
// The target half of an engine. One Target is one session, used by one thread. Progress lives in the target's own
// transactions: the ledger line commits with its rows, the position with its changes (engine.md §1, §2).

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/change.h"
#include "data/row_batch.h"
#include "data/schema_change.h"
#include "data/target_table.h"
#include "engine/source.h"

namespace godwit {

enum class PrepareMode { do_nothing, drop_and_create, truncate_before_load };

// What is found on the target in a table's place.
struct TargetTableState {
  bool exists = false;
  bool empty = true;
  bool has_primary_key = false;
  std::vector<std::string> missing_columns;  // of the layout
  // Foreign keys of tables outside the task that point here: "name on schema.table".
  std::vector<std::string> outside_references;
};

// The record of a task in godwit_task: one row. `document` is task/'s own JSON.
struct TaskRecord {
  std::string task_id;
  std::string phase;
  std::string document;
  uint64_t revision = 0;  // grows with each write; 0: not there yet
};

struct LedgerLine {
  TableRef table;  // source name
  uint32_t slice = 0;
  uint64_t rows_read = 0, rows_written = 0, rows_parked = 0;
  Position snapshot;
};

// A row or change that the target refused, as both exception tables want it.
struct ParkedRow {
  TableRef source_table, target_table;
  std::string operation;        // INSERT, UPDATE, DELETE
  std::string key;              // "id=42"; for people
  std::string values;           // JSON of the row as text
  std::string statement;        // executable SQL with literals
  std::string statement_shape;  // the same with ? for each value: for logs; empty: the engine has no statements
  std::string error;            // the server's text, position appended
  std::string code;             // SQLSTATE or the error's code
  Position position;
};

// A row of a load that the target refused by itself; `parked` is ready for park(), but for its position.
struct RowError {
  Error error;
  ParkedRow parked;
  bool same_row_there = false;  // what it collided with is equal to it in every column
};
using RowErrors = std::vector<RowError>;

// One row of work for apply: a change, and where its images are. Null images: the operation has none.
struct ChangeView {
  const TargetTable* table = nullptr;
  Op op = Op::insert;
  const RowBatch* before = nullptr;
  const RowBatch* after = nullptr;
  uint32_t before_row = Change::no_row, after_row = Change::no_row;
  WhenMissing when_missing = WhenMissing::report;
  bool keys_off = false;  // Change::keys_off

  // The cell that finds the row by: of the old row where the log carries it, else of the new one.
  const Cell& finder(size_t column) const {
    return finder_is_before(column) ? before->cell(before_row, column) : after->cell(after_row, column);
  }
  std::string_view finder_bytes(size_t column) const {
    return finder_is_before(column) ? before->bytes(before->cell(before_row, column))
                                    : after->bytes(after->cell(after_row, column));
  }

 private:
  bool finder_is_before(size_t column) const {
    return after == nullptr || (before != nullptr && before->cell(before_row, column).length != Cell::unchanged);
  }
};

// The net effect of a window on one table, ready for set statements: each key at most once in erased and updated, and
// erased before inserted. An update's cells may be `unchanged`; its key does not change. Keys: ChangeView::finder.
struct NetChanges {
  std::vector<ChangeView> erased, updated, inserted;
  // Rows that may or may not be there (tables with a row filter): deleted first, without a look at the count.
  std::vector<ChangeView> erased_if_there;
};

// What happened to one change tried in log order.
struct ChangeOutcome {
  enum class Kind { applied, no_row, refused };  // no_row: an update or delete found nothing
  Kind kind = Kind::applied;
  Error error;  // when refused
};

// An index, a unique or exclusion constraint, or a foreign key of a table that was there before the task, dropped
// while the table is loaded. All of it is kept in the task's record until it is back.
struct DroppedObject {
  TableRef table;    // of the task, under its target name
  std::string on;    // the relation it stands on, the table or a partition of it, quoted
  std::string kind;  // "index", "unique index", "unique constraint", "exclusion constraint", "foreign key"
  std::string name;
  std::string drop;                  // a statement
  std::vector<std::string> restore;  // each its own transaction; the first one makes it
  bool is_foreign_key() const { return kind == "foreign key"; }
  bool operator==(const DroppedObject&) const = default;
};

// How the writer of a slice treats rows.
struct LoadMode {
  bool careful = false;  // bad rows can be singled out
  // A row whose key is there is passed over and counts as written. Without a unique index of the key's columns an
  // error of kind table with code "target.no_arbiter".
  bool merging = false;
};

class TableWriter {
 public:
  virtual ~TableWriter() = default;
  // Without `refused` the first bad row fails the slice. With it, which needs a writer opened as careful, bad rows
  // are isolated and given back, the others are written.
  virtual Result<void> write(const RowBatch& batch, RowErrors* refused) = 0;
  // Records refused rows in the slice's own transaction.
  virtual Result<void> park(std::span<const ParkedRow> rows) = 0;
  // Records in the exception tables what was done to rows that are written (a value was cut): with the slice, and
  // not counted as parked.
  virtual Result<void> note(std::span<const ParkedRow> rows) = 0;
  // What the exception tables are to hold of a canonical row; position, error and code are the caller's to fill in.
  virtual ParkedRow describe(const RowBatch& batch, size_t row) const = 0;
  // Rows and ledger line in one commit. Fails, and nothing is committed, unless rows_read = rows written + rows
  // refused.
  virtual Result<void> finish(uint64_t rows_read, const Position& snapshot) = 0;
  // Ends the transaction without a trace.
  virtual void abandon() = 0;
};

// Keys of one table that changed while it was loaded, kept on the target (engine.md §5). It uses its Target's
// session: one at a time.
class ChangedKeys {
 public:
  virtual ~ChangedKeys() = default;
  // Canonical rows of the key's columns; any number of times the same.
  virtual Result<void> add(const RowBatch& keys) = 0;
  // All keys are added: opens a slice's transaction (load_table) and deletes in it the rows that have one of them.
  // The writer is careful, and must not outlive this object.
  virtual Result<std::unique_ptr<TableWriter>> erase_rows(const TableRange& range, Encoding encoding) = 0;
  // Some of the keys, each of them once in all; false: no more. After erase_rows(), between the writer's calls.
  virtual Result<bool> next(RowBatch& keys) = 0;
};

// Applies windows of changes. Between begin() and commit() one target transaction is open; any error but those named
// leaves it unusable: call rollback().
class ChangeWriter {
 public:
  virtual ~ChangeWriter() = default;
  // The fence: opens the transaction if the stored position is still `expected`, else an error of kind superseded.
  virtual Result<void> begin(const Position& expected) = 0;
  // Tries the net changes by set statements, under a savepoint. False: they did not fit (a collision, a wrong count),
  // all of it is undone, and `why` says so: replay in log order.
  virtual Result<bool> apply_sets(const TargetTable& table, const NetChanges& net, std::string& why) = 0;
  // What the exception tables are to hold of a change; position and error are the caller's to fill in.
  virtual ParkedRow describe(const ChangeView& change) const = 0;
  // Applies the changes, of any tables, one after the other. Answers how many from the front are done and, if that is
  // not all of them, what became of the next one, which has left no trace. An erase whose when_missing is ignore is
  // done when it finds no row. Constraints are checked at their own time.
  struct Progress {
    size_t done = 0;
    ChangeOutcome stopped_at;
  };
  virtual Result<Progress> apply_in_order(std::span<const ChangeView> changes) = 0;
  // Checks deferred constraints now; an error of kind conflict or data leaves the transaction usable after undo_to().
  virtual Result<void> check_constraints() = 0;
  // One savepoint of the caller's; setting it again moves it.
  virtual Result<void> set_savepoint() = 0;
  virtual Result<void> undo_to_savepoint() = 0;
  virtual Result<void> truncate(std::span<const TableRef> tables) = 0;
  virtual Result<void> park(std::span<const ParkedRow> rows) = 0;
  // Makes a table that took rows of `before` take rows of `after`; answers what could not be carried along (a default
  // that needs what is not there). An error of kind table: the target refuses it, nothing of it is done.
  virtual Result<std::vector<std::string>> alter(const TableAlteration& alteration);
  // A table or partition that is gone on the source; one that is not there is passed over.
  virtual Result<void> drop_table(const TableRef& table);
  // As TableWriter::note, with the window.
  virtual Result<void> note(std::span<const ParkedRow> rows) = 0;
  virtual Result<void> commit(const Position& next) = 0;
  virtual void rollback() = 0;
  // The newest committed position that the target's disk holds for sure. With `force`, waits until that is the last
  // one.
  virtual Result<Position> durable(bool force) = 0;
};

// Statuses for awsdms_status and friends; columns in spec/control-tables.md §3.
struct ControlTables {
  std::string schema;  // empty: the engine's default
  bool status = false, history = false, suspended_tables = false, full_load_exceptions = false;
  std::string server_name = "local";  // SERVER_NAME of the rows written
};

struct StatusRow {
  std::string status;  // "FULL LOAD", "CHANGE PROCESSING", "NOT RUNNING", "Paused"
  int64_t pending_changes = 0, disk_swap_mb = 0, memory_mb = 0;
  Position current, tail;
  int64_t current_us = 0, tail_us = 0, applied_us = 0;
};

// One slot of awsdms_history; columns in spec/control-tables.md §5.
struct HistoryRow {
  std::string type;  // "FULL LOAD", "CHANGE PROCESSING"
  int64_t end_us = 0, duration_min = 0;
  std::optional<int64_t> latency_s;
  int64_t records = 0, volume_mb = 0;
};

class Target {
 public:
  virtual ~Target() = default;

  // Ends the statement that runs in this session, if any, with an error. The one member that other threads may call.
  virtual void interrupt() = 0;

  virtual Result<ServerIdentity> identity() = 0;
  virtual Catalog& catalog() = 0;

  // Privileges, types and extensions that will be missing, foreign keys from outside: all that stands in the way.
  virtual Result<std::vector<Finding>> check(std::span<const TargetTable> tables, std::span<const ObjectDef> objects,
                                             PrepareMode mode, bool fresh) = 0;
  virtual Result<std::vector<TargetTableState>> inspect(std::span<const TargetTable> tables) = 0;
  virtual Result<ServerFacts> server_facts() { return ServerFacts(); }

  // How many bytes of rows a transaction should hold at most; windows and slices are cut to it where they can be.
  virtual uint64_t transaction_bytes_max() const { return std::numeric_limits<uint64_t>::max(); }
  // Whether gather_keys() can be asked for; if not, a load that lost its snapshot begins again.
  virtual bool gathers_keys() const { return true; }

  // Ends the target sessions of an earlier worker of this task (same SessionOptions::tag), which may still be about
  // to commit; does nothing where the server has no means: then the fences alone keep them out.
  virtual Result<void> end_leftover_sessions() = 0;

  // --- what Godwit keeps on the target ---
  virtual Result<void> create_control_tables() = 0;
  virtual Result<std::optional<TaskRecord>> read_task(
      std::string_view task_id) = 0;  // nothing when there are no tables yet
  // `record.revision`: of the record as the caller knows it. An error of kind superseded, and nothing is written,
  // when it is another by now.
  virtual Result<void> write_task(const TaskRecord& record) = 0;
  virtual Result<void> forget_task(std::string_view task_id) = 0;  // record, ledger and position; exceptions stay
  virtual Result<std::vector<LedgerLine>> read_ledger(std::string_view task_id) = 0;
  // The ledger's lines of this source table; its rows stay. Done twice is done once.
  virtual Result<void> forget_lines(std::string_view task_id, const TableRef& table) = 0;
  virtual Result<std::optional<Position>> read_position(std::string_view task_id) = 0;
  // Sets the position where there is none; an error when there is one.
  virtual Result<void> start_position(std::string_view task_id, const Position& position) = 0;
  virtual Result<uint64_t> count_parked(std::string_view task_id) = 0;
  virtual Result<void> write_status(std::string_view task_id, const StatusRow& row) = 0;
  // Once a slot; a second time it is replaced.
  virtual Result<void> write_history(std::string_view task_id, const HistoryRow& row) = 0;
  // A table that is there already as suspended keeps its reason and time. Without a table in `table` and suspended
  // false: all tables of the task are active again.
  virtual Result<void> write_suspended(std::string_view task_id, const TableRef& table, std::string_view reason,
                                       bool suspended) = 0;

  // --- structure ---
  // For each column of `layout` (target names; types still the source's or a rule's; its key) the type it gets here,
  // and the form of the values that this target is then handed; asks the server nothing. Types of the target's own
  // dialect, and of none, stay. An error of kind table, with what to do, where the table cannot be.
  virtual Result<std::vector<Type>> types_for(const TableDef& layout, TypeMapping mapping) const;
  // The encodings its writers take, the fastest first. Canonical is always among them.
  virtual std::span<const Encoding> accepts(const TableDef& table) const = 0;
  virtual Result<void> drop_tables(std::span<const TableRef> tables) = 0;
  virtual Result<void> truncate(std::span<const TableRef> tables) = 0;
  // What the plans ask for and no source has: keys of the rules' own (KeyDef::origin).
  virtual std::vector<ObjectDef> planned_objects(std::span<const TargetTable>) const { return {}; }
  // Builds one object. Answers false when an equal one is there already.
  virtual Result<bool> build(const ObjectDef& object, std::span<const TargetTable> tables) = 0;
  // Removes a table's rows and its ledger lines in one transaction, before it is loaded again.
  virtual Result<void> empty_for_reload(std::string_view task_id, const TargetTable& table) = 0;
  // One that no column owns only moves on: others may draw values from it too. Code "target.no_sequence": there is
  // none of the name.
  virtual Result<void> set_sequence(const SequenceState& sequence) = 0;
  // Gives the enum type of this source name, where the target has one, the labels it lacks. Each is there for good at
  // once; may be repeated.
  virtual Result<void> add_labels(const TableRef& type, std::span<const std::string> labels);
  // The object's last step, at the end of the task (ObjectDef::at_stop: triggers are enabled). May be repeated.
  virtual Result<void> finish(const ObjectDef& object, std::span<const TargetTable> tables) = 0;
  // Puts foreign keys and user triggers out of force for this task's sessions: by a session setting where the role
  // may (true), else by dropping them (false). `save` gets the statements that restore them before anything is done;
  // they begin with `saved`, those of an earlier call that have not been restored. May be repeated.
  virtual Result<bool> release_constraints(std::span<const TargetTable> tables, const std::string& saved,
                                           const std::function<Result<void>(const std::string& script)>& save) = 0;
  // Goes on after what the target refuses, and answers the first refusal. Code "target.keys_not_valid": everything is
  // there again, but for some foreign keys there are rows that break them, so these hold for new rows only.
  virtual Result<void> restore_constraints(std::string_view script) = 0;
  // What could be dropped of these tables while they are loaded, and made again as it was; changes nothing. Primary
  // keys, what rows are found by (the layout's key, the replica identity), what foreign keys of other tables rest on
  // and invalid indexes are not among it, nor, where `held_rows` says that rows were there before, anything unique.
  // An error of kind prerequisite when the role may not drop some of it.
  virtual Result<std::vector<DroppedObject>> plan_rebuild(std::span<const TargetTable>, const std::vector<bool>&) {
    return std::vector<DroppedObject>();
  }
  // In one transaction; what is gone is passed over.
  virtual Result<void> drop_objects(std::span<const DroppedObject>) { return {}; }
  // Makes it again. False: it is there, or its table is gone.
  virtual Result<bool> restore_object(const DroppedObject&) { return false; }
  // While a statement of another session of this task waits for a lock: who holds it, in words for people ("pid 4711
  // (user, application, …)"). Empty: none waits, or the server does not tell.
  virtual Result<std::string> lock_holders() { return std::string(); }
  // Rows whose foreign key points to nothing, per constraint: "name on table" and the count.
  virtual Result<std::vector<std::pair<std::string, uint64_t>>> count_orphans(
      std::span<const TargetTable> tables) = 0;
  virtual Result<void> analyze(const TableRef& table) = 0;

  // --- large objects; the numbers are the source's ---
  enum class LargeObjectPlace { free, copied, taken };  // copied: by this task; taken: by somebody else's
  virtual Result<LargeObjectPlace> find_large_object(std::string_view /*task_id*/, uint32_t /*number*/) {
    return LargeObjectPlace::free;
  }
  // Opens the transaction that makes one, with its ledger line; pieces of hexadecimal digits, in any places; commits.
  // After an error: abandon_large_object().
  virtual Result<void> begin_large_object(std::string_view /*task_id*/, uint32_t /*number*/, uint64_t /*bytes*/) {
    return {};
  }
  virtual Result<void> write_large_object(uint32_t /*number*/, uint64_t /*offset*/, const std::string& /*hex*/) {
    return {};
  }
  virtual Result<void> commit_large_object() { return {}; }
  virtual void abandon_large_object() {}
  virtual Result<uint64_t> large_object_size(uint32_t /*number*/) { return uint64_t{0}; }
  virtual Result<std::string> read_large_object(uint32_t /*number*/, uint64_t /*offset*/, uint32_t /*length*/) {
    return std::string();
  }
  // Removes those that this task made, and their ledger lines.
  virtual Result<void> drop_large_objects(std::string_view /*task_id*/) { return {}; }

  // --- rows ---
  // Opens the slice's transaction with its ledger line as the fence: an error of kind superseded when the line is
  // there.
  virtual Result<std::unique_ptr<TableWriter>> load_table(std::string_view task_id, const TargetTable& table,
                                                          const TableRange& range, Encoding encoding,
                                                          LoadMode mode) = 0;
  // `keys`: the layout of the batches, as for Source::read_keys.
  virtual Result<std::unique_ptr<ChangedKeys>> gather_keys(std::string_view task_id, const TargetTable& table,
                                                           std::shared_ptr<const TableDef> keys) = 0;
  // The keys between two of these tables that will act on rows here once let_keys_act() is asked for, under the
  // layouts' names of the tables.
  virtual Result<std::vector<ActingKey>> acting_keys(std::span<const TargetTable>,
                                                     std::span<const TableRef> /*tied*/) {
    return std::vector<ActingKey>();
  }
  // For a source whose log does not hold what its foreign keys did: from now on the changes that this session applies
  // to the tables in `tied`, some of `tables` under their layouts' names, let their keys act, but for changes that
  // were made with keys out of force; user triggers stay out of force. Answers the tables whose changes must then be
  // applied in log order with one another, all that are tied among them. `save` as for release_constraints.
  virtual Result<std::vector<TableRef>> let_keys_act(std::span<const TargetTable> tables,
                                                     std::span<const TableRef> tied, const std::string& saved,
                                                     const std::function<Result<void>(const std::string&)>& save);
  virtual Result<std::unique_ptr<ChangeWriter>> apply_changes(std::string_view task_id) = 0;
};

}  // namespace godwit
