#pragma once
// Tables in this process's memory, for tests of task/ without a server: memory://anything/<database name>. Databases
// live as long as the process; memory_database() gives a test its hands on one (engines/memory/database.h).
//
// What holds: canonical encoding only; any text in any column; NOT NULL, the primary key and further unique keys are
// enforced, all of them immediately; snapshots, slots and positions behave as PostgreSQL's do. What a Target writes
// is not in the database's own change log. There are no foreign keys, triggers or expressions.

#include "engine/engine.h"
#include "engines/memory/database.h"

namespace godwit {

Engine& memory_engine();

}  // namespace godwit
