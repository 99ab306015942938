#pragma once
// What a table is. Immutable once built; shared between threads by shared_ptr<const TableDef>.

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/type.h"

namespace godwit {

struct TableRef {
  std::string schema;
  std::string name;
  auto operator<=>(const TableRef&) const = default;
};

// "schema.name" for messages to people; not SQL.
std::string to_string(const TableRef& table);

// 'schema'.'name' as DMS's log lines write it (spec/monitoring.md §3).
std::string log_name(const TableRef& table);

struct ColumnDef {
  std::string name;
  Type type;
  bool not_null = false;
  bool generated = false;        // computed by the server; never read and never written
  bool identity_always = false;  // a plain INSERT needs OVERRIDING SYSTEM VALUE
  int16_t number = 0;            // the engine's column number, stable over renames (PostgreSQL: attnum)
  // Of an unsigned 8-byte integer: no value will reach 2^63, since the column counts up by itself and is far below,
  // or a foreign key lets it have the values of such a column only.
  bool within_int8 = false;
  // What a row that the log leaves the column out of has there (MySQL's minimal images).
  enum class Absent : uint8_t { unknown, null, text };
  Absent when_absent = Absent::unknown;
  std::string absent_text = {};  // canonical
};

// The columns by which one row is found again. Indexes into TableDef::columns, in key order.
struct KeyDef {
  // Whether a rule (define-primary-key) asks for the key and as what; `source`: it is the source table's own.
  enum class Origin : uint8_t { source, primary_key, unique_index };
  std::string name;
  std::vector<uint32_t> columns;
  Origin origin = Origin::source;
};

// How the source's log identifies the row that an UPDATE or DELETE touched.
enum class RowIdentity {
  none,  // it does not: inserts and truncates only
  key,   // by the columns of TableDef::key
  full,  // by the whole old row; TableDef::key may still name columns that suffice
};

// A partition that holds rows. Read and captured by itself, written to the parent.
struct LeafDef {
  TableRef ref;
  uint32_t log_id = 0;  // the number under which the log names it (PostgreSQL: oid)
};

struct TableDef {
  TableRef ref;
  uint32_t log_id = 0;
  std::vector<ColumnDef> columns;
  std::optional<KeyDef> key;
  RowIdentity identity = RowIdentity::none;
  bool partitioned = false;
  std::vector<LeafDef> leaves;  // of a partitioned table, all levels flattened; empty for any other
  bool logged = true;           // false: changes never reach the log (PostgreSQL: UNLOGGED)
  // Where the engine's columns have no numbers of their own, they get their place as it is described, and later ones
  // the next: the highest number so far. 0: they have.
  int16_t last_number = 0;
  std::string collation = {};  // of text columns that name none; empty: the engine's tables have no such thing
  uint64_t estimated_rows = 0;
  uint64_t estimated_bytes = 0;
};

// Equal for two descriptions between which the log's records of the table have not changed their shape: same table,
// columns, types, identity and partitions.
std::string structure_fingerprint(const TableDef& table);

// Of two descriptions with one fingerprint: whether rows that the log leaves columns out of mean the same by both.
bool same_absent_values(const TableDef& a, const TableDef& b);

// The index of the named column, or nothing.
std::optional<uint32_t> find_column(const TableDef& table, std::string_view name);

}  // namespace godwit
