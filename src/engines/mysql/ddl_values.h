#pragma once
// What a structure change does to the values of a column, as far as its words tell. Pure.

#include <optional>
#include <string>

#include "data/type.h"
#include "engines/mysql/ddl_statement.h"

namespace godwit::mysql {

// The default as rows show it, in the canonical text of the type; nothing: it is no plain literal of it.
std::optional<std::string> plain_value(const DdlDefault& value, const Type& type);
// What a NOT NULL column without a default has in rows that were there before it.
std::optional<std::string> implied_value(const Type& type);

// Whether every value of one type is there unchanged under the other. `strict`: the server refuses a change that
// would cut a value.
bool keeps_values(const Type& from, const Type& to, bool strict);

}  // namespace godwit::mysql
