#pragma once
// What stands in the way on the target, found before the first row moves (spec/engine-postgresql.md §11.1).

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/target.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

// `fresh`: the task starts from scratch, so the tables will be prepared by `mode`; else they are only written to.
Result<std::vector<Finding>> check_target(Connection& connection, std::span<const TargetTable> tables,
                                          std::span<const ObjectDef> objects, PrepareMode mode, bool fresh);

}  // namespace godwit::postgres
