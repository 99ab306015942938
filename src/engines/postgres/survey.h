#pragma once
// What an assessment asks a PostgreSQL server (engine/facts.h). Few queries, whatever the number of tables.

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/facts.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

Result<ServerFacts> server_facts(Connection& session);
Result<std::vector<TableSurvey>> survey(Connection& session, std::span<const TableRef> tables);
// One scan of the table with its partitions; values stay on the server.
Result<std::vector<ValueSizes>> measure_values(Connection& session, const TableRef& table,
                                               std::span<const MeasuredColumn> columns);

}  // namespace godwit::postgres
