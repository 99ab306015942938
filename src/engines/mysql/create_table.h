#pragma once
// CREATE TABLE of a plan; pure.

#include <string>

#include "engine/foreign_objects.h"
#include "engines/mysql/server_traits.h"

namespace godwit::mysql {

// The primary key stands in it, since InnoDB keeps rows in its order. `own_names`: checks get names that no other
// table's checks have.
std::string create_table_sql(const CarriedTable& table, const ServerTraits& server, bool own_names);

// " DEFAULT …", or nothing where there is none or the server takes none for the column.
std::string default_clause(const CarriedColumn& column, const ServerTraits& server);

bool has_checks(const ServerTraits& server);

// Whether the layout's key can be the primary key.
bool has_primary_key(const TableDef& layout);

}  // namespace godwit::mysql
