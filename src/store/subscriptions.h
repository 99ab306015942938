#pragma once
// Event subscriptions: table `event_subscriptions`, key `identifier` (the name, without regard to case).

#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace godwit {

struct SubscriptionRecord {
  std::string identifier;                 // SubscriptionName, as it was given
  std::string topic;                      // SnsTopicArn, or a URL
  std::string source_type{};              // "replication-instance", "replication-task"; empty: both
  std::vector<std::string> source_ids{};  // identifiers; empty: all
  std::vector<std::string> categories{};  // empty: all
  bool enabled = true;
  int64_t created_us = 0;
};

// Which subscriptions are asked for, by name in any case: what is given must all hold.
struct SubscriptionChoice {
  std::optional<std::string> named{};
  std::optional<std::vector<std::string>> names{}, also_named{};
};

Result<void> insert_subscription(Database& database, const SubscriptionRecord& subscription);
Result<void> update_subscription(Database& database, const SubscriptionRecord& subscription);
// With what was still to be told to it.
Result<void> delete_subscription(Database& database, std::string_view identifier);
Result<std::optional<SubscriptionRecord>> find_subscription(Database& database, std::string_view identifier);
Result<std::vector<SubscriptionRecord>> list_subscriptions(Database& database, const SubscriptionChoice& choice,
                                                           const ListPage& page = {});

}  // namespace godwit
