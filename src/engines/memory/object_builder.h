#pragma once
// Builds tables and keys from the memory dialect's objects (catalog.h).

#include "engine/catalog.h"
#include "engines/memory/state.h"

namespace godwit::memory {

// False when an object of that name is there already. With the state's mutex held.
Result<bool> build_object(State& state, const ObjectDef& object, std::span<const TargetTable> tables);

}  // namespace godwit::memory
