#include "engine/source.h"

namespace godwit {

Result<std::vector<TableRange>> Source::split_as(const TableDef& table, const ParallelLoad&) {
  return Failure(Error{ErrorKind::table, "source.parallel_load",
                       "Table " + to_string(table.ref) +
                           " has a parallel-load rule, which this source does not carry out. Remove the rule.",
                       ""});
}

}  // namespace godwit
