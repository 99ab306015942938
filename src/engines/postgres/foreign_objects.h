#pragma once
// Objects of other engines as statements of PostgreSQL's: engine/foreign_objects.h says what is carried, this writes
// it. Pure.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/catalog.h"
#include "engine/target.h"

namespace godwit::postgres {

// The object in this dialect, to be built like any other (structure.h); nothing when there is nothing to build. Names
// of indexes and constraints are the source's; an index's begins with its table's, since a schema has each only once
// here, and `alternative` gives it another in case the first is taken. Names beyond 63 bytes are shortened. A primary
// key whose columns have a prefix becomes a unique index. `computes`: the server has columns that it computes.
std::optional<ObjectDef> translated(const ObjectDef& object, std::span<const TargetTable> tables,
                                    bool alternative = false, bool computes = true);

// Everything about these objects that does not come along: a sentence each. Objects of this dialect have none.
std::vector<std::string> not_carried(std::span<const ObjectDef> objects, std::span<const TargetTable> tables,
                                     bool computes = true);

inline bool is_foreign(const ObjectDef& object) {
  return !object.dialect.empty() && object.dialect != "postgresql";
}

}  // namespace godwit::postgres
