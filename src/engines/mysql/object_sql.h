#pragma once
// Objects that a catalog of the same family describes in SQL, built under the plan's names.

#include <optional>
#include <span>
#include <string>

#include "engine/target.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// The statement; nothing when the plan leaves out a column that it is about. Renamed columns are found in SQL by
// their backquotes, which catalogs of the family always write.
std::optional<std::string> print_pieces(std::span<const SqlPiece> pieces, std::span<const TargetTable> tables);

// The name that the plan gives a source's table, or would give it.
TableRef target_name(std::span<const TargetTable> tables, const TableRef& source);

// Runs one statement. False: what it makes is there, or the plan leaves it out.
Result<bool> run_own(Connection& session, std::span<const SqlPiece> pieces, std::span<const TargetTable> tables);

}  // namespace godwit::mysql
