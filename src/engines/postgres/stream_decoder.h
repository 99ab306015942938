#pragma once
// What the decoders of the output plugins share: which tables are captured and how a relation of the stream fits
// their layouts, the transaction under construction, rows as canonical cells (text, but bytes for bytea), and what is
// passed over when a stream is opened again in the middle of a transaction. A decoder of one plugin turns its
// messages into calls of the protected members. Total: any bytes give changes or an error, never a crash. Not
// thread-safe.
//
// Changes of a transaction are counted as the stream tells them, wanted or not, so that "the first n of it are done"
// means the same in every reading of the log.

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"
#include "data/change.h"
#include "engine/source.h"
#include "engines/postgres/binary_values.h"
#include "engines/postgres/lsn.h"

namespace godwit::postgres {

// The table into which the source's event trigger writes each structure change (engine.md §9, ddl_capture.h).
struct AuditTable {
  TableRef ref;
  uint32_t oid = 0;
};

// A relation as the catalog has it now.
struct RelationNow {
  struct Column {
    std::string name;
    uint32_t type = 0;
    int32_t modifier = -1;
  };
  std::vector<Column> columns;
};

// What a decoder may need beside the stream. Called on the reader's thread; any may be missing.
struct DecoderServices {
  TextsOfValues texts;
  // Nothing: the relation is gone.
  std::function<Result<std::optional<RelationNow>>(uint32_t oid)> look_up;
  // The oid under this name, 0 where there is none.
  std::function<Result<uint32_t>(const TableRef& name)> find_relation;
  // By oid, of the captured columns' types: format_type(oid, NULL), which is how test_decoding writes them.
  std::unordered_map<uint32_t, std::string> type_names;
};

class StreamDecoder {
 public:
  explicit StreamDecoder(std::span<const CapturedTable> tables, TextsOfValues texts = {},
                         std::optional<AuditTable> audit = {});
  virtual ~StreamDecoder() = default;
  StreamDecoder(const StreamDecoder&) = delete;
  StreamDecoder& operator=(const StreamDecoder&) = delete;

  // Adds what one message says to `batch`, which start_batch() made. `at`: the log position that the frame names.
  virtual Result<void> decode(std::string_view message, Lsn at, ChangeBatch& batch) = 0;
  // Messages were held back and can be told now, one at a call of tell_more(); before the next decode() all must be.
  virtual bool has_more() const { return false; }
  virtual Result<void> tell_more(ChangeBatch&) { return {}; }
  // Nothing can be told before the stream is opened again at last_end(), after stream_restarts().
  virtual bool wants_restart() const { return false; }

  // An empty batch with one image per table.
  void start_batch(ChangeBatch& batch) const;

  // Relations that the stream carries and no captured table holds, since the last call: in publications of our own
  // they can only be partitions that came after the plan.
  std::vector<uint32_t> take_strangers() { return std::exchange(strangers_, {}); }
  // A relation that was nobody's may be a partition by now: it is met anew.
  virtual void forget_strangers() {}
  // Stops the delivery of a table, as a structure that does not fit would.
  void suspend(uint32_t table, std::string what, ChangeBatch& batch);
  // The captured table of this oid, or nothing.
  std::optional<uint32_t> table_of(uint32_t oid) const;

  // The stream is opened again behind the last whole transaction. The one that was cut comes from its start; what was
  // decoded of it is passed over.
  virtual void stream_restarts();
  // Of the first transaction that the stream tells, this many changes are done already.
  void pass_over(uint64_t changes);

  // A structure change was told; nothing may be decoded until somebody has taken it up and said go_on().
  bool waits() const { return waits_; }
  void go_on() { waits_ = false; }

  virtual bool in_transaction() const { return in_transaction_; }
  // The transaction that was cut is still to come: what the server says of its log meanwhile lies in its middle.
  bool repeats() const { return repeats_; }
  // Everything that committed before it was delivered: the start of the stream, the end of the last whole
  // transaction, or what an idle server told since. A stream opened there tells the current transaction from its
  // start.
  Lsn last_end() const { return last_end_; }
  void reached(Lsn idle) {
    if (!in_transaction()) last_end_ = std::max(last_end_, idle);
  }
  // The batch was handed over: the current transaction's next change opens a part of the next batch.
  void batch_taken() {
    part_open_ = false;
    batch_bytes_ = 0;
  }
  // Bytes of images in the batch under construction.
  size_t batch_bytes() const { return batch_bytes_; }

