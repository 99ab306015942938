#pragma once
// What a database holds: its tables, and the objects around their rows. Read on the thread of the Source that gave
// it.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/table_def.h"
#include "engine/facts.h"
#include "engine/object_meaning.h"

namespace godwit {

// When an object is built on the target, in this order (engine.md §10).
enum class ObjectPhase {
  before_tables,  // schemas, extensions, collations, types, functions that tables need, sequences
  tables,         // tables and their partitions, defaults, identities, checks
  keys,           // primary keys, unique and exclusion constraints, unique indexes: after the rows of their table
  indexes,        // other indexes, statistics objects: after the rows of their table
  foreign_keys,   // once every table holds its rows
  triggers,       // created disabled, enabled at the end
  comments,
};

std::string_view to_string(ObjectPhase phase);

// One piece of a statement: SQL text as it stands, the name of a source object that the plan may have renamed, or SQL
// in which columns are named. A statement is a run of pieces; the target's dialect joins them (postgres:
// structure.h).
struct SqlPiece {
  enum class Kind {
    text,      // as it stands
    schema,    // name of the target schema of `table`; of .schema alone when .name is empty
    table,     // qualified name of `table`
    column,    // name of `table`'s column `text`
    type,      // type `text` of `table`'s column columns[0], unless the plan gives that column another
    relation,  // qualified name of `text`: a partition, sequence or index that lives in the schema of `table`, or in
               // the schema table.schema itself when table.name is empty
    relation_literal,  // the same as a string literal
    // SQL that names the columns `columns` of `table` by their source names. The server rewrites it where they are
    // renamed.
    expression,     // a scalar expression
    constraint,     // the body of a table constraint: CHECK (…), PRIMARY KEY (…), EXCLUDE …
    index,          // an index from USING on
    partition_key,  // what stands after PARTITION BY
    fixed,          // SQL of another kind, which cannot be rewritten
    // What stands between these two fits the type that column columns[0] of `table` has on the source (collation,
    // default, identity; `text` says which, for people). It goes when the plan gives the column another type.
    own_type,
    own_type_end,
    // A list: items up to list_end. An item goes when a column it names is not in the plan. `text` of the first item
    // opens the list, that of the others separates them, list_end's closes it; a list without items left is not
    // written at all.
    item,
    list_end,
  };
  Kind kind = Kind::text;
  std::string text;
  TableRef table;                    // a source table of the task
  std::vector<std::string> columns;  // source names
};

// Something to build on the target beside the bare rows. `dialect` says whose SQL it is; a target that does not speak
// it builds the object from its meaning, or leaves it out and reports it before the start.
struct ObjectDef {
  ObjectPhase phase = ObjectPhase::tables;
  std::string kind;  // for people: "index", "foreign key", "sequence", "extension" …
  std::string name;  // for people and for the record of what is built; unique together with kind and table
  TableRef table;    // the source table it belongs to; empty for objects of no table
  TableRef other;    // a foreign key: the table it points to
  std::string dialect;
  std::vector<SqlPiece>
      create;  // the statements, one transaction; empty: not carried over, report it as left to the user
  std::vector<SqlPiece> then;  // a second statement, run after the first in a transaction of its own; may be empty
  std::vector<SqlPiece>
      at_stop;            // a statement for the stop that ends the migration (enables a trigger); may be empty
  bool optional = false;  // true: a failure is reported, the task goes on (comments, extended statistics)
  std::shared_ptr<const ObjectMeaning> meaning = nullptr;  // null: only an engine of its dialect can build it
};

struct SequenceState {
  std::string schema, name;
  // The table whose column owns it, or takes its values as a default, and that column; empty for none.
  TableRef owner;
  std::string column;
  int64_t last_value = 0;
  bool is_called = false;
};

class Catalog {
 public:
  virtual ~Catalog() = default;

  // The schemas that a task may name, empty ones too, sorted by bytes. The default knows those that hold a table.
  virtual Result<std::vector<std::string>> list_schemas();

  // Every table a task may move, system schemas and Godwit's own tables left out: names only.
  virtual Result<std::vector<TableRef>> list_tables() = 0;

  // The same tables with columns, keys and partitions, in the order given. A table that is gone is left out.
  virtual Result<std::vector<TableDef>> describe(std::span<const TableRef> tables) = 0;

  // Everything around the rows of these tables, in an order in which it can be built phase by phase.
  virtual Result<std::vector<ObjectDef>> read_objects(std::span<const TableDef> tables) = 0;

  // What stands around the rows of these tables, in their order; TableSurvey::exists says whether there is one.
  virtual Result<std::vector<TableSurvey>> survey(std::span<const TableRef> tables) = 0;

  // The sequences that the tables' columns own or whose values their defaults take, and those of the tables' schemas
  // that no column owns.
  virtual Result<std::vector<SequenceState>> read_sequences(std::span<const TableDef> tables) = 0;
};

}  // namespace godwit
