#pragma once
// What can stand in a source's way, found before anything is made on it (spec/engine-postgresql.md §1).

#include <vector>

#include "engine/source.h"
#include "engines/postgres/capture_way.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

// `way`: of capturing changes; null where none are wanted.
Result<std::vector<Finding>> check_source(Connection& session, const CaptureSpec& spec, const CaptureWay* way);

}  // namespace godwit::postgres
