#pragma once
// Decodes the messages of the pgoutput plugin, protocol version 1 (spec/engine-postgresql.md §5.3), into a
// ChangeBatch. Total: any bytes give changes or an error, never a crash. One decoder serves one stream, and its
// restarts: it remembers the relations and the transaction it is in. Not thread-safe.
//
// Cells are canonical: text, but bytes for bytea. A stream opened with the option `binary` is read too; the texts of
// values that are not simple are asked of `texts`.

#include <optional>
#include <span>
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

class PgoutputDecoder {
 public:
  explicit PgoutputDecoder(std::span<const CapturedTable> tables, TextsOfValues texts = {});

  // An empty batch with one image per table.
  void start_batch(ChangeBatch& batch) const;
  // Adds what one message says to `batch`, which start_batch() made.
  Result<void> decode(std::string_view message, ChangeBatch& batch);

  // Relations that the stream carries and no captured table holds, since the last call: in publications of our own
  // they can only be partitions that came after the plan.
  std::vector<uint32_t> take_strangers() { return std::exchange(strangers_, {}); }
  // Stops the delivery of a table, as a structure that does not fit would.
  void suspend(uint32_t table, std::string what, ChangeBatch& batch);
  // The captured table of this oid, or nothing.
  std::optional<uint32_t> table_of(uint32_t oid) const;

  // The stream is opened again behind the last whole transaction. The one that was cut comes from its start; what was
  // decoded of it is passed over.
  void stream_restarts();

  bool in_transaction() const { return in_transaction_; }
  // Where the last transaction ended that came whole; 0 before the first.
  Lsn last_end() const { return last_end_; }
  // The batch was handed over: the current transaction's next change opens a part of the next batch.
  void batch_taken() {
    part_open_ = false;
    batch_bytes_ = 0;
  }
  // Bytes of images in the batch under construction.
  size_t batch_bytes() const { return batch_bytes_; }

 private:
  struct Relation {
    bool known = false;  // one of the captured tables
    std::string misfit;  // why it cannot be delivered in its table's layout; empty: it can
    uint32_t table = 0;
    uint32_t leaf = Change::no_row;  // index into TableDef::leaves, or none
    std::vector<int32_t> to_layout;  // per message column: the layout's column, or -1
    std::vector<uint32_t> types;     // per message column: its oid
    std::vector<bool> in_key;        // per layout column: part of what the log identifies a row by
    bool full_identity = false;
  };
  struct Column {
    bool key = false;
    std::string_view name;
    uint32_t type = 0;
    int32_t modifier = -1;
  };

  Result<void> begin(ByteReader& in);
  Result<void> commit(ByteReader& in, ChangeBatch& batch);
  Result<void> relation(ByteReader& in);
  Result<void> insert(ByteReader& in, ChangeBatch& batch);
  Result<void> update(ByteReader& in, ChangeBatch& batch);
  Result<void> erase(ByteReader& in, ChangeBatch& batch);
  Result<void> truncate(ByteReader& in, ChangeBatch& batch);
  Result<const Relation*> find(ByteReader& in);
  Result<uint32_t> tuple(ByteReader& in, const Relation& relation, ChangeBatch& batch, bool key_only);
  Result<void> value(char kind, std::string_view bytes, uint32_t type, size_t column, RowBatch& image);
  Result<void> add_server_texts(RowBatch& image);
  bool append_cell_bytes(char kind, std::string_view bytes, uint32_t type, bool raw, ByteBuffer& arena) const;
  Result<void> skip_tuple(ByteReader& in);
  bool is_wanted(const Relation& relation, ChangeBatch& batch);
  void add(ChangeBatch& batch, Change change);
  std::string misfit(const CapturedTable& table, std::string_view schema, std::string_view name, uint32_t oid,
                     std::span<const Column> columns) const;
  std::string identity_misfit(const CapturedTable& table, bool full, std::span<const Column> columns) const;
  Failure damaged(std::string_view what) const;

  std::vector<CapturedTable> tables_;
  std::unordered_map<uint32_t, std::pair<uint32_t, uint32_t>> by_oid_;  // oid → table, leaf
  std::unordered_map<uint32_t, Relation> relations_;
  std::vector<Lsn> from_;
  std::vector<bool> suspended_;
  std::vector<uint32_t> strangers_;
  TextsOfValues texts_;
  std::vector<Cell> row_;  // scratch: one row in layout order
  // Scratch: binary values of the row whose text the server must say, and their columns.
  std::vector<BinaryValue> untold_;
  std::vector<size_t> untold_columns_;
  // Changes of the current transaction that were added, by table; after a restart as many are passed over.
  std::vector<uint64_t> added_, repeated_;
  std::vector<uint32_t> touched_;  // tables with a count in added_
  bool repeats_ = false;           // the next transaction is the one that was cut
  bool in_transaction_ = false;
  bool part_open_ = false;    // the current transaction has a part in the batch under construction
  bool had_changes_ = false;  // the current transaction had a change in this or an earlier batch
  uint64_t xid_ = 0;
  Lsn commit_lsn_ = 0, last_end_ = 0;
  int64_t commit_us_ = 0;
  size_t batch_bytes_ = 0;
};

}  // namespace godwit::postgres
