#pragma once
// The target's structure: tables and the objects around their rows, under the plan's names. DDL commits at once here,
// so every step looks first whether it was done and may be repeated after a crash at any point.

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/foreign_objects.h"
#include "engine/target.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// What this server takes of other engines' objects.
CarryTraits carry_traits(const ServerTraits& server);

// A name that the server takes, the same each time.
std::string fitting_name(std::string_view name);

// Keys that rules define (KeyDef::origin), as objects to build.
std::vector<ObjectDef> planned_keys(std::span<const TargetTable> tables);

// Answers false when there was nothing to do: it is there, or it is not carried over at all. Errors are of kind table
// where the object, and not the server, stands in the way.
Result<bool> build_object(Connection& session, const ObjectDef& object, std::span<const TargetTable> tables);

// Runs ObjectDef::at_stop of the family's own objects: triggers, which nothing could keep quiet before.
Result<void> finish_object(Connection& session, const ObjectDef& object, std::span<const TargetTable> tables);

Result<std::vector<TargetTableState>> inspect_tables(Connection& session, std::span<const TargetTable> tables);

// "name on schema.table" of the foreign keys that point to these tables from outside of them, beside the place of the
// table they point to.
Result<std::vector<std::pair<size_t, std::string>>> outside_references(Connection& session,
                                                                       std::span<const TargetTable> tables);

// Target names; tables that are not there are passed over.
Result<void> drop_tables(Connection& session, std::span<const TableRef> tables);
Result<void> truncate_tables(Connection& session, std::span<const TableRef> tables);

// The column of the sequence's owner that counts up. Code "target.no_sequence": there is none.
Result<void> set_sequence(Connection& session, const SequenceState& sequence);

}  // namespace godwit::mysql
