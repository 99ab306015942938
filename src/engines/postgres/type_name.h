#pragma once
// DMS's classes to PostgreSQL's types (spec/engine-postgresql.md §11.4), for columns that a rule adds or gives
// another type.

#include <string>

#include "data/type.h"

namespace godwit::postgres {

// The type in DDL: `native` where the column has one.
std::string type_name(const Type& type);

}  // namespace godwit::postgres
