#include "engines/mysql/filter_sql.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/byte_buffer.h"
#include "base/text.h"
#include "engines/mysql/binlog_values.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/source_errors.h"

namespace godwit::mysql {
namespace {

constexpr int32_t single_bits = 24;

enum class Sign { eq, ne, lt, le, gt, ge };

std::string_view text_of(Sign sign) {
  switch (sign) {
    case Sign::eq:
      return "=";
    case Sign::ne:
      return "<>";
    case Sign::lt:
      return "<";
    case Sign::le:
      return "<=";
    case Sign::gt:
      return ">";
    case Sign::ge:
      return ">=";
  }
  return "=";
}

bool is_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error != std::errc::invalid_argument && end == text.data() + text.size() &&
         text.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
}

// How a value that no column of this family holds lies to all that they hold: NULL stays NULL.
std::string beyond(const std::string& column, Sign sign, bool above) {
  const bool holds =
      sign == Sign::ne || (above ? sign == Sign::lt || sign == Sign::le : sign == Sign::gt || sign == Sign::ge);
  return fmt::format("{} IS NOT NULL AND {}", column, holds ? "TRUE" : "FALSE");
}

std::optional<std::string> beyond_all(const std::string& column, Sign sign, std::string_view value) {
  const std::string word = lower_ascii(value);
  if (word == "nan" || word == "infinity" || word == "inf") return beyond(column, sign, true);
  if (word == "-infinity" || word == "-inf") return beyond(column, sign, false);
  return std::nullopt;
}

// A float's canonical text is its shortest digits, which as a double are another number than the float is.
double shown(float value) {
  ByteBuffer text;
  append_real(text, value);
  double out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

// The first float that is shown as `value` or more.
float first_from(double value) {
  const float infinite = std::numeric_limits<float>::infinity();
  float at = static_cast<float>(value);
  while (at > -infinite && shown(std::nextafter(at, -infinite)) >= value) at = std::nextafter(at, -infinite);
  while (at < infinite && shown(at) < value) at = std::nextafter(at, infinite);
  return at;
}

std::string compare_real4(const std::string& column, Sign sign, double value) {
  const float from = first_from(value);
  if (std::isinf(from)) return beyond(column, sign, from > 0);
  const bool there = shown(from) == value;
  const std::string exact = fmt::format("{:.17g}e0", static_cast<double>(from));
  const std::string literal = exact.find('e') != exact.rfind('e') ? exact.substr(0, exact.size() - 2) : exact;
  switch (sign) {
    case Sign::eq:
    case Sign::ne:
      return there ? fmt::format("{} {} {}", column, text_of(sign), literal) : beyond(column, sign, true);
    case Sign::ge:
    case Sign::lt:
      return fmt::format("{} {} {}", column, text_of(sign), literal);
    case Sign::gt:
      return fmt::format("{} {} {}", column, there ? ">" : ">=", literal);
    case Sign::le:
      return fmt::format("{} {} {}", column, there ? "<=" : "<", literal);
  }
  return "FALSE";
}

std::string bytes_of(const std::string& column) {
  return fmt::format("CAST(CONVERT({} USING utf8mb4) AS BINARY)", column);
}

std::string compare_text(const std::string& column, Sign sign, const Type& type, std::string_view value) {
  if (lower_ascii(type.native).starts_with("char"))
    while (value.ends_with(' ')) value.remove_suffix(1);
  const std::string by_bytes = fmt::format("{} {} {}", bytes_of(column), text_of(sign), hex_literal(value));
  // Beside it the column's own equality, which an index may serve.
  return sign == Sign::eq ? fmt::format("({} AND {} = _utf8mb4 {})", by_bytes, column, hex_literal(value)) : by_bytes;
}

std::string_view without_zone(std::string_view value) {
  return value.ends_with("+00") ? value.substr(0, value.size() - 3) : value;
}

std::string compare(const std::string& column, Sign sign, const Type& type, std::string_view value) {
  const FilterComparison way = filter_comparison(type);
  if (way != FilterComparison::text && way != FilterComparison::identity)
    if (const auto out = beyond_all(column, sign, value)) return *out;
  switch (way) {
    case FilterComparison::real:
    case FilterComparison::number: {
      if (!is_number(value)) return beyond(column, sign, true);
      double real = 0;
      std::from_chars(value.data(), value.data() + value.size(), real);
      if (way == FilterComparison::real && type.precision == single_bits) return compare_real4(column, sign, real);
      // A decimal constant would be compared as text with too many digits; a double constant is one by its exponent.
      const bool has_exponent = value.find_first_of("eE") != std::string_view::npos;
      return fmt::format("{} {} {}{}", column, text_of(sign), value,
                         way == FilterComparison::real && !has_exponent ? "e0" : "");
    }
    case FilterComparison::boolean:
      return fmt::format("{} + 0 {} {}", column, text_of(sign), value == "t" ? 1 : 0);
    case FilterComparison::date:
    case FilterComparison::time:
    case FilterComparison::datetime:
      return fmt::format("{} {} {}", column, text_of(sign), quote_literal(without_zone(value)));
    case FilterComparison::text:
    case FilterComparison::identity:
      return compare_text(column, sign, type, value);
    case FilterComparison::none:
      break;
  }
  return fmt::format("{} IS NOT NULL AND FALSE", column);
}

std::string condition_sql(const FilterCondition& condition, const Type& type, const std::string& column) {
  const std::string_view value = condition.value, end = condition.end_value;
  switch (condition.op) {
    case FilterOperator::eq:
      return compare(column, Sign::eq, type, value);
    case FilterOperator::gte:
      return compare(column, Sign::ge, type, value);
    case FilterOperator::lte:
      return compare(column, Sign::le, type, value);
    case FilterOperator::between:
      return fmt::format("({} AND {})", compare(column, Sign::ge, type, value), compare(column, Sign::le, type, end));
    case FilterOperator::noteq:
      return compare(column, Sign::ne, type, value);
    case FilterOperator::notbetween:
      return fmt::format("({} OR {})", compare(column, Sign::lt, type, value), compare(column, Sign::gt, type, end));
    case FilterOperator::null:
      return column + " IS NULL";
    case FilterOperator::notnull:
      return column + " IS NOT NULL";
  }
  return "FALSE";
}

std::string column_sql(const ColumnFilter& filter, const ColumnDef& column, std::string_view prefix) {
  const std::string name = std::string(prefix) + quote_name(column.name);
  std::vector<std::string> any, all;
  for (const FilterCondition& condition : filter.conditions)
    (is_negative(condition.op) ? all : any).push_back("(" + condition_sql(condition, column.type, name) + ")");
  if (!any.empty()) all.push_back("(" + join(any, " OR ") + ")");
  return join(all, " AND ");
}

// ((c1 < v1) OR (c1 = v1 AND c2 < v2) …)
std::string below(const std::vector<const ColumnDef*>& columns, const std::vector<std::string>& boundary) {
  std::vector<std::string> ways;
  std::string equal_so_far;
  for (size_t c = 0; c < columns.size(); ++c) {
    const std::string name = quote_name(columns[c]->name);
    ways.push_back(fmt::format("({}({}))", equal_so_far, compare(name, Sign::lt, columns[c]->type, boundary[c])));
    equal_so_far += fmt::format("({}) AND ", compare(name, Sign::eq, columns[c]->type, boundary[c]));
  }
  return "(" + join(ways, " OR ") + ")";
}

}  // namespace

Result<std::string> filter_condition(const RowFilter& filter, const TableDef& table, std::string_view prefix) {
  std::vector<std::string> rules;
  for (const std::vector<ColumnFilter>& rule : filter.rules) {
    std::vector<std::string> columns;
    for (const ColumnFilter& column : rule) {
      const auto at = find_column(table, column.column);
      if (!at) return Failure(errors::filter_column_missing(table.ref, column.column));
      columns.push_back(column_sql(column, table.columns[*at], prefix));
    }
    rules.push_back("(" + join(columns, " AND ") + ")");
  }
  return "(" + join(rules, " OR ") + ")";
}

std::optional<std::string> key_literal(const Type& type, std::string_view text) {
  switch (type.form) {
    case ValueForm::integer:
    case ValueForm::decimal:
      if (!is_number(text)) return std::nullopt;
      return std::string(text);
    case ValueForm::real: {
      if (!is_number(text)) return std::nullopt;
      if (type.precision != single_bits) return std::string(text) + (text.find('e') == text.npos ? "e0" : "");
      float value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      const std::string exact = fmt::format("{:.17g}", static_cast<double>(value));
      return exact + (exact.find('e') == std::string::npos ? "e0" : "");
    }
    case ValueForm::boolean:
      return text == "t" ? "b'1'" : "b'0'";
    case ValueForm::bits:
      return fmt::format("b'{}'", text);
    case ValueForm::bytes:
      return hex_literal(text);
    case ValueForm::text:
      return "_utf8mb4 " + hex_literal(text);
    case ValueForm::date:
    case ValueForm::datetime:
    case ValueForm::duration:
    case ValueForm::uuid:
    case ValueForm::network:
      return quote_literal(text);
    case ValueForm::datetime_tz:
      return quote_literal(without_zone(text));
    default:
      return std::nullopt;
  }
}

std::optional<std::string> same_value(const ColumnDef& column, std::string_view text, std::string_view prefix) {
  const std::string name = std::string(prefix) + quote_name(column.name);
  if (column.type.form == ValueForm::enumeration || column.type.form == ValueForm::label_set ||
      column.type.form == ValueForm::text)
    return fmt::format("({} = _utf8mb4 {} AND {} = {})", name, hex_literal(text), bytes_of(name), hex_literal(text));
  const std::optional<std::string> literal = key_literal(column.type, text);
  if (!literal) return std::nullopt;
  return fmt::format("{} = {}", name, *literal);
}

Result<std::string> any_key(const RowBatch& keys, size_t first, size_t end, const TableDef& table) {
  std::vector<const ColumnDef*> columns;
  for (const ColumnDef& column : keys.layout->columns) {
    const auto at = find_column(table, column.name);
    if (!at) return Failure(errors::key_column_unfit(table.ref, column.name));
    columns.push_back(&table.columns[*at]);
  }
  std::vector<std::string> rows;
  for (size_t row = first; row < end; ++row) {
    std::vector<std::string> terms;
    for (size_t c = 0; c < columns.size(); ++c) {
      auto term = same_value(*columns[c], keys.bytes(keys.cell(row, c)));
      if (!term) return Failure(errors::key_column_unfit(table.ref, columns[c]->name));
      terms.push_back(std::move(*term));
    }
    rows.push_back("(" + join(terms, " AND ") + ")");
  }
  return "(" + join(rows, " OR ") + ")";
}

Result<std::vector<std::string>> segment_conditions(const TableDef& table, const ParallelLoad& how) {
  std::vector<const ColumnDef*> columns;
  std::string present;
  for (const std::string& name : how.columns) {
    const auto at = find_column(table, name);
    if (!at) return Failure(errors::segment_column_missing(table.ref, name));
    columns.push_back(&table.columns[*at]);
    if (!columns.back()->not_null) present += fmt::format(" AND {} IS NOT NULL", quote_name(name));
  }
  std::vector<std::string> out;
  for (size_t i = 0; i <= how.boundaries.size(); ++i) {
    std::string condition = "TRUE";
    if (i > 0) condition = "NOT " + below(columns, how.boundaries[i - 1]);
    if (i < how.boundaries.size()) condition += " AND " + below(columns, how.boundaries[i]);
    out.push_back("(" + condition + present + ")");
  }
  return out;
}

}  // namespace godwit::mysql
