#pragma once
// What can stand in a source's way, found before anything is made on it (spec/engine-postgresql.md §1).

#include <vector>

#include "engine/source.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

Result<std::vector<Finding>> check_source(Connection& session, const CaptureSpec& spec, bool with_changes,
                                          std::string_view slot);

}  // namespace godwit::postgres
