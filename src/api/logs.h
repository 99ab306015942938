#pragma once
// CloudWatch Logs on this listener (spec/monitoring.md §4).

#include "api/facade.h"

namespace godwit {

Facade logs_facade();

}  // namespace godwit
