#pragma once
// The pieces of a statement to SQL, under the plan's names.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/catalog.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/plan_names.h"

namespace godwit::postgres {

// The pieces without the list items that name a column the plan leaves out, and without what does not fit a column's
// other type; `left_out`, if given, gets a few words for each of the latter. Nothing when a left out column is named
// outside a list: the whole statement goes then.
std::optional<std::vector<SqlPiece>> without_removed_columns(std::span<const SqlPiece> all, const PlanNames& names,
                                                             std::vector<std::string>* left_out = nullptr);

// True when the piece's SQL names a column that has another name on the target.
bool names_renamed_column(const SqlPiece& piece, const PlanNames& names);

// Joins pieces in which no SQL has to be rewritten. Empty when all of it was lists that have no items.
std::string print(std::span<const SqlPiece> pieces, const PlanNames& names);

// Has the server rewrite every piece that names renamed columns: an empty twin of the source table is made, the
// clause put on it, the columns renamed, the clause read back and the transaction rolled back. False for a piece that
// no server rewrites.
Result<bool> rewrite(Connection& connection, std::vector<SqlPiece>& pieces, const PlanNames& names);

}  // namespace godwit::postgres
