#pragma once
// A column's type: the DMS class that rules and LOB settings speak of (spec/types.md §1), and the engine's own text
// of it.

#include <cstdint>
#include <string>
#include <string_view>

namespace godwit {

enum class TypeClass {
  boolean,
  bytes,
  date,
  time,
  datetime,
  int1,
  int2,
  int4,
  int8,
  uint1,
  uint2,
  uint4,
  uint8,
  numeric,
  real4,
  real8,
  string,
  wstring,
  blob,
  clob,
  nclob,
};

std::string_view to_string(TypeClass type);

struct Type {
  TypeClass type_class = TypeClass::wstring;
  // The type as the engine that owns the column writes it in DDL, modifiers included: "numeric(10,2)",
  // "public.mood[]".
  std::string native;
  // A number under which the engine's log names the type (PostgreSQL: the type's oid and typmod), compared for
  // equality only.
  uint32_t log_id = 0;
  int32_t log_modifier = -1;
};

inline bool is_lob(const Type& type) {
  return type.type_class == TypeClass::blob || type.type_class == TypeClass::clob ||
         type.type_class == TypeClass::nclob;
}

}  // namespace godwit
