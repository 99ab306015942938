#pragma once
// Foreign keys of the target's tables: the rows that break them, and which of them act by themselves.

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "data/target_table.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

struct KeyColumns {
  std::string name;
  TableRef table, other;
  std::vector<std::string> columns, other_columns;
};

// The keys that stand on this table.
Result<std::vector<KeyColumns>> foreign_keys_of(Connection& session, const TableRef& table);

// Rows of the key without NULL that point to nothing.
Result<uint64_t> count_orphans_of(Connection& session, const KeyColumns& key);

// For each foreign key of the tables: "name on schema.table" and how many rows point to nothing. Keys without such
// rows are left out. Whole tables are read.
Result<std::vector<std::pair<std::string, uint64_t>>> count_orphans(Connection& session,
                                                                    std::span<const TargetTable> tables);

// Places of the tables that a foreign key connects with one that deletes or changes rows by itself (ON DELETE or ON
// UPDATE CASCADE or SET NULL).
Result<std::vector<size_t>> tables_of_acting_keys(Connection& session, std::span<const TargetTable> tables);

}  // namespace godwit::mysql
