#include "engines/memory/filter.h"

#include <algorithm>
#include <cstdlib>

#include "engines/memory/errors.h"

namespace godwit::memory {
namespace {

bool is_number(TypeClass type) {
  switch (type) {
    case TypeClass::int1:
    case TypeClass::int2:
    case TypeClass::int4:
    case TypeClass::int8:
    case TypeClass::uint1:
    case TypeClass::uint2:
    case TypeClass::uint4:
    case TypeClass::uint8:
    case TypeClass::numeric:
    case TypeClass::real4:
    case TypeClass::real8:
      return true;
    default:
      return false;
  }
}

// Texts of dates and times are ordered as the times are.
std::partial_ordering order(TypeClass type, const std::string& a, const std::string& b) {
  if (!is_number(type)) return a.compare(b) <=> 0;
  return std::strtold(a.c_str(), nullptr) <=> std::strtold(b.c_str(), nullptr);
}

bool holds(const FilterCondition& condition, TypeClass type, const std::optional<std::string>& value) {
  if (condition.op == FilterOperator::null) return !value;
  if (!value) return false;
  const auto first = order(type, *value, condition.value);
  const auto last = order(type, *value, condition.end_value);
  switch (condition.op) {
    case FilterOperator::eq:
      return first == 0;
    case FilterOperator::gte:
      return first >= 0;
    case FilterOperator::lte:
      return first <= 0;
    case FilterOperator::between:
      return first >= 0 && last <= 0;
    case FilterOperator::noteq:
      return first != 0;
    case FilterOperator::notbetween:
      return first < 0 || last > 0;
    default:
      return true;  // notnull
  }
}

bool passes(const ColumnFilter& filter, TypeClass type, const std::optional<std::string>& value) {
  bool asked = false, any = false;
  for (const FilterCondition& condition : filter.conditions) {
    if (is_negative(condition.op)) {
      if (!holds(condition, type, value)) return false;
      continue;
    }
    asked = true;
    any |= holds(condition, type, value);
  }
  return any || !asked;
}

}  // namespace

Result<void> keep_passing(const godwit::RowFilter* filter, const TableDef& table, std::vector<StoredRow>& rows) {
  if (filter == nullptr) return {};
  for (const auto& rule : filter->rules)
    for (const ColumnFilter& column : rule)
      if (!find_column(table, column.column)) return Failure(errors::no_column(table.ref, column.column));
  std::erase_if(rows, [&](const StoredRow& row) {
    return std::ranges::none_of(filter->rules, [&](const std::vector<ColumnFilter>& rule) {
      return std::ranges::all_of(rule, [&](const ColumnFilter& column) {
        const uint32_t at = *find_column(table, column.column);
        return passes(column, table.columns[at].type.type_class, (*row)[at]);
      });
    });
  });
  return {};
}

}  // namespace godwit::memory
