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

struct FormRow {
  std::string_view name;
  ValueForm form;
};

// Whatever is not here, nor an enum, array, range or composite, is text that only PostgreSQL understands.
constexpr std::array forms = {
    FormRow{"bool", ValueForm::boolean},      FormRow{"int2", ValueForm::integer},
    FormRow{"int4", ValueForm::integer},      FormRow{"int8", ValueForm::integer},
    FormRow{"oid", ValueForm::integer},       FormRow{"xid", ValueForm::integer},
    FormRow{"xid8", ValueForm::integer},      FormRow{"cid", ValueForm::integer},
    FormRow{"float4", ValueForm::real},       FormRow{"float8", ValueForm::real},
    FormRow{"numeric", ValueForm::decimal},   FormRow{"money", ValueForm::money},
    FormRow{"bpchar", ValueForm::text},       FormRow{"varchar", ValueForm::text},
    FormRow{"char", ValueForm::text},         FormRow{"name", ValueForm::text},
    FormRow{"text", ValueForm::text},         FormRow{"citext", ValueForm::text},
    FormRow{"bytea", ValueForm::bytes},       FormRow{"timestamp", ValueForm::datetime},
    FormRow{"date", ValueForm::date},         FormRow{"timestamptz", ValueForm::datetime_tz},
    FormRow{"time", ValueForm::time},         FormRow{"timetz", ValueForm::time_tz},
    FormRow{"interval", ValueForm::interval}, FormRow{"bit", ValueForm::bits},
    FormRow{"uuid", ValueForm::uuid},         FormRow{"json", ValueForm::json},
    FormRow{"jsonb", ValueForm::json},        FormRow{"inet", ValueForm::network},
    FormRow{"cidr", ValueForm::network},      FormRow{"macaddr", ValueForm::network},
    FormRow{"macaddr8", ValueForm::network},  FormRow{"xml", ValueForm::xml},
};

constexpr int32_t header_bytes = 4;  // that the modifiers of numeric and of character types count
constexpr int32_t fraction_digits = 6;

ValueForm form_of_element(std::string_view name, char kind, char category) {
  if (kind == 'e') return ValueForm::enumeration;
  if (kind == 'c') return ValueForm::composite;
  if (kind == 'r' || kind == 'm') return ValueForm::range;
  if (category == 'A') return ValueForm::other;
  const auto found = std::ranges::find(forms, name, &FormRow::name);
  return found == forms.end() ? ValueForm::other : found->form;
}

ValueForm form_of_bounds(std::string_view name) {
  if (name.starts_with("int4") || name.starts_with("int8")) return ValueForm::integer;
  return name.starts_with("num") ? ValueForm::decimal : ValueForm::text;
}

void read_modifier(const TypeFacts& facts, Type& out) {
  if (out.form == ValueForm::real) out.precision = facts.name == "float4" ? 24 : 53;  // bits
  const int32_t modifier = facts.modifier;
  if (out.form == ValueForm::decimal && modifier >= header_bytes) {
    const int32_t packed = modifier - header_bytes;
    out.precision = packed >> 16 & 0xFFFF;
    out.scale = ((packed & 0x7FF) ^ 0x400) - 0x400;  // 11 bits and a sign
  } else if ((facts.name == "bpchar" || facts.name == "varchar") && modifier >= header_bytes) {
    out.length = modifier - header_bytes;
  } else if ((out.form == ValueForm::bits || facts.name == "varbit") && modifier > 0) {
    out.length = modifier;
  } else if (out.type_class == TypeClass::time || out.type_class == TypeClass::datetime) {
    out.precision = modifier >= 0 ? modifier : fraction_digits;
  }
}

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

void describe_type(const TypeFacts& facts, Type& out) {
  out.type_class = type_class_of(facts.name, facts.kind, facts.category, facts.modifier);
  out.dialect = dialect;
  // Of a box array another sign separates the elements; vectors are none.
  const bool is_array = facts.category == 'A' && facts.name.starts_with('_');
  if (is_array && facts.element_name != "box") {
    out.form = ValueForm::array;
    out.element = form_of_element(facts.element_name, facts.element_kind, facts.element_category);
  } else if (facts.category != 'A') {
    out.form = form_of_element(facts.name, facts.kind, facts.category);
  }
  if (out.form == ValueForm::range) out.element = form_of_bounds(facts.name);
  if (out.form == ValueForm::enumeration) out.labels = std::make_shared<const std::vector<std::string>>(facts.labels);
  read_modifier(facts, out);
}

}  // namespace godwit::postgres
