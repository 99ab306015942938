#pragma once
// Indexes, unique and exclusion constraints and foreign keys of tables made beforehand: dropped for the load, made
// again after it, each as it was, with comments, tablespaces, statistics targets and the CLUSTER mark
// ("Godwit": {"TargetIndexes": "rebuild"}). Contracts: Target::plan_rebuild and what follows it.

#include <span>
#include <vector>

#include "engine/target.h"
#include "engines/postgres/catalog.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

// The session's search_path must be empty, so that definitions are read with qualified names. Foreign keys come
// first: unique indexes may be dropped only after them.
Result<std::vector<DroppedObject>> plan_rebuild(Connection& connection, PostgresCatalog& catalog,
                                                std::span<const TargetTable> tables,
                                                const std::vector<bool>& held_rows);

Result<void> drop_objects(Connection& connection, std::span<const DroppedObject> objects);
Result<bool> restore_object(Connection& connection, const DroppedObject& object);

}  // namespace godwit::postgres
