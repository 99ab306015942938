#include "engines/mysql/type_class.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"

namespace godwit::mysql {
namespace {

enum class Numbers : uint8_t { none, length, decimal, fraction };

struct Row {
  std::string_view name;
  TypeClass type_class;
  ValueForm form;
  Numbers numbers = Numbers::none;
};

constexpr std::array rows = {
    Row{"tinyint", TypeClass::int1, ValueForm::integer},
    Row{"smallint", TypeClass::int2, ValueForm::integer},
    Row{"mediumint", TypeClass::int4, ValueForm::integer},
    Row{"int", TypeClass::int4, ValueForm::integer},
    Row{"bigint", TypeClass::int8, ValueForm::integer},
    Row{"decimal", TypeClass::numeric, ValueForm::decimal, Numbers::decimal},
    Row{"float", TypeClass::real8, ValueForm::real},
    Row{"double", TypeClass::real8, ValueForm::real},
    Row{"bit", TypeClass::bytes, ValueForm::bits},
    Row{"year", TypeClass::int2, ValueForm::integer},
    Row{"date", TypeClass::date, ValueForm::date},
    Row{"datetime", TypeClass::datetime, ValueForm::datetime, Numbers::fraction},
    Row{"timestamp", TypeClass::datetime, ValueForm::datetime_tz, Numbers::fraction},
    Row{"time", TypeClass::string, ValueForm::duration, Numbers::fraction},
    Row{"char", TypeClass::wstring, ValueForm::text, Numbers::length},
    Row{"varchar", TypeClass::wstring, ValueForm::text, Numbers::length},
    Row{"tinytext", TypeClass::wstring, ValueForm::text, Numbers::length},
    Row{"text", TypeClass::wstring, ValueForm::text, Numbers::length},
    Row{"mediumtext", TypeClass::nclob, ValueForm::text},
    Row{"longtext", TypeClass::nclob, ValueForm::text},
    Row{"binary", TypeClass::bytes, ValueForm::bytes, Numbers::length},
    Row{"varbinary", TypeClass::bytes, ValueForm::bytes, Numbers::length},
    Row{"tinyblob", TypeClass::bytes, ValueForm::bytes, Numbers::length},
    Row{"blob", TypeClass::bytes, ValueForm::bytes, Numbers::length},
    Row{"mediumblob", TypeClass::blob, ValueForm::bytes},
    Row{"longblob", TypeClass::blob, ValueForm::bytes},
    Row{"enum", TypeClass::wstring, ValueForm::enumeration, Numbers::length},
    Row{"set", TypeClass::wstring, ValueForm::label_set, Numbers::length},
    Row{"json", TypeClass::clob, ValueForm::json},
    Row{"geometry", TypeClass::blob, ValueForm::geometry},
    Row{"point", TypeClass::blob, ValueForm::geometry},
    Row{"linestring", TypeClass::blob, ValueForm::geometry},
    Row{"polygon", TypeClass::blob, ValueForm::geometry},
    Row{"multipoint", TypeClass::blob, ValueForm::geometry},
    Row{"multilinestring", TypeClass::blob, ValueForm::geometry},
    Row{"multipolygon", TypeClass::blob, ValueForm::geometry},
    Row{"geometrycollection", TypeClass::blob, ValueForm::geometry},
    Row{"geomcollection", TypeClass::blob, ValueForm::geometry},
    Row{"vector", TypeClass::blob, ValueForm::bytes},
    Row{"uuid", TypeClass::string, ValueForm::uuid},
    Row{"inet6", TypeClass::string, ValueForm::network},
    Row{"inet4", TypeClass::string, ValueForm::network},
};

constexpr uint64_t class_precision_max = 38;
constexpr int32_t single_bits = 24, double_bits = 53;

TypeClass unsigned_class(TypeClass type) {
  switch (type) {
    case TypeClass::int1:
      return TypeClass::uint1;
    case TypeClass::int2:
      return TypeClass::uint2;
    case TypeClass::int4:
      return TypeClass::uint4;
    case TypeClass::int8:
      return TypeClass::uint8;
    default:
      return type;
  }
}

std::optional<int32_t> number_of(std::optional<uint64_t> number) {
  if (!number || *number > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) return std::nullopt;
  return static_cast<int32_t>(*number);
}

void fill_numbers(const Row& row, const CatalogColumn& facts, Type& out) {
  switch (row.numbers) {
    case Numbers::none:
      break;
    case Numbers::length:
      out.length = number_of(facts.length);
      break;
    case Numbers::decimal:
      out.precision = number_of(facts.precision);
      out.scale = number_of(facts.scale).value_or(0);
      if (facts.precision.value_or(0) > class_precision_max) out.type_class = TypeClass::string;
      break;
    case Numbers::fraction:
      out.precision = number_of(facts.fraction_digits).value_or(0);
      break;
  }
  if (row.name == "float") out.precision = single_bits;
  if (row.name == "double") out.precision = double_bits;
}

// bit(1) is a truth value; information_schema counts its bits as numeric precision.
void fill_bits(const CatalogColumn& facts, Type& out) {
  out.length = number_of(facts.precision).value_or(1);
  if (out.length != 1) return;
  out.type_class = TypeClass::boolean;
  out.form = ValueForm::boolean;
  out.length = std::nullopt;
}

// MariaDB writes COMPRESSED into a comment for other servers.
std::string without_comments(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("/*")) {
      const size_t end = text.find("*/", at + 2);
      at = end == std::string_view::npos ? text.size() : end + 2;
      continue;
    }
    out += text[at++];
  }
  return std::string(trim(out));
}

