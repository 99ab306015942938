#pragma once
// A column's type: the DMS class that rules and LOB settings speak of (spec/types.md §1), and the engine's own text
// of it.

#include <cstdint>
#include <optional>
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
  // "public.mood[]". Empty in the layout of a rule's own making (add-column, change-data-type): the target's engine
  // writes its type for `type_class` and the three numbers below.
  std::string native;
  // A number under which the engine's log names the type (PostgreSQL: the type's oid and typmod), compared for
  // equality only.
  uint32_t log_id = 0;
  int32_t log_modifier = -1;
  // What a rule's data-type says, only where `native` is empty; unset: none. A datetime's or time's `precision` is
  // the number of its fractional digits. `length` counts characters, of bytes and blob bytes.
  std::optional<int32_t> precision = std::nullopt, scale = std::nullopt, length = std::nullopt;
};

inline bool is_lob(const Type& type) {
  return type.type_class == TypeClass::blob || type.type_class == TypeClass::clob ||
         type.type_class == TypeClass::nclob;
}

inline bool is_integer(TypeClass type) {
  return type >= TypeClass::int1 && type <= TypeClass::uint8;
}
inline bool is_real(TypeClass type) {
  return type == TypeClass::real4 || type == TypeClass::real8;
}
inline bool is_binary(TypeClass type) {
  return type == TypeClass::bytes || type == TypeClass::blob;
}
inline bool is_character(TypeClass type) {
  return type == TypeClass::string || type == TypeClass::wstring || type == TypeClass::clob ||
         type == TypeClass::nclob;
}

}  // namespace godwit
