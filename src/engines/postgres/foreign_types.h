#pragma once
// The types that columns of other engines get here (spec/types.md): what keeps every value, or DMS's tables as they
// stand. Pure.

#include <vector>

#include "base/result.h"
#include "data/table_def.h"

namespace godwit::postgres {

// For each column of `table` (a layout whose types are still the source's or a rule's) the type it gets, `native` as
// format_type() writes it, and the form of the values that the target is then handed. PostgreSQL's own types and
// those that rules ask for stay as they are. An error of kind table, with what to do, where a table cannot be.
Result<std::vector<Type>> types_for(const TableDef& table, TypeMapping mapping);

}  // namespace godwit::postgres