std::string native_of(const CatalogColumn& facts, ValueForm form) {
  const bool has_labels = form == ValueForm::enumeration || form == ValueForm::label_set;
  std::string out = has_labels ? facts.column_type : without_comments(facts.column_type);
  if (!facts.charset.empty() && (has_labels || form == ValueForm::text)) out += " CHARACTER SET " + facts.charset;
  if (!facts.collation.empty() && (has_labels || form == ValueForm::text)) out += " COLLATE " + facts.collation;
  if (form == ValueForm::geometry && facts.srs_id) out += fmt::format(" SRID {}", *facts.srs_id);
  return out;
}

}  // namespace

std::vector<std::string> labels_of(std::string_view column_type) {
  std::vector<std::string> out;
  const size_t open = column_type.find('(');
  if (open == std::string_view::npos) return {};
  std::string_view rest = column_type.substr(open + 1);
  while (rest.starts_with('\'')) {
    std::string label;
    size_t at = 1;
    for (; at < rest.size(); ++at) {
      if (rest[at] == '\'') {
        if (at + 1 >= rest.size() || rest[at + 1] != '\'') break;
        ++at;
        label += '\'';
      } else if (rest[at] == '\\' && at + 1 < rest.size()) {
        const char escaped = rest[++at];
        label += escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped == '0' ? '\0' : escaped;
      } else {
        label += rest[at];
      }
    }
    if (at >= rest.size()) return {};
    out.push_back(std::move(label));
    rest.remove_prefix(at + 1);
    if (!rest.starts_with(',')) break;
    rest.remove_prefix(1);
  }
  return rest.starts_with(')') ? out : std::vector<std::string>();
}

Type type_of(const CatalogColumn& facts) {
  Type out;
  out.dialect = dialect;
  out.type_class = TypeClass::string;
  const std::string name = lower_ascii(facts.data_type);
  const auto row = std::ranges::find(rows, name, &Row::name);
  if (row == rows.end()) {
    out.native = facts.column_type;
    name_type(out);
    return out;
  }
  out.type_class = row->type_class;
  out.form = row->form;
  out.finite = true;
  if (is_integer(out.type_class) && lower_ascii(facts.column_type).find("unsigned") != std::string::npos &&
      name != "year")
    out.type_class = unsigned_class(out.type_class);
  fill_numbers(*row, facts, out);
  if (row->form == ValueForm::bits) fill_bits(facts, out);
  out.zero_dates =
      row->form == ValueForm::date || row->form == ValueForm::datetime || row->form == ValueForm::datetime_tz;
  if (row->form == ValueForm::enumeration || row->form == ValueForm::label_set)
    out.labels = std::make_shared<const std::vector<std::string>>(labels_of(facts.column_type));
  out.native = native_of(facts, row->form);
  if (facts.is_json) {
    out.type_class = TypeClass::clob;
    out.form = ValueForm::json;
  }
  name_type(out);
  return out;
}

void name_type(Type& type) {
  const uint64_t hash = fnv1a(fmt::format("{}|{}", type.native, to_string(type.form)));
  type.log_id = static_cast<uint32_t>(hash ^ hash >> 32U);
}

}  // namespace godwit::mysql
