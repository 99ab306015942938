// Events and who is told of them (spec/api.md §6.10).

#include "control/events.h"

#include <algorithm>

#include "api/filter_values.h"
#include "api/operations.h"
#include "api/paging.h"
#include "api/tag_input.h"
#include "base/clock.h"
#include "base/text.h"
#include "control/event_categories.h"
#include "control/event_list.h"
#include "control/subscriptions.h"

namespace godwit {
namespace {

using nlohmann::json;

Result<json> describe_events(const Call& call) {
  const auto filters = TRY(read_filters(call, {"replication-instance-id"}));
  const PageRequest page = TRY(read_page(call));
  EventQuestion question{.source_type = call.text("SourceType"),
                         .source_identifier = call.text("SourceIdentifier"),
                         .categories = call.texts("EventCategories"),
                         .instance_identifiers = filter_identifiers(filters, "replication-instance-id"),
                         .start_us = call.maybe_time_us("StartTime"),
                         .end_us = call.maybe_time_us("EndTime"),
                         .duration_minutes = call.maybe_integer("Duration")};
  auto events = TRY(find_events(call.environment, question, list_page(page)));
  const auto key_of = [](const EventRecord& event) {
    return std::vector<std::string>{std::to_string(event.at_us), std::to_string(event.sequence)};
  };
  const auto to_json = [](const EventRecord& event) {
    return json{{"SourceIdentifier", event.source_identifier},
                {"SourceType", event.source_type},
                {"Message", event.message},
                {"EventCategories", json::array({event.category})},
                {"Date", json_time(event.at_us)}};
  };
  return page_reply(call, page, "Events", std::move(events), key_of, to_json, "");
}

Result<json> describe_categories(const Call& call) {
  TRY(read_filters(call, {}));
  const std::string type = TRY(read_event_source_type(call.text("SourceType")));
  json groups = json::array();
  for (const EventCategoryGroup& group : event_category_groups())
    if (type.empty() || group.source_type == type)
      groups.push_back({{"SourceType", group.source_type}, {"EventCategories", json(group.categories)}});
  return json{{"EventCategoryGroupList", std::move(groups)}};
}

// "2020-05-21 21:58:38.598"
std::string creation_time(const SubscriptionRecord& subscription) {
  std::string text = sql_timestamp(subscription.created_us);
  text.resize(text.size() - 3);
  return text;
}

json subscription_json(const Environment& environment, const SubscriptionRecord& subscription,
                       std::string_view status) {
  json out = {{"CustomerAwsId", environment.names.account},
              {"CustSubscriptionId", subscription.identifier},
              {"SnsTopicArn", subscription.topic},
              {"Status", status},
              {"SubscriptionCreationTime", creation_time(subscription)},
              {"SourceIdsList", subscription.source_ids},
              {"EventCategoriesList", subscription.categories},
              {"Enabled", subscription.enabled}};
  if (!subscription.source_type.empty()) out["SourceType"] = subscription.source_type;
  return out;
}

json subscription_reply(const Call& call, const SubscriptionRecord& subscription, std::string_view status) {
  return {{"EventSubscription", subscription_json(call.environment, subscription, status)}};
}

Result<json> create(const Call& call) {
  const NewSubscription wanted{.name = call.text("SubscriptionName"),
                               .topic = call.text("SnsTopicArn"),
                               .source_type = call.text("SourceType"),
                               .categories = call.texts("EventCategories"),
                               .source_ids = call.texts("SourceIds"),
                               .enabled = call.maybe_flag("Enabled").value_or(true)};
  return subscription_reply(call, TRY(create_subscription(call.environment, wanted, read_tags(call))), "creating");
}

Result<json> describe(const Call& call) {
  const auto filters = TRY(read_filters(call, {"event-subscription-arn", "event-subscription-id"}));
  const PageRequest page = TRY(read_page(call));
  SubscriptionChoice choice;
  choice.names = filter_values(filters, "event-subscription-id");
  choice.also_named = filter_ids(call, filters, "event-subscription-arn", "es");
  if (const auto name = call.maybe_text("SubscriptionName"))
    choice.named = TRY(require_subscription(call.environment, *name))
  .identifier;
  auto subscriptions = TRY(list_subscriptions(call.environment.database, choice, list_page(page)));
  const auto key_of = [](const SubscriptionRecord& subscription) {
    return std::vector<std::string>{std::to_string(subscription.created_us), subscription.identifier};
  };
  const auto to_json = [&](const SubscriptionRecord& subscription) {
    return subscription_json(call.environment, subscription, subscription_status(call.environment, subscription));
  };
  return page_reply(call, page, "EventSubscriptionsList", std::move(subscriptions), key_of, to_json,
                    "Event Subscriptions");
}

Result<json> modify(const Call& call) {
  SubscriptionChange change{.name = call.text("SubscriptionName"),
                            .topic = call.maybe_text("SnsTopicArn"),
                            .source_type = call.maybe_text("SourceType"),
                            .categories = {},
                            .enabled = call.maybe_flag("Enabled")};
  if (call.has("EventCategories")) change.categories = call.texts("EventCategories");
  return subscription_reply(call, TRY(modify_subscription(call.environment, change)), "modifying");
}

Result<json> remove(const Call& call) {
  return subscription_reply(call, TRY(delete_subscription(call.environment, call.text("SubscriptionName"))),
                            "deleting");
}

constexpr Operation operations[] = {
    {"DescribeEvents", describe_events, Role::viewer}, {"DescribeEventCategories", describe_categories, Role::viewer},
    {"CreateEventSubscription", create, Role::admin},  {"DescribeEventSubscriptions", describe, Role::viewer},
    {"ModifyEventSubscription", modify, Role::admin},  {"DeleteEventSubscription", remove, Role::admin},
};

}  // namespace

std::span<const Operation> event_operations() {
  return operations;
}

}  // namespace godwit
