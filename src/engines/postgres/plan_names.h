#pragma once
// Where the plan puts a source table's names on the target. Built once for many objects; refers to the tables given.

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/target_table.h"

namespace godwit::postgres {

class PlanNames {
 public:
  explicit PlanNames(std::span<const TargetTable> tables);

  const TargetTable* find(const TableRef& source) const;
  // A table that is not in the plan keeps its name.
  TableRef table(const TableRef& source) const;
  // Of a table; for a bare schema (no table name) the schema itself.
  std::string schema(const TableRef& source) const;
  // Every target schema that tables of the source schema go to.
  std::set<std::string> schemas_of(const std::string& source_schema) const;
  // Nothing: the plan leaves the column out. A generated column, which no plan moves, keeps its name.
  std::optional<std::string> column(const TableRef& source, std::string_view name) const;
  // The plan gives the column another type than the source's.
  bool is_retyped(const TableRef& source, std::string_view column) const;
  // Columns of the plan that the source table does not have.
  std::vector<const ColumnDef*> added(const TableRef& source) const;
  // The type the column gets: `native` unless the plan gives it another.
  std::string type(const TableRef& source, std::string_view column, const std::string& native) const;

 private:
  const ColumnDef* planned_column(const TableRef& source, std::string_view name) const;

  std::map<TableRef, const TargetTable*> tables_;
};

}  // namespace godwit::postgres
