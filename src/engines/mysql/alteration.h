#pragma once
// Structure changes of a table (TableAlteration). Each statement commits at once: what is done already is seen at the
// table itself, so that all of it may be run again.

#include <string>
#include <vector>

#include "data/schema_change.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

// What could not be carried along. An error of kind table: the target refuses it.
Result<std::vector<std::string>> alter_table(Connection& session, const TableAlteration& alteration);

}  // namespace godwit::mysql
