#pragma once
// From rules and a source table to the plan that engines carry out (data/target_table.h), and the fingerprint that
// tells whether a task was started under other rules.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/target_table.h"
#include "mapping/transformation.h"

namespace godwit {

// Which columns of `source` move, what the table, its partitions and its columns are called, which rows move and what
// is done to them. Generated columns never move; what a target could have of them is in `computed`. `read` holds the
// moved columns in source order, then those that only the filter or an expression asks for; `layout` holds the moved
// columns, then before images, then added columns. If a key column does not move, or a mask hides it, the layout has
// no key: changes are matched by the whole row where the log carries it, else updates and deletes cannot be applied,
// which is warned about. A line is added to `warnings` only once, however many tables it concerns. Errors of kind
// table: an empty name, no column left, two columns under one name, a rule that asks for a column, type, key or
// partition that cannot be.
Result<TargetTable> plan_table(const MappingRules& rules, const PlanOptions& options,
                               std::shared_ptr<const TableDef> source, std::vector<std::string>& warnings);

// An error of kind table, naming both sources and the rules, when two tables or partitions would become one on the
// target.
Result<void> check_target_names(const MappingRules& rules, const PlanOptions& options,
                                std::span<const TargetTable> tables);

// Over everything that decides which tables and columns exist on the target, what they are called and what their rows
// hold, and nothing else: order, spacing, rule names, warnings, load order, parallel-load and LOB limits do not
// count, rule-ids only as far as they decide between rules. Equal on every machine.
uint64_t schema_shaping_hash(const MappingRules& rules, const PlanOptions& options);
// The same without which tables are selected, unless a selection rule has a filter: as long as it is equal, the rows
// of a table are what they were.
uint64_t row_shaping_hash(const MappingRules& rules, const PlanOptions& options);

}  // namespace godwit
