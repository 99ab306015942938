#pragma once
// What a structure change of the source asks for: pure functions over the table before and after it (engine.md §9).

#include <string>
#include <string_view>

#include "data/schema_change.h"

namespace godwit {

enum class SchemaAction {
  none,              // nothing that the target or the stream's layouts see
  alter,             // the target's table is altered, rows stay
  alter_and_reload,  // it is altered, and its rows come again: the source gave them new values without a word in the
                     // log
  reload,            // its rows are found, or published, in another way: it is loaded whole
};

// `before`: the table as the task knows it; columns are matched by number.
SchemaAction decide(const TableDef& before, const SchemaChange& change);

// The columns of `after` that the target's table has already, under its names and with its types: for a policy that
// keeps the target as it is. `plan` is the table planned anew, `before` as the target has it.
TargetTable without_alteration(const TargetTable& before, const TargetTable& plan);

// What the target's table was made for, where it is kept as it is, once the source's is described anew: a description
// may number columns in another way. `made_for` has the numbers of `before`, which has the columns of `now` in their
// order; those that neither has any more get none.
TableDef renumbered(TableDef made_for, const TableDef& before, const TableDef& now);

// What a table of the target that earlier changes passed over was made for (`made_for`) once a change from `before`
// to `after` is carried out on it: what the change touched is as the source has it, the rest as it was. What the
// target lacks stays lacking.
TableDef carried_out(TableDef made_for, const TableDef& before, const TableDef& after);

}  // namespace godwit
