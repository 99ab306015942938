#pragma once
#include "engine/engine.h"

namespace godwit {

Engine& mysql_engine();

}  // namespace godwit
