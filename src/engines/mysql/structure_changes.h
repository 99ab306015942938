#pragma once
// What a statement in the log does to the tables of a task: one change a table, each with the number of the step
// that it is within its statement. Nothing is looked up. Pure, total.
//
// Tables are known by their names. One that another takes the name of (RENAME TABLE t TO old, new TO t) is looked at
// anew; one whose name nobody has any more was dropped, or renamed to a name that is new.

#include <span>
#include <string>
#include <vector>

#include "engines/mysql/ddl_apply.h"
#include "engines/mysql/log_statement.h"

namespace godwit::mysql {

// A structure change as the log has it.
struct DdlStatement {
  std::string sql;     // UTF-8
  std::string schema;  // the default one
  uint64_t sql_mode = 0;
  LogStatement statement;
  uint32_t steps_done = 0;                // by an earlier reader
  std::vector<const TableDef*> followed;  // that it may name, as they are before it
  std::vector<TableRef> in_error;         // those of them whose changes the task does not take any more
  std::vector<TableRef> settled;          // followed tables that the statement came too early for: they have it
  bool follows_schema = false;            // of an object: tables of its schema are followed
};

// A document of a change, and where it stands in its statement: steps ascend, and are the same each time the
// statement is read.
struct StructureStep {
  uint32_t step = 1;
  SchemaChange change;
};

std::vector<StructureStep> structure_changes(const DdlStatement& ddl, const DdlServer& server);

}  // namespace godwit::mysql
