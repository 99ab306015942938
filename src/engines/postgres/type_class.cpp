#include "engines/postgres/type_class.h"

#include <algorithm>
#include <array>

namespace godwit::postgres {
namespace {

struct Row {
  std::string_view name;
  TypeClass type_class;
};

constexpr std::array rows = {
    Row{"bool", TypeClass::boolean},       Row{"int2", TypeClass::int2},
    Row{"int4", TypeClass::int4},          Row{"int8", TypeClass::int8},
    Row{"float4", TypeClass::real4},       Row{"float8", TypeClass::real8},
    Row{"money", TypeClass::numeric},      Row{"bpchar", TypeClass::wstring},
    Row{"varchar", TypeClass::wstring},    Row{"char", TypeClass::wstring},
    Row{"name", TypeClass::wstring},       Row{"text", TypeClass::nclob},
    Row{"citext", TypeClass::nclob},       Row{"bytea", TypeClass::blob},
    Row{"timestamp", TypeClass::datetime}, Row{"timestamptz", TypeClass::datetime},
    Row{"date", TypeClass::date},          Row{"time", TypeClass::time},
    Row{"timetz", TypeClass::time},        Row{"tsvector", TypeClass::clob},
    Row{"tsquery", TypeClass::clob},       Row{"xml", TypeClass::clob},
    Row{"json", TypeClass::nclob},         Row{"jsonb", TypeClass::nclob},
    Row{"hstore", TypeClass::nclob},       Row{"path", TypeClass::clob},
    Row{"polygon", TypeClass::clob},
};

constexpr int32_t numeric_precision_max = 38;

}  // namespace

TypeClass type_class_of(std::string_view name, char kind, char category, int32_t modifier) {
  if (kind == 'c' || category == 'A') return TypeClass::nclob;
  if (name == "numeric") {
    const bool too_wide = modifier >= 4 && ((modifier - 4) >> 16 & 0xFFFF) > numeric_precision_max;
    return too_wide ? TypeClass::string : TypeClass::numeric;
  }
  const auto found = std::ranges::find(rows, name, &Row::name);
  return found == rows.end() ? TypeClass::string : found->type_class;
}

}  // namespace godwit::postgres
