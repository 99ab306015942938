#pragma once
// The source half of an engine. One Source is one session, used by one thread. It states facts; what they mean is
// task/'s.

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/acting_key.h"
#include "data/change.h"
#include "data/parallel_load.h"
#include "data/row_batch.h"
#include "data/row_filter.h"
#include "data/schema_change.h"
#include "engine/catalog.h"
#include "engine/facts.h"

namespace godwit {

// Names a server and database for good: the same text on two sessions means the same database.
struct ServerIdentity {
  std::string system, database, version;
  bool operator==(const ServerIdentity&) const = default;
};

// Something found before the start. An error stops the task before any row moves; a warning is logged once.
struct Finding {
  bool fatal = false;
  Error error;
  TableRef table{};                   // it speaks of; on a target its name there; empty: of none
  std::vector<std::string> remedy{};  // statements for that server, to be run by one who may; one of several ways out
};

struct Snapshot {
  std::string id;     // what join_snapshot takes
  Position position;  // transactions that committed before it are in the snapshot, the others are in the log
};

// A piece of a table that is loaded in one transaction: one line of the ledger.
struct TableRange {
  TableRef table;              // source name; of the parent for a partition
  TableRef leaf;               // the table that is read: == table for an unpartitioned one
  uint32_t index = 0, of = 1;  // within the table, over all leaves
  std::string bounds;          // the engine's own text; empty: the whole leaf
  std::string storage_id;      // of the leaf, noted before the snapshot: another one later means it was rewritten
};

// What the engine must set up to follow the log for a task.
struct CaptureSpec {
  std::string task_id;
  std::string target_system;  // ServerIdentity of the other end, for names that cannot collide
  std::vector<const TableDef*> tables;
  int64_t open_transactions_timeout_s = 600;
  bool loads = true;             // false: changes alone are wanted
  bool fresh = true;             // the task starts; false: it goes on
  std::string start_position{};  // the user's, of a task without a load; empty: none was given
  unsigned lanes = 8;            // Sources that join a snapshot at the same time
};

// How a task's changes are captured, as the endpoint's attributes say it.
struct CaptureIdentity {
  std::string name;    // of the slot
  std::string way;     // the same text: the same way; empty: there is but one
  bool users = false;  // the user made the slot: nothing of ours ever drops it
  bool kept = true;    // something on the server keeps its log for the task; false: its own settings alone do
};

// How a table's changes are to be delivered: only the columns of `layout`, in its order.
struct CapturedTable {
  std::shared_ptr<const TableDef> full;    // as described by the catalog
  std::shared_ptr<const TableDef> layout;  // the columns wanted
  Position from;                           // transactions that committed before it are not wanted; empty: all are
  bool in_error = false;                   // its rows are not wanted: a reader need not read them, but tells its
                                           // structure changes
};

struct LargeObjectColumn {
  TableRef table;
  std::string column;
};

// How many UPDATEs and DELETEs the server counted on a table since its statistics were reset.
struct ChangeCounters {
  TableRef table;
  uint64_t updates = 0, deletes = 0;
};

// A table whose changes are followed, and its slices as split() noted them when it was planned.
struct FollowedTable {
  const TableDef* table = nullptr;
  std::span<const TableRange> slices;
};

// Something that happened to a followed table and that the log does not tell.
struct UntoldChange {
  TableRef table;
  std::string what;  // "it has a new partition public.p"
};

// Where the log ends on the server's disk, and the server's clock just before that was looked up.
struct LogEnd {
  Position position;
  int64_t clock_us = 0;
};

// What a reader of rows is asked for beside columns and encoding.
struct ReadOptions {
  const RowFilter* filter = nullptr;  // rows that do not pass it are not read; null: every row
  // Canonical only: a value whose text the server cannot send in one piece comes too, at the price of speed.
  bool long_values = false;
  // read_keys outside a snapshot: transactions (TxnPart::xid) whose work must be seen; they are waited for, since a
  // log may carry a commit before its server shows it.
  std::vector<uint64_t> sees = {};
};

// Where a stop at a commit time lies in the log. Everything before the position committed no later; `found`: the
// first transaction that committed later is the one at the position.
struct CommitBorder {
  Position position;
  bool found = false;
};

class TableReader {
 public:
  virtual ~TableReader() = default;
  // Fills `batch` (cleared first) with up to about a MiB of rows; false: no more, and rows_sent() is final.
  virtual Result<bool> read(RowBatch& batch, std::stop_token stop) = 0;
  // The number of rows the server says it sent.
  virtual uint64_t rows_sent() const = 0;
};

class ChangeReader {
 public:
  virtual ~ChangeReader() = default;
  // Waits up to `wait_ms` for something, then answers with what there is (may be nothing but read_to). Transactions
  // come whole, in commit order, perhaps over several batches. An error of kind connection: reopen at the durable
  // position.
  virtual Result<void> read(ChangeBatch& batch, int wait_ms, std::stop_token stop) = 0;
  // While somebody is busy with earlier changes there is no hurry: read() may go on gathering for this long once it
  // has something. 0, the default: it answers at once.
  virtual void gather(int) {}
  // The source may forget its log up to here. Told at the next read or keep_alive.
  virtual void release_until(const Position& durable) = 0;
  // Call at least every few seconds while read() is not called, or the server hangs up.
  virtual Result<void> keep_alive() = 0;
  // After a SchemaEvent with a document read() tells nothing more until this is called: the layouts still hold.
  virtual void go_on() {}
};

class Source {
 public:
  virtual ~Source() = default;

