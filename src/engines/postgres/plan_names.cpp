#include "engines/postgres/plan_names.h"

#include <algorithm>

#include "engines/postgres/type_name.h"

namespace godwit::postgres {

PlanNames::PlanNames(std::span<const TargetTable> tables) {
  for (const TargetTable& table : tables) tables_[table.source->ref] = &table;
}

const TargetTable* PlanNames::find(const TableRef& source) const {
  const auto found = tables_.find(source);
  return found == tables_.end() ? nullptr : found->second;
}

TableRef PlanNames::table(const TableRef& source) const {
  const TargetTable* planned = find(source);
  return planned == nullptr ? source : planned->layout->ref;
}

std::string PlanNames::schema(const TableRef& source) const {
  return table(source).schema;
}

std::set<std::string> PlanNames::schemas_of(const std::string& source_schema) const {
  std::set<std::string> out;
  for (const auto& [source, planned] : tables_)
    if (source.schema == source_schema) out.insert(planned->layout->ref.schema);
  return out;
}

// Columns that rules add carry no number of the source's.
const ColumnDef* PlanNames::planned_column(const TableRef& source, std::string_view name) const {
  const TargetTable* planned = find(source);
  const auto known = planned == nullptr ? std::nullopt : find_column(*planned->source, name);
  if (!known) return nullptr;
  // A plan without a shape keeps the order of what is read.
  if (!planned->shape) {
    const auto moved = find_column(*planned->read, name);
    return moved ? &planned->layout->columns[*moved] : nullptr;
  }
  const int16_t number = planned->source->columns[*known].number;
  const auto found = std::ranges::find(planned->layout->columns, number, &ColumnDef::number);
  return number == 0 || found == planned->layout->columns.end() ? nullptr : &*found;
}

std::optional<std::string> PlanNames::column(const TableRef& source, std::string_view name) const {
  const TargetTable* planned = find(source);
  if (planned == nullptr) return std::string(name);
  if (const ColumnDef* moved = planned_column(source, name)) return moved->name;
  const auto known = find_column(*planned->source, name);
  if (known && planned->source->columns[*known].generated) return std::string(name);
  return std::nullopt;
}

bool PlanNames::is_retyped(const TableRef& source, std::string_view column) const {
  const ColumnDef* moved = planned_column(source, column);
  if (moved == nullptr) return false;
  const ColumnDef& own = find(source)->source->columns[*find_column(*find(source)->source, column)];
  return moved->type.native != own.type.native;
}

std::vector<const ColumnDef*> PlanNames::added(const TableRef& source) const {
  std::vector<const ColumnDef*> out;
  const TargetTable* planned = find(source);
  if (planned == nullptr || !planned->shape) return out;
  for (const ColumnDef& column : planned->layout->columns)
    if (column.number == 0) out.push_back(&column);
  return out;
}

std::string PlanNames::type(const TableRef& source, std::string_view column, const std::string& native) const {
  return is_retyped(source, column) ? type_name(planned_column(source, column)->type) : native;
}

}  // namespace godwit::postgres
