#include "engine/source.h"

#include <array>

namespace godwit {

std::span<const Encoding> Source::writes() const {
  static constexpr std::array plain = {Encoding::canonical};
  return plain;
}

Result<std::vector<TableRange>> Source::split_as(const TableDef& table, const ParallelLoad&) {
  return Failure(Error{ErrorKind::table, "source.parallel_load",
                       "Table " + to_string(table.ref) +
                           " has a parallel-load rule, which this source does not carry out. Remove the rule.",
                       ""});
}

}  // namespace godwit
