#include "engines/postgres/foreign_types.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/postgres/type_class.h"

namespace godwit::postgres {
namespace {

constexpr size_t columns_max = 1600;
constexpr int32_t fraction_digits_max = 6;
constexpr int32_t numeric_digits_max = 1000;
constexpr int32_t longest_varchar = 65534;  // beyond it other engines' types are without a limit of their own
constexpr int32_t dms_varchar_max = 21845, dms_varchar = 65535;
constexpr int32_t header_bytes = 4;  // that modifiers count

Type made(std::string_view name, std::string native, char category, int32_t modifier = -1) {
  Type type;
  TypeFacts facts;
  facts.name = name;
  facts.category = category;
  facts.modifier = modifier;
  describe_type(facts, type);
  type.native = std::move(native);
  type.log_modifier = modifier;
  return type;
}

Type text_type() {
  return made("text", "text", 'S');
}

Type varchar_type(int32_t length) {
  length = std::max(length, 1);
  return made("varchar", fmt::format("character varying({})", length), 'S', length + header_bytes);
}

Type numeric_type(int32_t precision, int32_t scale) {
  return made("numeric", fmt::format("numeric({},{})", precision, scale), 'N',
              (precision << 16 | scale) + header_bytes);
}

Type integer_type(TypeClass type, bool within_int8) {
  switch (type) {
    case TypeClass::int1:
    case TypeClass::uint1:
    case TypeClass::int2:
      return made("int2", "smallint", 'N');
    case TypeClass::uint2:
    case TypeClass::int4:
      return made("int4", "integer", 'N');
    case TypeClass::uint8:
      return within_int8 ? made("int8", "bigint", 'N') : numeric_type(20, 0);
    default:
      return made("int8", "bigint", 'N');
  }
}

class TypeMaker {
 public:
  explicit TypeMaker(TypeMapping mapping) : is_dms_(mapping == TypeMapping::dms) {}

  Type make(const ColumnDef& column) const {
    const Type& source = column.type;
    switch (source.form) {
      case ValueForm::boolean:
        return made("bool", "boolean", 'B');
      case ValueForm::integer:
        return integer_type(source.type_class, column.within_int8 || is_dms_);
      case ValueForm::decimal:
        return decimal(source);
      case ValueForm::real:
        return !is_dms_ && source.precision == 24 ? made("float4", "real", 'N')
                                                  : made("float8", "double precision", 'N');
      case ValueForm::money:
        return made("numeric", "numeric", 'N');
      case ValueForm::bits:
        return bits(source);
      case ValueForm::bytes:
      case ValueForm::geometry:
        return made("bytea", "bytea", 'U');
      case ValueForm::date:
        return made("date", "date", 'D');
      case ValueForm::time:
        return made("time", fmt::format("time({}) without time zone", digits(source)), 'D', digits(source));
      case ValueForm::time_tz:
        return made("timetz", fmt::format("time({}) with time zone", digits(source)), 'D', digits(source));
      case ValueForm::datetime:
        return moment(source, false);
      case ValueForm::datetime_tz:
        return moment(source, !is_dms_);
      case ValueForm::uuid:
        return is_dms_ ? varchar_type(36) : made("uuid", "uuid", 'U');
      case ValueForm::json:
        return is_dms_ ? text_type() : made("json", "json", 'U');
      case ValueForm::network:
        return is_dms_ ? varchar_type(50) : made("inet", "inet", 'I');
      case ValueForm::text:
        return text(source);
      case ValueForm::duration:
      case ValueForm::enumeration:
      case ValueForm::label_set:
        return is_dms_ ? text(source) : text_type();
      default:
        return text_type();
    }
  }

 private:
  static int32_t digits(const Type& source) {
    return std::clamp(source.precision.value_or(fraction_digits_max), 0, fraction_digits_max);
  }

  static Type moment(const Type& source, bool zoned) {
    if (source.precision.value_or(0) > fraction_digits_max) return varchar_type(37);
    return made(zoned ? "timestamptz" : "timestamp",
                fmt::format("timestamp({}) {} time zone", digits(source), zoned ? "with" : "without"), 'D',
                digits(source));
  }

  static Type decimal(const Type& source) {
    const int32_t precision = source.precision.value_or(0), scale = source.scale.value_or(0);
    const bool sized = precision > 0 && precision <= numeric_digits_max && scale >= 0 && scale <= precision;
    return sized ? numeric_type(precision, scale) : made("numeric", "numeric", 'N');
  }

  Type bits(const Type& source) const {
    if (is_dms_) return made("bytea", "bytea", 'U');
    const int32_t length = source.length.value_or(1);
    return made("bit", fmt::format("bit({})", length), 'V', length);
  }

  Type text(const Type& source) const {
    if (is_dms_ && source.length)
      return varchar_type(*source.length <= dms_varchar_max ? *source.length : dms_varchar);
    return source.length && *source.length <= longest_varchar ? varchar_type(*source.length) : text_type();
  }

  bool is_dms_;
};

Error too_many_columns(const TableDef& table) {
  return {ErrorKind::table, "postgres.too_many_columns",
          fmt::format("table {} has {} columns, and a table of the target holds {} at most. Leave some out by "
                      "remove-column rules.",
                      to_string(table.ref), table.columns.size(), columns_max),
          ""};
}

}  // namespace

Result<std::vector<Type>> types_for(const TableDef& table, TypeMapping mapping) {
  if (table.columns.size() > columns_max) return Failure(too_many_columns(table));
  const TypeMaker maker(mapping);
  std::vector<Type> out;
  out.reserve(table.columns.size());
  for (const ColumnDef& column : table.columns) {
    const bool is_own = column.type.dialect.empty() || column.type.dialect == dialect;
    out.push_back(is_own ? column.type : maker.make(column));
  }
  return out;
}

}  // namespace godwit::postgres
