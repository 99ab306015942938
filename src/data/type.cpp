#include "data/type.h"

#include <array>

namespace godwit {

std::string_view to_string(TypeClass type) {
  static constexpr std::array<std::string_view, 21> names = {
      "boolean", "bytes", "date",    "time",  "datetime", "int1",   "int2",    "int4", "int8", "uint1", "uint2",
      "uint4",   "uint8", "numeric", "real4", "real8",    "string", "wstring", "blob", "clob", "nclob"};
  return names[static_cast<size_t>(type)];
}

std::string_view to_string(ValueForm form) {
  static constexpr std::array<std::string_view, 26> names = {
      "other",       "boolean",   "integer",  "decimal",  "real",        "money",     "bits",     "bytes", "text",
      "date",        "time",      "time_tz",  "datetime", "datetime_tz", "duration",  "interval", "uuid",  "json",
      "enumeration", "label_set", "geometry", "array",    "range",       "composite", "network",  "xml"};
  static_assert(names.size() == static_cast<size_t>(ValueForm::xml) + 1);
  return names[static_cast<size_t>(form)];
}

ValueForm form_of(TypeClass type) {
  if (is_integer(type)) return ValueForm::integer;
  if (is_real(type)) return ValueForm::real;
  if (is_binary(type)) return ValueForm::bytes;
  switch (type) {
    case TypeClass::boolean:
      return ValueForm::boolean;
    case TypeClass::date:
      return ValueForm::date;
    case TypeClass::time:
      return ValueForm::time;
    case TypeClass::datetime:
      return ValueForm::datetime;
    case TypeClass::numeric:
      return ValueForm::decimal;
    default:
      return ValueForm::text;
  }
}

}  // namespace godwit
