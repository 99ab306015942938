#pragma once
// A column's type: the DMS class that rules and LOB settings speak of (spec/types.md §1), the engine's own text of
// it, and what its values look like to another engine.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// What the canonical text of a value looks like and means, whichever engine wrote it: one text for each form, so that
// two engines exchange the values of one form untouched.
enum class ValueForm : uint8_t {
  other,        // text that only its own engine understands; elsewhere it is kept as text
  boolean,      // t, f
  integer,      // 42, -7; a year is one too
  decimal,      // 12.50; NaN, Infinity, -Infinity where the type is not `finite`
  real,         // as decimal, also 1.5e-07
  money,        // -$1,234.50
  bits,         // the characters 0 and 1, the highest bit first, as many as the type is long
  bytes,        // the bytes themselves
  text,         // UTF-8
  date,         // YYYY-MM-DD; not `finite`: more digits of the year, " BC" behind, infinity, -infinity
  time,         // hh:mm:ss[.f], to 24:00:00
  time_tz,      // the same and +hh[:mm[:ss]]
  datetime,     // YYYY-MM-DD hh:mm:ss[.f]; not `finite`: as date
  datetime_tz,  // the same in UTC and +00, before " BC"
  duration,     // [-]hhh:mm:ss[.f]
  interval,     // 1 year 2 mons 3 days -04:05:06.7
  uuid,         // 36 characters, lower case
  json,         // a JSON document
  enumeration,  // one of `labels`, or nothing where the engine allows that
  label_set,    // some of `labels`, a comma between them
  geometry,     // SRID, 4 bytes, the lowest first, then WKB
  array,        // {1,NULL,"a b"} as PostgreSQL writes it; `element` says what is in it
  range,        // [1,5) as PostgreSQL writes it, {[1,2),[3,4)} of a multirange; `element` is the form of the bounds
  composite,    // (1,,"a b") as PostgreSQL writes it
  network,      // addresses: 10.0.0.0/8, ::1, 08:00:2b:01:02:03
  xml,
};

std::string_view to_string(ValueForm form);

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
  // A datetime's or time's `precision` is the number of its fractional digits, a real's from a catalog 24 or 53, the
  // bits of its mantissa. `length` counts characters, of bits
  // bits, of bytes and blob bytes. Unset: none, or the engine does not tell. `native`, where it is there, says them
  // too, and wins.
  std::optional<int32_t> precision = std::nullopt, scale = std::nullopt, length = std::nullopt;
  ValueForm form = ValueForm::other;
  ValueForm element = ValueForm::other;  // of an array or range
  // Numbers are neither NaN nor infinite, dates neither infinite nor outside the years 0 to 9999.
  bool finite = false;
  bool zero_dates = false;   // dates may be 0000-00-00, 2024-00-10, 2024-02-31
  std::string dialect = {};  // whose `native` it is: "postgresql", "mysql"; empty: unknown
  std::shared_ptr<const std::vector<std::string>> labels = nullptr;  // of an enumeration or label_set
};

inline bool is_lob(const Type& type) {
  return type.type_class == TypeClass::blob || type.type_class == TypeClass::clob ||
         type.type_class == TypeClass::nclob;
}

// The form of values that a rule gives a class.
ValueForm form_of(TypeClass type);

// What a target makes of types that are not its own (spec/types.md): what keeps every value, or DMS's tables as they
// stand.
enum class TypeMapping { lossless, dms };

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
