#pragma once
// PreferredMaintenanceWindow (spec/api.md §4.2): "sun:06:00-sun:14:00", every week, UTC.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace godwit {

// The window in lower case, or InvalidParameterValueException.
Result<std::string> read_maintenance_window(std::string_view text);
// 30 minutes somewhere in the week.
std::string random_maintenance_window();
// Whether a window, as read_maintenance_window() answered it, is open.
bool is_open(std::string_view window, int64_t time_us);

}  // namespace godwit
