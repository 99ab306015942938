#include "store/subscriptions.h"

#include "store/json_columns.h"
#include "store/where.h"

namespace godwit {
namespace {

constexpr std::string_view select =
    "SELECT identifier, topic, source_type, source_ids, categories, enabled, created_us FROM event_subscriptions";

SubscriptionRecord read(const Row& row) {
  SubscriptionRecord out;
  out.identifier = row.text(0);
  out.topic = row.text(1);
  out.source_type = row.text(2);
  out.source_ids = read_text_list(row.text(3));
  out.categories = read_text_list(row.text(4));
  out.enabled = row.integer(5) != 0;
  out.created_us = row.integer(6);
  return out;
}

}  // namespace

Result<void> insert_subscription(Database& database, const SubscriptionRecord& one) {
  const std::string source_ids = text_list(one.source_ids), categories = text_list(one.categories);
  TRY(database.run(
      "INSERT INTO event_subscriptions (identifier, topic, source_type, source_ids, categories, enabled, "
      "created_us) VALUES (?, ?, ?, ?, ?, ?, ?)",
      {one.identifier, one.topic, one.source_type, source_ids, categories, int64_t{one.enabled}, one.created_us}));
  return {};
}

Result<void> update_subscription(Database& database, const SubscriptionRecord& one) {
  const std::string source_ids = text_list(one.source_ids), categories = text_list(one.categories);
  TRY(database.run(
      "UPDATE event_subscriptions SET topic = ?, source_type = ?, source_ids = ?, categories = ?, enabled "
      "= ? WHERE identifier = ?",
      {one.topic, one.source_type, source_ids, categories, int64_t{one.enabled}, one.identifier}));
  return {};
}

Result<void> delete_subscription(Database& database, std::string_view identifier) {
  TRY(database.run("DELETE FROM event_subscriptions WHERE identifier = ?", {identifier}));
  return {};
}

Result<std::optional<SubscriptionRecord>> find_subscription(Database& database, std::string_view identifier) {
  auto found = TRY(list_subscriptions(database, {.named = std::string(identifier)}));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Result<std::vector<SubscriptionRecord>> list_subscriptions(Database& database, const SubscriptionChoice& choice,
                                                           const ListPage& page) {
  Where where;
  if (choice.named) where.equals("identifier", std::string_view(*choice.named));
  if (choice.names) where.among("identifier", *choice.names);
  if (choice.also_named) where.among("identifier", *choice.also_named);
  std::vector<SubscriptionRecord> out;
  const std::string sql = std::string(select) + where.sql(page);
  TRY(database.each(sql, where.values(), [&](const Row& row) { out.push_back(read(row)); }));
  return out;
}

}  // namespace godwit