  // Ends the statement that runs in this session, if any, with an error. The one member that other threads may call.
  virtual void interrupt() = 0;

  virtual Result<ServerIdentity> identity() = 0;
  virtual Catalog& catalog() = 0;

  // Everything that can be known before the start to stand in the way.
  virtual Result<std::vector<Finding>> check(const CaptureSpec& spec, bool with_changes) = 0;

  // What an assessment asks beside check(); nothing is decided or written.
  virtual Result<ServerFacts> server_facts() { return ServerFacts(); }
  // Reads the whole table. In the order of `columns`; a column that is gone is left out.
  virtual Result<std::vector<ValueSizes>> measure_values(const TableRef& /*table*/,
                                                         std::span<const MeasuredColumn> /*columns*/) {
    return std::vector<ValueSizes>();
  }

  // a < b, a == b, a > b in log order; empty texts sort first.
  virtual std::partial_ordering compare(const Position& a, const Position& b) const = 0;
  // Whether compare() tells of a transaction at `a` on which side of `b` it lies. Not where servers that stand for
  // each other wrote them: another may have committed the same transactions in another order.
  virtual bool are_of_one_log(const Position& /*a*/, const Position& /*b*/) const { return true; }
  // Whether it says that the first changes of the next transaction are done.
  virtual bool is_inside_transaction(const Position&) const { return false; }
  // A position behind every other, of this log or a later one.
  virtual Position end_of_log() const = 0;
  // A position as DMS's checkpoints write it.
  virtual std::string checkpoint(const Position& position) const = 0;
  // DMS's or the user's text of a position ("4AF/B00000D0", a checkpoint) to ours.
  virtual Result<Position> parse_position(std::string_view text) const = 0;
  // The place of the first transaction that committed at the time or later (DMS's CdcStartTime). An error of kind
  // usage where the source's log cannot be searched so.
  virtual Result<Position> position_at_time(int64_t time_us);
  // A position at or after every transaction that has committed by now; the log reader will reach it without further
  // work on the source.
  virtual Result<Position> mark_now() = 0;
  virtual Result<int64_t> clock_us() = 0;
  // The same answer for every task of this source, whatever tables it has (spec/cdc.md §2): the border in log order,
  // behind `after`, of transactions that committed no later than `time_us`. Once the source's clock has passed the
  // time the border is found. An error of kind prerequisite: the server cannot be asked.
  virtual Result<CommitBorder> find_commit_border(const Position& after, int64_t time_us);
  // Writes nothing. Transactions that committed a second or more before its clock lie before it.
  virtual Result<LogEnd> log_end() = 0;

  // Makes what following the log needs (PostgreSQL: publications, then the slot), and a snapshot at exactly the
  // slot's start. Leftovers of the same task are removed first; after an error nothing is left. The snapshot lives as
  // long as this Source, or a hold of it, does.
  virtual Result<Snapshot> begin_capture(const CaptureSpec& spec) = 0;
  // A snapshot alone, for a load without changes.
  virtual Result<Snapshot> open_snapshot(const CaptureSpec& spec) = 0;
  // A snapshot with its exact position, for a table that is loaded later than the others.
  virtual Result<Snapshot> open_later_snapshot(const CaptureSpec& spec) = 0;
  // Turns this session into the keeper of a snapshot for at least hold_seconds(), beyond the death of this process
  // where the server can (MySQL's sessions share none: there it is gone then, and can be joined by this process
  // alone); answers the id under which others now join it. The Source is good for nothing else afterwards.
  virtual Result<std::string> hold_snapshot(std::string_view id) = 0;
  virtual int64_t hold_seconds() const = 0;
  // Ends sessions that an earlier worker of this task left on the server (same SessionOptions::tag, older than this
  // session); if asked, keepers of any age too.
  virtual Result<void> end_leftover_sessions(bool keepers_too) = 0;
  // Where the slot stands: empty when there is none. An error when it is there and cannot be used any more.
  virtual Result<Position> capture_position(const CaptureSpec& spec) = 0;
  // Why the task cannot go on at `at`, which lies before `begins`, the place that capture_position() told. Nothing:
  // nobody but this task trims the log, so that its target went back in time.
  virtual std::optional<Error> explain_gap(const Position& /*at*/, const Position& /*begins*/) const {
    return std::nullopt;
  }
  // Removes all that begin_capture made.
  virtual Result<void> drop_capture(std::string_view task_id, std::string_view target_system) = 0;
  // The name of the slot for messages and the record.
  virtual std::string capture_name(std::string_view task_id, std::string_view target_system) const = 0;
  virtual CaptureIdentity capture_identity(std::string_view task_id, std::string_view target_system) const {
    return {capture_name(task_id, target_system), "", false};
  }

