#pragma once
// A structure change applied to the definition of a table as it was before: what the table is behind it, and what
// becomes of its rows. Nothing is looked up. Pure.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "data/schema_change.h"
#include "engines/mysql/ddl_statement.h"

namespace godwit::mysql {

// What the words of a statement do not say.
struct DdlServer {
  ServerKind kind;
  // lower_case_table_names: 0 names differ by case, 1 they are kept in lower case, 2 as written.
  int lower_case_names = 0;
  std::map<std::string, std::string> collations;  // the default one, by character set
  bool explicit_timestamps = true;                // explicit_defaults_for_timestamp
  bool ignores_partitions = false;                // skipTableSuspensionForPartitionDdl
};

// The number under which the log of this family knows a table: it has only its name.
uint32_t table_log_id(const TableRef& table, bool fold_names);
// As the server compares names of tables, and as it stores them.
TableRef folded(const TableRef& table, const DdlServer& server);
TableRef stored(const TableRef& table, const DdlServer& server);

// Of kind `table`. `name`, where it is new, is of a table that nobody follows.
SchemaChange apply_alter(const AlterStatement& statement, const TableDef& before, const DdlServer& server,
                         uint64_t sql_mode);

}  // namespace godwit::mysql
