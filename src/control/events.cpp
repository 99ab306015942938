#include "control/events.h"

#include <algorithm>

#include "base/server_log.h"
#include "control/event_delivery.h"
#include "control/event_message.h"
#include "control/event_sinks.h"
#include "store/events.h"
#include "store/subscriptions.h"

namespace godwit {
namespace {

constexpr int64_t kept_us = int64_t{14} * 24 * 3600 * 1'000'000;
constexpr int64_t waiting_max = 10'000;  // of one subscription

std::string_view source_type_of(EventSource source) {
  return source == EventSource::replication_task ? "replication-task" : "replication-instance";
}

bool holds(const std::vector<std::string>& list, const std::string& text) {
  return list.empty() || std::ranges::find(list, text) != list.end();
}

bool wants(const SubscriptionRecord& subscription, const EventRecord& event) {
  return subscription.enabled &&
         (subscription.source_type.empty() || subscription.source_type == event.source_type) &&
         holds(subscription.categories, event.category) && holds(subscription.source_ids, event.source_identifier);
}

// The oldest one makes room: it stays among the events, and the log tells of it.
Result<void> make_room(Environment& environment, const std::string& subscription) {
  if (TRY(count_outbox(environment.database, subscription)) < waiting_max) return {};
  const auto oldest = TRY(first_of_outbox(environment.database, subscription));
  if (!oldest) return {};
  server_log_of(Severity::warning, "events",
                "Subscription {} has {} events waiting; the oldest, {} of {}, is not sent.", subscription,
                waiting_max, event_id(oldest->event.number), oldest->event.source_identifier);
  return delete_outbox(environment.database, oldest->sequence);
}

Result<bool> queue_event(Environment& environment, const EventRecord& event) {
  bool queued = false;
  for (const SubscriptionRecord& subscription : TRY(list_subscriptions(environment.database, {}))) {
    if (!wants(subscription, event) || !find_sink(environment.sinks, subscription.topic)) continue;
    TRY(make_room(environment, subscription.identifier));
    TRY(insert_outbox(environment.database, subscription.identifier, event.sequence, new_message_id(), event.at_us));
    queued = true;
  }
  return queued;
}

}  // namespace

Result<void> note_event(Environment& environment, EventSource source, std::string_view source_identifier,
                        std::string_view source_arn, int number, std::string_view category,
                        std::string_view message) {
  EventRecord event{.at_us = environment.now_us(),
                    .source_type = std::string(source_type_of(source)),
                    .source_identifier = std::string(source_identifier),
                    .source_arn = std::string(source_arn),
                    .number = number,
                    .category = std::string(category),
                    .message = std::string(message)};
  const bool queued = TRY(environment.database.atomically([&]() -> Result<bool> {
    event.sequence = TRY(insert_event(environment.database, event));
    TRY(delete_events_before(environment.database, event.at_us - kept_us));
    return queue_event(environment, event);
  }));
  // Its thread waits for the end of the caller's transaction at the store's lock.
  if (queued && environment.delivery != nullptr) environment.delivery->wake();
  return {};
}

}  // namespace godwit
