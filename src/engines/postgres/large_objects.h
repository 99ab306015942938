#pragma once
// Large objects: found through columns of type oid or a domain over it, read in pieces, made under the same numbers.
// Nothing needs more than SELECT on each of them (spec/engine-postgresql.md).

#include <span>
#include <string>
#include <vector>

#include "engine/source.h"
#include "engine/target.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/control_tables.h"

namespace godwit::postgres {

Result<std::vector<LargeObjectColumn>> large_object_columns(Connection& connection,
                                                            std::span<const TableDef* const> layouts);
Result<std::vector<uint32_t>> list_large_objects(Connection& connection, std::span<const LargeObjectColumn> columns);
Result<uint64_t> large_object_size(Connection& connection, uint32_t number);
Result<std::string> read_large_object(Connection& connection, uint32_t number, uint64_t offset, uint32_t length);

Result<Target::LargeObjectPlace> find_large_object(Connection& connection, const ControlSchema& control,
                                                   std::string_view task_id, uint32_t number);
Result<void> begin_large_object(Connection& connection, const ControlSchema& control, std::string_view task_id,
                                uint32_t number, uint64_t bytes);
Result<void> write_large_object(Connection& connection, uint32_t number, uint64_t offset, const std::string& hex);
Result<void> drop_large_objects(Connection& connection, const ControlSchema& control, std::string_view task_id);

}  // namespace godwit::postgres
