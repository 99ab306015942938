#pragma once
// ALTER TABLE, RENAME TABLE and their like as a list of what they do. Total: what is not understood says so. Names
// are as written.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/mysql/ddl_type.h"

namespace godwit::mysql {

// What stands behind DEFAULT.
struct DdlDefault {
  enum class Kind : uint8_t {
    none,        // nothing does
    null,        // NULL
    text,        // 'it''s': `text` is what is meant
    number,      // -1.5e3, TRUE: `text`
    bits,        // b'0101': the digits
    expression,  // anything else
  };
  Kind kind = Kind::none;
  std::string text;
  std::string sql;  // as it is written
};

// A foreign key as it is written.
struct DdlForeignKey {
  std::string name;  // empty: the server finds one
  std::vector<std::string> columns, other_columns;
  TableRef other;                    // without a schema: of the table's own
  std::string on_delete, on_update;  // "CASCADE", "SET NULL", "SET DEFAULT"; empty: nothing is done
};

struct DdlColumn {
  std::string name;
  DdlType type;
  enum class Null : uint8_t { unsaid, allowed, refused };
  Null null = Null::unsaid;
  bool counts_up = false, generated = false;
  bool makes_key = false;  // PRIMARY KEY, UNIQUE
  DdlDefault value;
  std::vector<std::string> notes;          // "a check"
  std::optional<DdlForeignKey> reference;  // REFERENCES, which not every server heeds here
};

struct DdlAction {
  enum class Kind : uint8_t {
    add,             // `column`
    change,          // `name` becomes `column`
    drop,            // `name`
    rename,          // `name` to `new_name`
    set_default,     // `name`, `column.value`
    convert,         // all text columns, to `charset` and `collation`
    table_charset,   // what later columns get
    drop_key,        // `name`: an index, PRIMARY
    add_key,         // a primary or unique one
    drop_object,     // `name`: a constraint, which may be a key
    add_foreign,     // `foreign`
    drop_foreign,    // `name`
    note,            // `what` the rows do not show
    partition_rows,  // partitions lose rows, or get some
    unknown,         // what becomes of the rows is not known
  };
  Kind kind = Kind::unknown;
  std::string name, new_name, charset, collation, what;
  DdlColumn column;
  DdlForeignKey foreign;
  bool if_exists = false;  // or if it does not
  bool placed = false;     // FIRST, or AFTER `after`
  std::string after;
};

struct AlterStatement {
  TableRef table;
  std::optional<TableRef> renamed;
  // Of partitions: a table that gives and takes rows, one that comes of a partition, one that becomes a partition.
  std::optional<TableRef> exchanged, split_off, absorbed;
  std::vector<DdlAction> actions;
  bool ignores_errors = false;
};

// What a statement is read by.
struct DdlDialect {
  ServerKind server;
  uint64_t sql_mode = 0;
  std::string schema;  // the default one
};
// Errors of values are errors.
bool is_strict(uint64_t sql_mode);

DdlWords ddl_words(std::string_view sql, uint64_t sql_mode);

// Nothing: no ALTER TABLE.
std::optional<AlterStatement> read_alter_table(std::string_view sql, const DdlDialect& how);
// CREATE INDEX and DROP INDEX as the ALTER TABLE that they are.
std::optional<AlterStatement> read_index_statement(std::string_view sql, const DdlDialect& how);

}  // namespace godwit::mysql
