#pragma once
// Whether an object is on the target already, by its kind and name.

#include "base/result.h"
#include "engine/catalog.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/plan_names.h"

namespace godwit::postgres {

enum class Presence {
  absent,
  half_built,  // its first statement is done, the second is not: a foreign key that is not validated
  there,
};

// Objects without a name of their own (settings, owners, comments) are always absent: to do them again is no harm.
Result<Presence> look_up(Connection& connection, const ObjectDef& object, const PlanNames& names);

}  // namespace godwit::postgres