  // Reads from now on see the snapshot; one transaction, ended by leave_snapshot(). An error of kind snapshot_lost:
  // gone.
  virtual Result<void> join_snapshot(std::string_view id) = 0;
  virtual Result<void> leave_snapshot() = 0;

  // The encodings that read_table() and read_keys() can write.
  virtual std::span<const Encoding> writes() const;
  virtual Result<std::vector<TableRange>> split(const TableDef& table, uint64_t range_bytes) = 0;
  // The slices that a table-settings rule asks for. An error of kind table when the rule does not fit the table; an
  // engine that knows none gives one for every rule.
  virtual Result<std::vector<TableRange>> split_as(const TableDef& table, const ParallelLoad& how);
  // `layout`: the columns to read. The first of `wanted` that the engine can write is taken. An error of kind table
  // with code "source.rewritten" when the storage is not the one noted in the range.
  virtual Result<std::unique_ptr<TableReader>> read_table(const TableRange& range,
                                                          const std::shared_ptr<const TableDef>& layout,
                                                          std::span<const Encoding> wanted,
                                                          const ReadOptions& options = {}) = 0;
  // The rows of the joined snapshot that have one of these keys. `keys`: canonical, its layout the columns of
  // layout->key under the source's names, each key once. `storage`: slices of every leaf; an error as above when one
  // of them is rewritten. Outside a snapshot the table is read as it is now: an error of kind table with code
  // "source.not_that_table", at the latest behind the last row, when another has its name by now.
  virtual Result<std::unique_ptr<TableReader>> read_keys(const RowBatch& keys, std::span<const TableRange> storage,
                                                         const TableDef& table,
                                                         const std::shared_ptr<const TableDef>& layout,
                                                         std::span<const Encoding> wanted,
                                                         const ReadOptions& options = {}) = 0;
  virtual Result<std::unique_ptr<ChangeReader>> read_changes(const CaptureSpec& spec, const Position& after,
                                                             std::span<const CapturedTable> tables) = 0;
  // Whether the log tells structure changes of this task's tables (SchemaEvent::document).
  virtual Result<bool> tells_schema_changes(const CaptureSpec&) { return false; }
  virtual Result<SchemaChange> read_schema_change(const std::string& document);
  // Before a task follows the log from `start` on with definitions looked up by now: an error of kind prerequisite
  // where statements in between changed what rows of the tables look like, if the log would not say of each row by
  // which columns it was written. The catalog was asked no earlier than the task took its place in the log.
  virtual Result<void> check_definitions(const Position& /*start*/, std::span<const TableRef> /*tables*/) {
    return {};
  }
  // --- values that rows name by number and that lie outside their table (PostgreSQL: large objects) ---
  // Columns of these layouts that may hold such numbers, while the database has such values at all.
  virtual Result<std::vector<LargeObjectColumn>> large_object_columns(std::span<const TableDef* const>) {
    return std::vector<LargeObjectColumn>();
  }
  // The numbers that the columns hold now, or in the joined snapshot, of values that are there; ascending.
  virtual Result<std::vector<uint32_t>> list_large_objects(std::span<const LargeObjectColumn>) {
    return std::vector<uint32_t>();
  }
  virtual Result<uint64_t> large_object_size(uint32_t) { return uint64_t{0}; }
  // Up to `length` bytes from `offset` on, as hexadecimal digits. Holes read as zeros.
  virtual Result<std::string> read_large_object(uint32_t, uint64_t /*offset*/, uint32_t /*length*/) {
    return std::string();
  }
  // The foreign keys that stand on these tables, acting on rows or not, as the catalog has them now, where the log
  // does not hold what such keys did (MySQL): the target's keys must do it again, in log order. Empty where the log
  // holds every row.
  virtual Result<std::vector<ActingKey>> unlogged_keys(std::span<const TableRef> /*tables*/) {
    return std::vector<ActingKey>();
  }
  virtual Result<std::vector<ChangeCounters>> count_changes(std::span<const TableRef> tables) = 0;
  // Whether the log, as it is read since read_changes(), tells all that happens to the tables it is asked for; before
  // that, whether this server's log can. Where it does not, untold_changes() looks at the tables themselves. A table
  // that a structure change gave a partition is asked about too: one that is new to its definition is told if the log
  // does not hold its rows from the first one on.
  virtual bool log_tells_all() const { return true; }
  virtual Result<std::vector<UntoldChange>> untold_changes(std::span<const FollowedTable>) {
    return std::vector<UntoldChange>();
  }
  // One write that makes the log move on an idle server (DMS's heartbeat table). Does nothing unless the endpoint
  // asks for it.
  virtual Result<void> beat(std::string_view task_id) = 0;
  virtual int64_t beat_interval_s() const = 0;  // 0: never
};

}  // namespace godwit
