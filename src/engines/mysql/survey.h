#pragma once
// What an assessment asks a server of the family (engine/facts.h). Few queries for each database, whatever the number
// of tables.

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/facts.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

Result<ServerFacts> server_facts(Connection& session);
Result<std::vector<TableSurvey>> survey(Connection& session, std::span<const TableRef> tables);
// One scan of the table; values stay on the server.
Result<std::vector<ValueSizes>> measure_values(Connection& session, const TableRef& table,
                                               std::span<const MeasuredColumn> columns);

}  // namespace godwit::mysql
