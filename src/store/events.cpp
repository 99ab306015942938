#include "store/events.h"

#include "store/resources.h"
#include "store/where.h"

namespace godwit {
namespace {

constexpr std::string_view select_events =
    "SELECT sequence, at_us, source_type, source_identifier, source_arn, number, category, message FROM events";
constexpr std::string_view select_first =
    "SELECT e.sequence, e.at_us, e.source_type, e.source_identifier, e.source_arn, e.number, e.category, e.message, "
    "o.sequence, o.subscription, o.message_id, o.queued_us, o.attempts, o.next_attempt_us FROM event_outbox o JOIN "
    "events e ON e.sequence = o.event WHERE o.subscription = ? ORDER BY o.sequence LIMIT 1";

EventRecord read(const Row& row) {
  EventRecord out;
  out.sequence = row.integer(0);
  out.at_us = row.integer(1);
  out.source_type = row.text(2);
  out.source_identifier = row.text(3);
  out.source_arn = row.text(4);
  out.number = row.integer(5);
  out.category = row.text(6);
  out.message = row.text(7);
  return out;
}

OutboxRecord read_outbox(const Row& row) {
  OutboxRecord out;
  out.event = read(row);
  out.sequence = row.integer(8);
  out.subscription = row.text(9);
  out.message_id = row.text(10);
  out.queued_us = row.integer(11);
  out.attempts = row.integer(12);
  out.next_attempt_us = row.integer(13);
  return out;
}

}  // namespace

Result<int64_t> insert_event(Database& database, const EventRecord& event) {
  int64_t sequence = 0;
  TRY(
      database.each("INSERT INTO events (at_us, source_type, source_identifier, source_arn, number, category, "
                    "message) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING sequence",
                    {event.at_us, event.source_type, event.source_identifier, event.source_arn, event.number,
                     event.category, event.message},
                    [&](const Row& row) { sequence = row.integer(0); }));
  return sequence;
}

Result<void> delete_events_before(Database& database, int64_t at_us) {
  TRY(database.run("DELETE FROM events WHERE at_us < ?", {at_us}));
  return {};
}

Result<std::vector<EventRecord>> list_events(Database& database, const EventChoice& choice, const ListPage& page) {
  Where where;
  if (choice.from_us) where.and_also("at_us >= ?", {*choice.from_us});
  if (choice.until_us) where.and_also("at_us < ?", {*choice.until_us});
  if (choice.source_types) where.among("source_type", *choice.source_types);
  if (choice.source_identifiers) where.among("source_identifier", *choice.source_identifiers);
  if (choice.categories) where.among("category", *choice.categories);
  if (choice.instance_identifiers) {
    where.equals("source_type", std::string_view("replication-instance"));
    where.among("source_identifier", *choice.instance_identifiers);
  }
  std::vector<EventRecord> out;
  const std::string sql = std::string(select_events) + where.sql(page, "at_us", "sequence");
  TRY(database.each(sql, where.values(), [&](const Row& row) { out.push_back(read(row)); }));
  return out;
}

Result<void> insert_outbox(Database& database, std::string_view subscription, int64_t event_sequence,
                           std::string_view message_id, int64_t queued_us) {
  TRY(
      database.run("INSERT INTO event_outbox (subscription, event, message_id, queued_us, attempts, next_attempt_us) "
                   "VALUES (?, ?, ?, ?, 0, ?)",
                   {subscription, event_sequence, message_id, queued_us, queued_us}));
  return {};
}

Result<std::vector<OutboxHead>> list_outbox_heads(Database& database) {
  std::vector<OutboxHead> heads;
  TRY(database.each(
      "SELECT subscription, next_attempt_us FROM event_outbox WHERE sequence IN (SELECT min(sequence) "
      "FROM event_outbox GROUP BY subscription) ORDER BY sequence",
      {},
      [&](const Row& row) { heads.push_back({.subscription = row.text(0), .next_attempt_us = row.integer(1)}); }));
  return heads;
}

Result<std::optional<OutboxRecord>> first_of_outbox(Database& database, std::string_view subscription) {
  std::optional<OutboxRecord> first;
  TRY(database.each(select_first, {subscription}, [&](const Row& row) { first = read_outbox(row); }));
  return first;
}

Result<int64_t> count_outbox(Database& database, std::string_view subscription) {
  return one_count(database, "SELECT count(*) FROM event_outbox WHERE subscription = ?", {subscription});
}

Result<void> put_off_outbox(Database& database, int64_t sequence, int64_t attempts, int64_t next_attempt_us) {
  TRY(database.run("UPDATE event_outbox SET attempts = ?, next_attempt_us = ? WHERE sequence = ?",
                   {attempts, next_attempt_us, sequence}));
  return {};
}

Result<void> clear_outbox(Database& database, std::string_view subscription) {
  TRY(database.run("DELETE FROM event_outbox WHERE subscription = ?", {subscription}));
  return {};
}

Result<void> delete_outbox(Database& database, int64_t sequence) {
  TRY(database.run("DELETE FROM event_outbox WHERE sequence = ?", {sequence}));
  return {};
}

}  // namespace godwit
