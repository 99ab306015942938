#pragma once
// A table's alteration as SQL (TableAlteration). Pure.

#include <map>
#include <string>
#include <vector>

#include "data/schema_change.h"

namespace godwit::postgres {

struct AlterStep {
  std::string sql;  // empty: nothing is to run, `told_as` says what is not carried
  bool may_fail = false;
  std::string told_as{};  // of a step that may fail: what to say then; empty: nothing
};

// The columns that a table has, by name with their types.
using ColumnsThere = std::map<std::string, std::string>;

// The columns that the target's server computes, each with those it computes them by.
using ComputedThere = std::map<std::string, std::vector<std::string>>;

// In an order in which they can run in one transaction: columns go, then names, types, new columns, NOT NULL. Empty
// when nothing of the target's table changes. `there`: what the target's table has before; a new column that it has
// already is taken as it is, and its rows take the value that the source's old rows show. `computed`: of the target's
// table too; those that stand for columns of another engine go where the change cannot be made beneath them.
std::vector<AlterStep> alter_steps(const TableAlteration& alteration, const ColumnsThere& there = {},
                                   const ComputedThere& computed = {});

// What makes the enum type of labels `there` one of `wanted`, for a type of that (quoted) name: renamed labels first,
// then new ones in their places. Labels that are gone stay: no server can drop one. Each is a statement of its own.
std::vector<std::string> label_steps(const std::string& type, const std::vector<std::string>& there,
                                     const std::vector<std::string>& wanted);

}  // namespace godwit::postgres
