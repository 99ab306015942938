#pragma once
// PostgreSQL's types to DMS's classes (spec/engine-postgresql.md §10.5), with the endpoint's Map… attributes at their
// defaults except that boolean stays boolean: nothing is lost by it; and to what other engines must know of them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/type.h"

namespace godwit::postgres {

inline constexpr std::string_view dialect = "postgresql";

// `name` is pg_type.typname of the type, of the base type for a domain; `kind` is typtype, `category` typcategory.
TypeClass type_class_of(std::string_view name, char kind, char category, int32_t modifier);

// A type as the catalog has it; of a domain its base type.
struct TypeFacts {
  std::string name;                 // pg_type.typname
  char kind = 'b', category = 'U';  // typtype, typcategory
  int32_t modifier = -1;            // as pg_attribute.atttypmod, of a domain typtypmod
  std::string element_name = {};    // of an array
  char element_kind = 'b', element_category = 'U';
  std::vector<std::string> labels = {};  // of an enum
};

// Fills class, form, numbers, labels and dialect; leaves `native` and the numbers of the log alone.
void describe_type(const TypeFacts& facts, Type& out);

}  // namespace godwit::postgres
