#pragma once
// PostgreSQL 14 and later as source and target (spec/engine-postgresql.md).

#include "engine/engine.h"

namespace godwit {

Engine& postgres_engine();

}  // namespace godwit
