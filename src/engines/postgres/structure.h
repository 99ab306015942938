#pragma once
// The target's structure: building objects as the source's catalog describes them, emptying and dropping tables, and
// all that can be known about the target before the first row. Names follow the plan (`tables`).
//
// How a statement is made of SqlPieces: text is copied; schema, table, column, relation print the target's names; a
// list (item … list_end) loses the items that name columns the plan leaves out, and any other statement that names
// such a column is left out whole; SQL that names renamed columns is rewritten by the server on an empty twin of the
// source table (rendering.h), or refused with an error that names the object.

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/target.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

// Keys that rules define (KeyDef::origin), as objects to build.
std::vector<ObjectDef> planned_keys(std::span<const TargetTable> tables);

// Builds one object in a transaction of its own, and its second statement in another. Answers false when there was
// nothing to do: an object of that kind and name is there, the plan leaves out a column it needs, or it is not
// carried over at all. May be repeated after a crash at any point. Errors are of kind table where the object, and not
// the server, stands in the way.
// Whether a table may have columns that the server computes.
bool computes_columns(const Connection& connection);

Result<bool> build_object(Connection& connection, const ObjectDef& object, std::span<const TargetTable> tables);

// Runs ObjectDef::at_stop (enables a trigger); does nothing when there is none or its object is not on the target.
Result<void> finish_object(Connection& connection, const ObjectDef& object, std::span<const TargetTable> tables);

Result<std::vector<TargetTableState>> inspect_tables(Connection& connection, std::span<const TargetTable> tables);

// One statement for all, never CASCADE; tables that are not there are passed over. Target names.
Result<void> drop_tables(Connection& connection, std::span<const TableRef> tables);
// One statement for all, never CASCADE. Target names.
Result<void> truncate_tables(Connection& connection, std::span<const TableRef> tables);
Result<void> analyze_table(Connection& connection, const TableRef& table);

// `sequence` under its target name. An error of kind table when it is not there.
Result<void> set_sequence(Connection& connection, const SequenceState& sequence);

}  // namespace godwit::postgres
