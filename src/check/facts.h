#pragma once
// All that assessments judge by. Gathered by check/gatherer.h, in tests written by hand.

#include <string>
#include <utility>
#include <vector>

#include "check/assessment.h"
#include "engine/facts.h"
#include "engine/source.h"
#include "engine/target.h"
#include "mapping/selection.h"
#include "task/settings.h"

namespace godwit {

struct CheckedTable {
  TargetTable plan;
  TableSurvey source;
  TableSurvey target;        // exists: something is in its place there
  bool target_empty = true;  // no row in it
  // Of a table that is there, where the source computes columns of its own; else empty.
  std::vector<ColumnDef> target_columns = {};
  std::vector<ValueSizes> sizes;  // of its LOB columns
};

struct TaskFacts {
  Family source_family = Family::other, target_family = Family::other;
  TaskType type = TaskType::full_load_and_cdc;
  TaskSettings settings;
  MappingRules rules;
  bool preparation_named = false;  // TaskOptions::preparation_named

  ServerFacts source, target;
  bool same_database = false;
  size_t tables_there = 0;  // on the source
  Selection selection;
  std::vector<std::pair<TableRef, Error>> unplanned;  // tables that the rules and the target's types do not allow
  // Of those tables the columns for whose types the target has none.
  std::vector<std::pair<TableRef, ColumnDef>> unsupported;
  std::vector<std::string> plan_warnings;
  std::vector<CheckedTable> tables;
  std::vector<SequenceState> sequences;
  std::vector<LargeObjectColumn> large_object_columns;
  // What the start of the task would find (Source::check, Target::check).
  std::vector<Finding> source_findings, target_findings;

  bool loads() const { return type != TaskType::cdc; }
  bool follows() const { return type != TaskType::full_load; }
  PrepareMode mode() const {
    return loads() ? settings.full_load_settings.target_table_prep_mode : PrepareMode::do_nothing;
  }
  // The target's table is the user's and stays.
  bool keeps(const CheckedTable& table) const {
    return table.target.exists && !(loads() && mode() == PrepareMode::drop_and_create);
  }
};

// Groups of facts. An assessment names those it needs, and no others are asked for.
namespace needs {
inline constexpr unsigned servers = 1, plan = 2, source_tables = 4 | plan, target_tables = 8 | plan,
                          start = 16 | plan, sizes = 32 | plan, sequences = 64 | plan, large_objects = 128 | plan;
}

}  // namespace godwit
