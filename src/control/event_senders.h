#pragma once
// One attempt to hand one event to one sink, for control/event_delivery.cpp.

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "control/event_message.h"
#include "control/event_sinks.h"

namespace godwit {

Result<void> send_event(const EventSink& sink, const Namespace& names, const OutboxRecord& letter,
                        std::string_view topic, int64_t timeout_ms, const std::stop_token& stop);

// Appends what was given up to <folder>/undelivered-events.jsonl; at 10 MB that file becomes ….1.
Result<void> keep_undelivered(const std::string& folder, const OutboxRecord& letter, std::string_view why);

}  // namespace godwit