 protected:
  struct Relation {
    bool known = false;  // one of the captured tables
    std::string misfit;  // why it cannot be delivered in its table's layout; empty: it can
    uint32_t table = 0;
    uint32_t leaf = Change::no_row;  // index into TableDef::leaves, or none
    std::vector<int32_t> to_layout;  // per column of the stream: the layout's column, or -1
    std::vector<uint32_t> types;     // per column of the stream: its oid, 0 where the plugin does not say
    std::vector<bool> in_key;        // per layout column: part of what the log identifies a row by
    bool full_identity = false;
  };
  struct SentColumn {
    bool key = false;
    std::string_view name;
    uint32_t type = 0;  // 0: the plugin does not say
    int32_t modifier = -1;
  };
  // A captured table and, of a partitioned one, its leaf.
  struct Place {
    uint32_t table = 0, leaf = Change::no_row;
  };

  // --- transactions ---
  // `commit`: of the commit record.
  Result<void> begin_transaction(Lsn commit, int64_t commit_us, uint64_t xid);
  Result<void> end_transaction(Lsn end, ChangeBatch& batch);
  Lsn commit_lsn() const { return commit_lsn_; }

  // --- relations ---
  std::optional<Place> find_place(uint32_t oid) const;
  std::optional<Place> find_place(const TableRef& name) const;
  const CapturedTable& captured(uint32_t table) const { return tables_[table]; }
  void meet_stranger(uint32_t oid) { strangers_.push_back(oid); }
  // How rows of these columns go into the layout of their table.
  Relation fit(const Place& place, std::string_view schema, std::string_view name, bool full_identity,
               std::span<const SentColumn> columns) const;

  // --- changes, each begun by starts_change() ---
  // Counts a change of the transaction. False: it was handed over before, pass over it.
  bool starts_change();
  // Whether a change of this relation is delivered. The first that is wanted and does not fit suspends the table.
  bool is_wanted(const Relation& relation, ChangeBatch& batch);
  RowBatch& image(ChangeBatch& batch, uint32_t table) {
    return table < batch.images.size() ? batch.images[table] : audit_image_;
  }
  // A row: begun with every cell unchanged, then its cells, then its number in the image.
  void begin_row(const RowBatch& image) { row_.assign(image.width(), Cell{0, Cell::unchanged}); }
  void set_null(size_t column) { row_[column] = {0, Cell::null}; }
  void set_unchanged(size_t column) { row_[column] = {0, Cell::unchanged}; }
  bool has_value(size_t column) const { return row_[column].length >= 0; }
  // `kind`: 't' as the type's output function writes it, 'b' as its send function does.
  Result<void> set_value(size_t column, char kind, std::string_view bytes, uint32_t type, RowBatch& image);
  Result<uint32_t> end_row(RowBatch& image);
  void add(ChangeBatch& batch, Change change);

  Failure damaged(std::string_view what) const;

 private:
  bool is_audit(uint32_t table) const { return table == audit_index_; }
  void open_part(ChangeBatch& batch);
  void tell_structure_change(ChangeBatch& batch);
  std::string misfit(const CapturedTable& table, const Place& place, const TableRef& name,
                     std::span<const SentColumn> columns) const;
  std::string identity_misfit(const CapturedTable& table, bool full, std::span<const SentColumn> columns) const;
  bool append_cell_bytes(char kind, std::string_view bytes, uint32_t type, bool raw, ByteBuffer& arena) const;
  Result<void> add_server_texts(RowBatch& image);

  std::vector<CapturedTable> tables_;  // the audit table, if there is one, behind the task's own
  uint32_t audit_index_ = UINT32_MAX;
  RowBatch audit_image_;
  std::unordered_map<uint32_t, Place> by_oid_;
  std::map<TableRef, Place> by_name_;
  std::vector<Lsn> from_;
  std::vector<bool> suspended_;
  std::vector<uint32_t> strangers_;
  TextsOfValues texts_;
  std::vector<Cell> row_;  // scratch: one row in layout order
  // Scratch: binary values of the row whose text the server must say, and their columns.
  std::vector<BinaryValue> untold_;
  std::vector<size_t> untold_columns_;
  uint64_t seen_ = 0;     // changes of the current transaction so far
  uint64_t done_ = 0;     // changes of the transaction under repetition that were handed over
  bool repeats_ = false;  // the next transaction is the one that was cut
  Lsn cut_commit_ = 0;    // its commit; 0: not known
  bool in_transaction_ = false;
  bool part_open_ = false;    // the current transaction has a part in the batch under construction
  bool had_changes_ = false;  // the current transaction had a change in this or an earlier batch
  bool waits_ = false;
  uint64_t xid_ = 0;
  Lsn commit_lsn_ = 0, last_end_ = 0;
  int64_t commit_us_ = 0;
  size_t batch_bytes_ = 0;
};

}  // namespace godwit::postgres
