#include "engines/postgres/type_name.h"

#include <fmt/format.h>

namespace godwit::postgres {
namespace {

constexpr int32_t fraction_digits_max = 6;
constexpr int32_t varchar_length_max = 21845;

// Without a length a string has none either: nothing is cut.
std::string string_name(const Type& type) {
  if (!type.length) return "text";
  return *type.length <= varchar_length_max ? fmt::format("varchar({})", *type.length) : "varchar(65535)";
}

// A timestamp holds microseconds; finer ones are kept as text.
std::string datetime_name(const Type& type) {
  if (!type.precision) return "timestamp";
  return *type.precision <= fraction_digits_max ? fmt::format("timestamp({})", *type.precision) : "varchar(37)";
}

std::string numeric_name(const Type& type) {
  if (!type.precision) return "numeric";
  return fmt::format("numeric({},{})", *type.precision, type.scale.value_or(0));
}

}  // namespace

std::string type_name(const Type& type) {
  if (!type.native.empty()) return type.native;
  switch (type.type_class) {
    case TypeClass::boolean:
      return "boolean";
    case TypeClass::bytes:
    case TypeClass::blob:
      return "bytea";
    case TypeClass::date:
      return "date";
    case TypeClass::time:
      return type.precision ? fmt::format("time({})", std::min(*type.precision, fraction_digits_max)) : "time";
    case TypeClass::datetime:
      return datetime_name(type);
    case TypeClass::int1:
    case TypeClass::int2:
    case TypeClass::uint1:
      return "smallint";
    case TypeClass::int4:
    case TypeClass::uint2:
      return "integer";
    case TypeClass::int8:
    case TypeClass::uint4:
      return "bigint";
    case TypeClass::uint8:
      return "numeric(20,0)";  // bigint ends below it
    case TypeClass::numeric:
      return numeric_name(type);
    case TypeClass::real4:
      return "real";
    case TypeClass::real8:
      return "double precision";
    case TypeClass::string:
    case TypeClass::wstring:
      return string_name(type);
    case TypeClass::clob:
    case TypeClass::nclob:
      return "text";
  }
  return "text";
}

}  // namespace godwit::postgres
