#pragma once
// How a table-settings rule wants one table's load to be cut (spec/table-mappings.md §5.1). Plain data: mapping/
// reads and checks it, the load carries it out.

#include <string>
#include <vector>

namespace godwit {

struct ParallelLoad {
  enum class Type { none, partitions_auto, subpartitions_auto, partitions_list, ranges };
  Type type = Type::none;
  // ranges: 1 to 10 columns under source names, and in ascending order at least one boundary with a value for each
  // column, in the canonical text of its type. N boundaries make N + 1 segments; a boundary is the exclusive upper
  // bound of its segment, columns compared one after the other. Rows with NULL in one of the columns belong to none.
  std::vector<std::string> columns = {};
  std::vector<std::vector<std::string>> boundaries = {};
  // partitions_list: leaves of the source table by their names; rows of the others are not loaded.
  std::vector<std::string> partitions = {}, subpartitions = {};
};

}  // namespace godwit
