#include "data/row_filter.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace godwit {
namespace {

// Types of the engines whose every value is plain text, ordered as such. Others of the character classes (enums,
// uuids, documents) have an order of their own or none.
constexpr std::array<std::string_view, 24> text_types = {"",          "text",      "citext",     "character varying",
                                                         "character", "varchar",   "char",       "bpchar",
                                                         "name",      "\"char\"",  "nvarchar",   "nchar",
                                                         "varchar2",  "nvarchar2", "tinytext",   "mediumtext",
                                                         "longtext",  "ntext",     "unitext",    "clob",
                                                         "nclob",     "dbclob",    "vargraphic", "long varchar"};

std::string base_name(std::string_view native) {
  return lower_ascii(trim(native.substr(0, native.find('('))));
}

}  // namespace

FilterComparison filter_comparison(const Type& type) {
  if (is_integer(type.type_class) || type.type_class == TypeClass::numeric) return FilterComparison::number;
  if (is_real(type.type_class)) return FilterComparison::real;
  if (is_binary(type.type_class)) return FilterComparison::none;
  switch (type.type_class) {
    case TypeClass::boolean:
      return FilterComparison::boolean;
    case TypeClass::date:
      return FilterComparison::date;
    case TypeClass::time:
      return FilterComparison::time;
    case TypeClass::datetime:
      return FilterComparison::datetime;
    default:
      break;
  }
  if (type.form == ValueForm::text) return FilterComparison::text;
  const std::string name = base_name(type.native);
  if (name == "numeric" || name == "decimal") return FilterComparison::number;  // too wide for the class numeric
  const bool is_text =
      std::ranges::find(text_types, name) != text_types.end() || name.ends_with(".citext");  // an extension's type
  return is_text ? FilterComparison::text : FilterComparison::identity;
}

}  // namespace godwit
