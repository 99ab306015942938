#pragma once
// Keys, indexes, foreign keys and checks of tables that are there. Each answers false when an equal one is.

#include "base/result.h"
#include "engine/foreign_objects.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// The table may have a primary key already, made with the table: of the same columns, or of others that rows are
// found by, beside which this one is as good as a unique one.
Result<bool> build_primary_key(Connection& session, const CarriedIndex& index);
Result<bool> build_index(Connection& session, const CarriedIndex& index);
// An error of kind conflict, and nothing is built, when rows point to nothing.
Result<bool> build_foreign_key(Connection& session, const CarriedForeignKey& key);
Result<bool> build_check(Connection& session, const CarriedCheck& check);

}  // namespace godwit::mysql
