#include "engines/postgres/filter_sql.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

// A number that any integer column is compared with in its own index.
bool fits_bigint(std::string_view value) {
  constexpr size_t digits_max = 18;
  if (value.starts_with('-')) value.remove_prefix(1);
  return !value.empty() && value.size() <= digits_max && value.find_first_not_of("0123456789") == value.npos;
}

std::string compare(const Comparable& as, std::string_view sign, std::string_view value) {
  return fmt::format("{}{} {} {}", as.column, as.collate, sign, typed_literal(as, value));
}

// By bytes; beside it the column's own equality, which an index may serve.
std::string equal(const Comparable& as, std::string_view value) {
  const std::string by_bytes = compare(as, "=", value);
  return as.collate.empty() ? by_bytes
                            : fmt::format("({} AND {} = {})", by_bytes, as.column, typed_literal(as, value));
}

std::string condition_sql(const FilterCondition& condition, const Comparable& as, const std::string& name) {
  const std::string_view value = condition.value, end = condition.end_value;
  switch (condition.op) {
    case FilterOperator::eq:
      return equal(as, value);
    case FilterOperator::gte:
      return compare(as, ">=", value);
    case FilterOperator::lte:
      return compare(as, "<=", value);
    case FilterOperator::between:
      return fmt::format("({} AND {})", compare(as, ">=", value), compare(as, "<=", end));
    case FilterOperator::noteq:
      return compare(as, "<>", value);
    case FilterOperator::notbetween:
      return fmt::format("({} OR {})", compare(as, "<", value), compare(as, ">", end));
    case FilterOperator::null:
      return name + " IS NULL";
    case FilterOperator::notnull:
      return name + " IS NOT NULL";
  }
  return "false";
}

std::string column_sql(const ColumnFilter& filter, const ColumnDef& column, std::string_view prefix) {
  const Comparable as = comparable(column, prefix);
  const std::string name = std::string(prefix) + quote_name(column.name);
  std::vector<std::string> any, all;
  for (const FilterCondition& condition : filter.conditions)
    (is_negative(condition.op) ? all : any).push_back(condition_sql(condition, as, name));
  if (!any.empty()) all.push_back("(" + join(any, " OR ") + ")");
  return join(all, " AND ");
}

}  // namespace

Comparable comparable(const ColumnDef& column, std::string_view prefix) {
  const std::string name = std::string(prefix) + quote_name(column.name);
  const std::string& native = column.type.native;
  const bool zoned = native.find("with time zone") != std::string::npos;
  switch (filter_comparison(column.type)) {
    case FilterComparison::number:
      return {native == "money" ? name + "::numeric" : name, "numeric", ""};
    case FilterComparison::real:
      return {name, column.type.type_class == TypeClass::real4 ? "float4" : "float8", ""};
    case FilterComparison::boolean:
      return {name, "bool", ""};
    case FilterComparison::date:
      return {name, "date", ""};
    case FilterComparison::time:
      return {name, zoned ? "timetz" : "time", ""};
    case FilterComparison::datetime:
      return {name, zoned ? "timestamptz" : "timestamp", ""};
    case FilterComparison::text:
      // A cast takes the padding off a char(n), and citext's own equality away.
      return {native.starts_with("character varying") || native == "text" ? name : name + "::text", "text",
              " COLLATE \"C\""};
    case FilterComparison::identity:
    case FilterComparison::none:
      break;
  }
  return {name + "::text", "text", " COLLATE \"C\""};
}

std::string typed_literal(const Comparable& as, std::string_view value) {
  const bool whole = as.type == "numeric" && fits_bigint(value);
  return fmt::format("{}::pg_catalog.{}", quote_literal(value), whole ? "int8" : as.type);
}

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

}  // namespace godwit::postgres
