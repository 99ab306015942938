#pragma once
// Publications that the user made (PublicationName): whether they carry all that a task needs, whole.

#include <span>
#include <string>
#include <vector>

#include "engine/source.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

Result<void> check_user_publications(Connection& session, std::span<const std::string> publications,
                                     std::span<const TableDef* const> tables, std::vector<Finding>& out);

}  // namespace godwit::postgres
