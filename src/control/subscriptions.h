#pragma once
// Event subscriptions (spec/api.md §6.10): which events are told where.

#include <optional>
#include <string>
#include <vector>

#include "control/environment.h"
#include "control/tags.h"
#include "store/subscriptions.h"

namespace godwit {

struct NewSubscription {
  std::string name, topic, source_type;
  std::vector<std::string> categories, source_ids;
  bool enabled = true;
};

struct SubscriptionChange {
  std::string name;
  std::optional<std::string> topic, source_type;
  std::optional<std::vector<std::string>> categories;
  std::optional<bool> enabled;
};

// "active", or "topic-not-exist" while the topic leads nowhere (control/event_sinks.h).
std::string_view subscription_status(const Environment& environment, const SubscriptionRecord& subscription);

Result<SubscriptionRecord> create_subscription(Environment& environment, const NewSubscription& wanted,
                                               const std::vector<Tag>& tags);
Result<SubscriptionRecord> modify_subscription(Environment& environment, const SubscriptionChange& change);
// With what was still to be told to it.
Result<SubscriptionRecord> delete_subscription(Environment& environment, const std::string& name);
Result<SubscriptionRecord> require_subscription(Environment& environment, const std::string& name);

}  // namespace godwit
