#include "control/subscriptions.h"

#include <algorithm>

#include "base/text.h"
#include "control/account.h"
#include "control/event_categories.h"
#include "control/event_sinks.h"
#include "control/faults.h"
#include "control/identifiers.h"
#include "control/resource_faults.h"
#include "store/events.h"
#include "store/resources.h"

namespace godwit {
namespace {

constexpr std::string_view noun = "Event subscription";

Result<void> check_topic(std::string_view topic) {
  constexpr size_t longest = 2048;
  if (topic.empty() || topic.size() > longest) return Failure(topic_refused("it must be 1 to 2048 characters"));
  const bool one_word =
      std::ranges::none_of(topic, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
  if (has_user_information(topic))
    return Failure(
        topic_refused("a URL must hold no user or password, since whoever may list subscriptions sees it"));
  if (is_webhook_url(topic) || (topic.starts_with("arn:") && one_word)) return {};
  return Failure(topic_refused("it must be an ARN, an https:// URL, or an http:// URL of this machine's loopback"));
}

// As the store has them, and each one there.
Result<std::vector<std::string>> read_source_ids(Environment& environment, const std::vector<std::string>& texts,
                                                 std::string_view source_type) {
  std::vector<std::string> out;
  if (texts.empty()) return out;
  if (source_type.empty()) return Failure(source_ids_without_type());
  const ResourceKind& kind = *find_resource_kind(source_type == "replication-task" ? "task" : "rep");
  for (const std::string& text : texts) {
    const std::string identifier = lower_ascii(text);
    if (!TRY(has_resource_named(environment.database, kind, identifier))) return Failure(not_found(kind.noun, text));
    if (std::ranges::find(out, identifier) == out.end()) out.push_back(identifier);
  }
  return out;
}

Result<void> change_source_type(SubscriptionRecord& subscription, const std::string& text) {
  const std::string type = TRY(read_event_source_type(text));
  if (type != subscription.source_type && !subscription.source_ids.empty())
    return Failure(source_type_has_source_ids(subscription.source_type));
  subscription.source_type = type;
  return {};
}

}  // namespace

std::string_view subscription_status(const Environment& environment, const SubscriptionRecord& subscription) {
  return find_sink(environment.sinks, subscription.topic) ? "active" : "topic-not-exist";
}

Result<SubscriptionRecord> require_subscription(Environment& environment, const std::string& name) {
  auto subscription = TRY(find_subscription(environment.database, name));
  if (!subscription) return Failure(not_found(noun, name));
  return std::move(*subscription);
}

Result<SubscriptionRecord> create_subscription(Environment& environment, const NewSubscription& wanted,
                                               const std::vector<Tag>& tags) {
  SubscriptionRecord made;
  made.identifier = TRY(read_subscription_name(wanted.name));
  made.topic = wanted.topic;
  made.source_type = TRY(read_event_source_type(wanted.source_type));
  made.enabled = wanted.enabled;
  made.created_us = environment.now_us();
  TRY(check_topic(made.topic));
  made.categories = TRY(read_event_categories(wanted.categories, made.source_type));
  TRY(environment.database.atomically([&]() -> Result<void> {
    if (TRY(find_subscription(environment.database, made.identifier)))
      return Failure(already_exists(noun, made.identifier));
    made.source_ids = TRY(read_source_ids(environment, wanted.source_ids, made.source_type));
    TRY(require_quota(environment, "EventSubscriptions"));
    TRY(insert_subscription(environment.database, made));
    return add_tags(environment, make_arn(environment.names, "es", made.identifier), tags);
  }));
  return made;
}

Result<SubscriptionRecord> modify_subscription(Environment& environment, const SubscriptionChange& change) {
  return environment.database.atomically([&]() -> Result<SubscriptionRecord> {
    SubscriptionRecord subscription = TRY(require_subscription(environment, change.name));
    if (change.topic) {
      TRY(check_topic(*change.topic));
      subscription.topic = *change.topic;
    }
    if (change.source_type) TRY(change_source_type(subscription, *change.source_type));
    subscription.categories =
        TRY(read_event_categories(change.categories.value_or(subscription.categories), subscription.source_type));
    subscription.enabled = change.enabled.value_or(subscription.enabled);
    TRY(update_subscription(environment.database, subscription));
    if (!subscription.enabled) TRY(clear_outbox(environment.database, subscription.identifier));
    return subscription;
  });
}

Result<SubscriptionRecord> delete_subscription(Environment& environment, const std::string& name) {
  return environment.database.atomically([&]() -> Result<SubscriptionRecord> {
    SubscriptionRecord subscription = TRY(require_subscription(environment, name));
    TRY(delete_subscription(environment.database, subscription.identifier));
    return subscription;
  });
}

}  // namespace godwit
