#pragma once
// Everything the task's relations depend on, as pg_depend has it, in the order in which it can be built.

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "engines/postgres/object_scope.h"

namespace godwit::postgres {

// Oids of the system catalogs, the same in every server.
namespace catalog_class {
inline constexpr uint32_t type = 1247, procedure = 1255, relation = 1259, constraint = 2606, schema = 2615,
                          extension = 3079, collation = 3456;
}  // namespace catalog_class

struct Dependency {
  uint32_t class_oid = 0, oid = 0;
  bool needs_table = false;   // it depends on a table of the task (a function that takes its row type)
  bool by_extension = false;  // its extension brings it
};

// One query for each step of the longest chain of dependencies. Each comes after all it depends on. Relations of the
// task are left out.
Result<std::vector<Dependency>> walk_dependencies(Connection& connection, const ObjectScope& scope);

}  // namespace godwit::postgres
