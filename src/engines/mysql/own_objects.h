#pragma once
// Objects of a source of the same family, whose catalog describes them in SQL, built under the plan's names.

#include <span>
#include <string>
#include <vector>

#include "engine/target.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// False: it is there, or there is nothing to build. Nothing is taken for built because another table has something of
// its name.
Result<bool> build_own(Connection& session, const ObjectDef& object, std::span<const TargetTable> tables);

// A foreign key's other table where neither the plan nor the target has it: nothing can be built then.
Result<bool> lacks_other_table(Connection& session, const ObjectDef& object, std::span<const TargetTable> tables);

// The CREATE TABLE with the primary key of a rule in the source's place; pure.
std::vector<SqlPiece> with_planned_key(const ObjectDef& object, const TargetTable& table);
// The same with names of checks that no other table's have; pure.
std::vector<SqlPiece> with_own_checks(const ObjectDef& object, std::vector<SqlPiece> pieces,
                                      const TargetTable& table);

}  // namespace godwit::mysql
