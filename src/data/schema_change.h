#pragma once
// A structure change of the source as its log tells it: what is there when the command has ended. Engine-neutral; the
// source makes it of its own document (SchemaEvent::document), task/ decides what becomes of it, the target carries
// it out.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/acting_key.h"
#include "data/target_table.h"

namespace godwit {

// What a column was made with. SQL of the source's dialect.
struct ColumnOrigin {
  int16_t number = 0;                   // ColumnDef::number
  std::string expression;               // its default, or what a generated column is computed by; empty: none
  std::optional<std::string> old_rows;  // text of the value that rows written before the column show; nothing: NULL
  char identity = '\0';                 // 'a': GENERATED ALWAYS AS IDENTITY, 'd': BY DEFAULT
  std::optional<std::string> literal = std::nullopt;  // canonical text of `expression`, where it is a plain literal
};

struct SchemaChange {
  enum class Kind {
    table,    // created or altered: `table` is the whole of it
    dropped,  // `log_id` and `name` of a table or a leaf
    labels,   // of an enum type: `name`, `labels`
    other,    // something around the rows: `what`
    none,     // nothing that concerns anybody
  };
  Kind kind = Kind::none;
  std::string command;  // "ALTER TABLE"
  TableDef table;
  std::vector<ColumnOrigin> origins;
  bool rewritten = false;  // the command gave rows new values that the log does not carry
  // Its rows, or how they are found, may be others, and `table` may not say how it is now: it is looked up.
  bool replaced = false;
  uint32_t log_id = 0;  // as the task knows the table
  TableRef was;         // where ids are made of names: its name before the command; else empty
  TableRef name;
  std::vector<std::string> labels;
  std::string what;      // "index public.orders_by_day", for people
  KeyChanges keys = {};  // where the log is silent about what foreign keys do; tables by their names before it
  std::vector<std::string> notes = {};  // whole sentences: what else the command did and nobody replicates
};

// What is to be done to a target's table so that it takes rows of `after` instead of `before`. Columns are matched by
// ColumnDef::number.
struct TableAlteration {
  TargetTable before, after;
  std::vector<ColumnOrigin> origins;  // of after.source
  bool values_follow = false;         // the rows come again: what becomes of the old ones does not matter
};

}  // namespace godwit
