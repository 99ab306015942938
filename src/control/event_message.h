#pragma once
// What subscribers are sent of an event (spec/monitoring.md §6).

#include <string>
#include <string_view>

#include "control/arn.h"
#include "control/event_sinks.h"
#include "store/events.h"

namespace godwit {

inline constexpr std::string_view event_subject = "DMS Notification Message";

// "DMS-EVENT-0079"
std::string event_id(int64_t number);
// DMS's JSON text: {"Event Source": …, "Event Time": …, "Identifier Link": …, "Event ID": …, "Event Message": …}
std::string event_message(const EventRecord& event);
// The JSON text that goes to a sink: that message in SNS's envelope (without a signature), or EventBridge's form.
std::string event_envelope(const Namespace& names, const OutboxRecord& letter, std::string_view topic,
                           EventFormat format);
// A version 4 UUID.
std::string new_message_id();

}  // namespace godwit
