#pragma once
// Foreign keys of the target's tables: the rows that break them, and which of them act by themselves.

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "data/acting_key.h"
#include "data/target_table.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

struct KeyColumns {
  std::string name;
  TableRef table, other;
  std::vector<std::string> columns, other_columns;
};

// Equal for what the server takes for the same name; `folds`: it has lower_case_table_names.
TableRef same_name(const TableRef& table, bool folds);

// The keys that stand on this table.
Result<std::vector<KeyColumns>> foreign_keys_of(Connection& session, const TableRef& table);

// Rows of the key without NULL that point to nothing.
Result<uint64_t> count_orphans_of(Connection& session, const KeyColumns& key);

// For each foreign key of the tables: "name on schema.table" and how many rows point to nothing. Keys without such
// rows are left out. Whole tables are read.
Result<std::vector<std::pair<std::string, uint64_t>>> count_orphans(Connection& session,
                                                                    std::span<const TargetTable> tables);

// Every foreign key that stands on these tables, whether it acts or not. Tables among `tables` are named as they are
// there, whatever the server makes of capitals.
Result<std::vector<ActingKey>> keys_on(Connection& session, std::span<const TableRef> tables);

// Those that point to one of the tables too.
Result<std::vector<ActingKey>> keys_between(Connection& session, std::span<const TableRef> tables);

}  // namespace godwit::mysql
