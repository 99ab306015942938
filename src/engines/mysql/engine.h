#pragma once
// MySQL, MariaDB and what speaks like them.

#include "engine/engine.h"

namespace godwit {

Engine& mysql_engine();

}  // namespace godwit
