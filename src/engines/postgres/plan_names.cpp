#include "engines/postgres/plan_names.h"

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

std::optional<std::string> PlanNames::column(const TableRef& source, std::string_view name) const {
  const TargetTable* planned = find(source);
  if (planned == nullptr) return std::string(name);
  if (const auto moved = find_column(*planned->read, name)) return planned->layout->columns[*moved].name;
  const auto known = find_column(*planned->source, name);
  if (known && planned->source->columns[*known].generated) return std::string(name);
  return std::nullopt;
}

std::string PlanNames::type(const TableRef& source, std::string_view column, const std::string& native) const {
  const TargetTable* planned = find(source);
  const auto moved = planned == nullptr ? std::nullopt : find_column(*planned->read, column);
  if (!moved) return native;
  const std::string& wanted = planned->layout->columns[*moved].type.native;
  return wanted.empty() || wanted == planned->read->columns[*moved].type.native ? native : wanted;
}

}  // namespace godwit::postgres
