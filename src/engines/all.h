#pragma once
// The list of engines this binary was built with: the only place that names them.

#include <span>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"

namespace godwit {

std::span<Engine* const> all_engines();

// The engine that serves a URI's scheme; an error lists those there are.
Result<Engine*> find_engine(std::string_view scheme);

}  // namespace godwit
