#pragma once
// All that can be known about the target before the first row.

#include <span>
#include <vector>

#include "engine/target.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

Result<std::vector<Finding>> check_target(Connection& session, std::span<const TargetTable> tables,
                                          std::span<const ObjectDef> objects, PrepareMode mode, bool fresh);

}  // namespace godwit::mysql
