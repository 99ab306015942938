#pragma once
// Facts about objects around the rows, read from information_schema. Names are the source's.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/table_def.h"
#include "engine/object_meaning.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/default_value.h"

namespace godwit::mysql {

struct ColumnObject {
  std::string name, native;
  bool not_null = false, counts_up = false, stored = false;
  ColumnDefault default_value;
  std::string on_update;                    // "CURRENT_TIMESTAMP(3)"
  std::string generated;                    // the expression
  std::vector<std::string> generated_from;  // columns that it names
  std::string comment;
};

struct IndexObject {
  struct Part {
    std::string column;      // empty: an expression
    std::string expression;  // SQL
    std::optional<uint32_t> prefix;
    bool descending = false;
  };
  std::string name;
  bool unique = false;
  IndexMeaning::Method method = IndexMeaning::Method::ordered;
  std::vector<Part> parts;
};

struct ForeignKeyObject {
  std::string name;
  TableRef other;
  ForeignKeyMeaning meaning;
  std::string on_update, on_delete;  // as SQL has them
};

struct TableFacts {
  const TableDef* def = nullptr;
  std::string charset, comment, partitions;  // partitions: "PARTITION BY …"
  std::vector<ColumnObject> columns;
  std::vector<IndexObject> indexes;
  std::vector<ForeignKeyObject> foreign_keys;
  std::vector<CheckMeaning> checks;
  std::vector<std::string> triggers;
};

struct ObjectFacts {
  std::map<std::string, std::string> schemas;  // and their character sets
  std::vector<TableFacts> tables;
  std::vector<std::pair<std::string, std::string>> left_out;  // kind and name of views and routines
};

Result<ObjectFacts> read_object_facts(Connection& session, std::span<const TableDef> tables);

// The columns of the table that stand in backquotes in an expression.
std::vector<std::string> columns_in(std::string_view sql, const TableDef& table);

}  // namespace godwit::mysql
