#pragma once
// Events (spec/monitoring.md §6): what happened to a resource, kept 14 days, told to the subscriptions that ask for
// it.

#include <string>
#include <string_view>

#include "control/environment.h"

namespace godwit {

enum class EventSource { replication_instance, replication_task };

// Inside the caller's transaction, where there is one, so an event is told if and only if its change is kept.
// `category`: "creation", "state change", …; `message`: the text of spec/monitoring.md §6, without its number;
// `number`: of "DMS-EVENT-0069".
Result<void> note_event(Environment& environment, EventSource source, std::string_view source_identifier,
                        std::string_view source_arn, int number, std::string_view category, std::string_view message);

}  // namespace godwit
