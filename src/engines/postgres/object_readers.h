#pragma once
// One reader for each family of objects. Each appends to `out` in an order in which the objects can be built.

#include <vector>

#include "engines/postgres/object_scope.h"

namespace godwit::postgres {

using Objects = std::vector<ObjectDef>;

// Schemas, extensions, collations, types, functions and sequences the tables need. Functions that need a table come
// out in `after_tables`, to be built when the tables are there.
Result<void> read_needed_objects(Connection& connection, const ObjectScope& scope, Objects& out,
                                 Objects& after_tables);

// CREATE TABLE with columns, defaults, identities and checks; partitions; column settings; ownership of sequences.
Result<void> read_table_objects(Connection& connection, const ObjectScope& scope, Objects& out);

// Phases keys and indexes: constraints, indexes, replica identity, extended statistics, checks that are NOT VALID.
Result<void> read_index_objects(Connection& connection, const ObjectScope& scope, Objects& out);

Result<void> read_foreign_keys(Connection& connection, const ObjectScope& scope, Objects& out);

// Triggers; rules and row security policies, which are named but not carried over.
Result<void> read_triggers(Connection& connection, const ObjectScope& scope, Objects& out);

// `needed`: what read_needed_objects gave, whose comments are wanted too.
Result<void> read_comments(Connection& connection, const ObjectScope& scope, const Objects& needed, Objects& out);

}  // namespace godwit::postgres
