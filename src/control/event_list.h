#pragma once
// What DescribeEvents asks of the events that are kept.

#include <optional>
#include <string>
#include <vector>

#include "control/environment.h"
#include "store/events.h"

namespace godwit {

struct EventQuestion {
  std::string source_type, source_identifier;  // empty: any
  std::vector<std::string> categories;         // empty: all
  std::optional<std::vector<std::string>> instance_identifiers;
  std::optional<int64_t> start_us, end_us, duration_minutes;  // none: the last hour
};

// In order of time. The end is part of the time that is asked for.
Result<std::vector<EventRecord>> find_events(Environment& environment, const EventQuestion& question,
                                             const ListPage& page);

}  // namespace godwit
