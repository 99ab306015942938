#pragma once
// pglogical's node and replication sets (spec/engine-postgresql.md §7): of slot s the set s holds the tables whose
// updates and deletes are captured, is those of inserts and truncations.

#include <span>
#include <string>
#include <vector>

#include "engine/source.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

std::vector<std::string> replication_sets(std::string_view slot);
Result<void> create_replication_sets(Connection& session, std::string_view slot,
                                     std::span<const TableDef* const> tables, const TableRef* audit);
// Brings the sets to what the tables are now.
Result<void> update_replication_sets(Connection& session, std::string_view slot,
                                     std::span<const TableDef* const> tables);
// With the node, if it is Godwit's and no other set is on it. Does nothing where there is no pglogical.
Result<void> drop_replication_sets(Connection& session, std::string_view slot);

// Before sets are made: the extension, and tables it can carry.
Result<void> check_pglogical(Connection& session, std::span<const TableDef* const> tables, std::vector<Finding>& out);
// Sets that the user made: every table is in them, whole.
Result<void> check_replication_sets(Connection& session, std::string_view slot,
                                    std::span<const TableDef* const> tables, std::vector<Finding>& out);

}  // namespace godwit::postgres
