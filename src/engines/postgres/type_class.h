#pragma once
// PostgreSQL's types to DMS's classes (spec/engine-postgresql.md §10.5), with the endpoint's Map… attributes at their
// defaults except that boolean stays boolean: nothing is lost by it.

#include <string_view>

#include "data/type.h"

namespace godwit::postgres {

// `name` is pg_type.typname of the type, of the base type for a domain; `kind` is typtype, `category` typcategory.
TypeClass type_class_of(std::string_view name, char kind, char category, int32_t modifier);

}  // namespace godwit::postgres
