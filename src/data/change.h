#pragma once
// Changes as the log gave them, in log order. Images are rows of ordinary canonical batches, one per table.

#include <cstdint>
#include <string>
#include <vector>

#include "data/position.h"
#include "data/row_batch.h"

namespace godwit {

enum class Op : uint8_t { insert, update, erase, truncate };

std::string_view to_string(Op op);  // "INSERT", "UPDATE", "DELETE", "TRUNCATE"

// What becomes of an update or delete whose row the target does not hold. Anything but `report` belongs to tables
// with a row filter, where the log does not say whether the old row passed it.
enum class WhenMissing : uint8_t {
  report,   // as the error settings say
  ignore,   // nothing: the row was outside the filter
  insert,   // an update's new row is inserted: it came into the filter. What the log lacks of it is read by its key
  look_up,  // the log does not show whether the new row passes (an unchanged large value): the row is read by its key
};

struct Change {
  static constexpr uint32_t no_row = UINT32_MAX;
  Op op = Op::insert;
  uint32_t table = 0;            // index into the tables the reader was opened with, and into ChangeBatch::images
  uint32_t before_row = no_row;  // update: the old row where the log carries it; erase: always. Row of images[table].
                                 // truncate: the index of the leaf, or no_row for the whole table
  uint32_t after_row = no_row;   // insert, update
  WhenMissing when_missing = WhenMissing::report;
  bool filtered = false;  // left out by the table's row filter: counted, and nothing else; it has no rows
  bool keys_off = false;  // foreign keys were out of force in the source's session: they did nothing to other rows
};

// What shaping did to a row beyond what the rules asked for. The settings have an answer to it, which is given when
// the change is applied. Holds no value of a row.
struct ChangeNote {
  enum class Kind : uint8_t {
    truncated,  // a LOB was cut
    value,      // a value could not be converted or computed; it is NULL in the row
    mask,       // a masking rule does not fit the value; it is there as it was
    refused,    // a value that the settings want to see on no target (ZeroDates error); it is NULL in the row
  };
  uint32_t change = 0;  // index into ChangeBatch::changes
  Kind kind = Kind::truncated;
  std::string message;  // for people
};

// A run of changes of one source transaction. `rows` goes on in the next part; `commit` ends the transaction.
struct TxnPart {
  enum class Kind : uint8_t { rows, commit };
  uint64_t xid = 0;
  Kind kind = Kind::rows;
  uint32_t first = 0, count = 0;  // of ChangeBatch::changes
  Position commit;                // of the commit record; known at the start of the transaction
  Position end;                   // where to go on after it; set when kind == commit
  int64_t commit_us = 0;          // commit time on the source, microseconds since 1970 UTC
};

// Something changed that is no row. Either a table's structure no longer fits its layout (`table`, `what`), or what
// the log holds of its rows cannot be read (`unreadable` too): changes of the table after it are not delivered. Or
// the source tells a structure change as it happened (`document`): nothing is delivered after it until the reader is
// told to go on, or opened anew.
struct SchemaEvent {
  static constexpr uint32_t no_table = UINT32_MAX;
  uint32_t table = no_table;
  uint32_t before_change = 0;  // index into ChangeBatch::changes
  Position at;                 // of its transaction's commit record
  std::string what{};          // for people: "column \"x\" has type text, was integer"; unreadable: sentences
  std::string document{};      // the engine's description (PostgreSQL: JSON, ddl_capture.h); empty: there is none
  int64_t commit_us = 0;       // as TxnPart::commit_us
  Position before{};           // with a document: where to go on when all before it is applied, but not it
  Position done{};             // with a document: where to go on when this and all before it is applied
  bool unreadable = false;     // the structure is as it was
};

struct ChangeBatch {
  std::vector<RowBatch> images;  // by table; a table without changes has an empty batch
  std::vector<Change> changes;
  std::vector<TxnPart> parts;
  std::vector<SchemaEvent> schema;
  std::vector<ChangeNote> notes;  // in the order of changes
  // Every transaction that committed before this position has been delivered. May be set with no change at all (idle
  // log).
  Position read_to;

  bool empty() const { return changes.empty() && parts.empty() && schema.empty(); }
  size_t memory_bytes() const;
};

}  // namespace godwit
