#pragma once
// A table while its plan is made; internal to mapping/. Each planner below adds its part.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/target_table.h"
#include "mapping/row_shape.h"
#include "mapping/transformation.h"

namespace godwit {

struct TableDraft {
  const MappingRules& rules;
  const PlanOptions& options;
  const TableDef& source;
  std::vector<std::string>& warnings;
  std::vector<uint32_t> read = {};  // indexes into the source's columns; the first `moved` of them move
  size_t moved = 0;
  std::vector<ColumnDef> columns = {};                     // of the layout
  std::map<std::string, std::string> reason_of_name = {};  // target names that are taken, and by what
  std::vector<ColumnDef> computed = {};                    // TargetTable::computed
  std::vector<std::string> unwritten = {};                 // TargetTable::unwritten
  RowShape shape = {};
  std::optional<KeyDef> key = std::nullopt;  // of the layout
  RowIdentity identity = RowIdentity::none;  // of the layout

  // The table as it stands so far, under its source name.
  TableDef layout() const;
  // Adds a line once.
  void warn(std::string warning);
  // The named source column among those that are read, which it joins if need be. An error of kind table, `what`
  // being who asks ("the filter of rule 7"), when there is none or the server computes it.
  Result<uint32_t> read_column(std::string_view name, std::string_view what);
  // Where a source column stands in the layout, if it moves.
  std::optional<uint32_t> moved_index(uint32_t source_column) const;
  // Adds a column to the layout; `reason` says in an error where its name comes from.
  Result<void> add_column(ColumnDef column, ColumnShape shape, std::string reason);
};

// Types and masks of the moved columns, then before images, then added columns (shape_plan.cpp).
Result<void> plan_moved_columns(TableDraft& draft);
Result<void> plan_before_images(TableDraft& draft);
Result<void> plan_added_columns(TableDraft& draft);
// Null: every row is moved (filter_plan.cpp).
Result<std::shared_ptr<const RowFilter>> plan_filter(TableDraft& draft);
// The key changes are applied by, and how the log names rows (key_plan.cpp).
Result<void> plan_key(TableDraft& draft);
// The target's types, once everything else is planned, and what they make of the values (type_plan.cpp).
Result<void> plan_target_types(TableDraft& draft);
// Null: no rule asks for one (load_plan.cpp).
Result<std::shared_ptr<const ParallelLoad>> plan_parallel_load(TableDraft& draft);

}  // namespace godwit
