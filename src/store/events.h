#pragma once
// Events (table `events`) and what of them is still to be told to subscriptions (table `event_outbox`), which holds a
// row from the transaction that made the event until it was delivered or given up.

#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace godwit {

struct EventRecord {
  int64_t sequence = 0;  // ascends with each event; never used twice
  int64_t at_us = 0;
  std::string source_type{};  // "replication-instance", "replication-task"
  std::string source_identifier{}, source_arn{};
  int64_t number = 0;  // of "DMS-EVENT-0069"
  std::string category{}, message{};
};

// Which events are asked for; absent: all. Times: from_us <= at < until_us.
struct EventChoice {
  std::optional<int64_t> from_us{}, until_us{};
  std::optional<std::vector<std::string>> source_types{}, source_identifiers{}, categories{};
  std::optional<std::vector<std::string>> instance_identifiers{};  // of instances alone
};

// Answers its sequence.
Result<int64_t> insert_event(Database& database, const EventRecord& event);
Result<void> delete_events_before(Database& database, int64_t at_us);
// In order of time, then sequence; the page's identifier is the sequence.
Result<std::vector<EventRecord>> list_events(Database& database, const EventChoice& choice,
                                             const ListPage& page = {});

// One event on its way to one subscription.
struct OutboxRecord {
  int64_t sequence = 0;
  std::string subscription, message_id;
  int64_t queued_us = 0, attempts = 0, next_attempt_us = 0;
  EventRecord event;
};

struct OutboxHead {
  std::string subscription;
  int64_t next_attempt_us = 0;
};

Result<void> insert_outbox(Database& database, std::string_view subscription, int64_t event_sequence,
                           std::string_view message_id, int64_t queued_us);
// The oldest one of each subscription that has any.
Result<std::vector<OutboxHead>> list_outbox_heads(Database& database);
Result<std::optional<OutboxRecord>> first_of_outbox(Database& database, std::string_view subscription);
Result<int64_t> count_outbox(Database& database, std::string_view subscription);
Result<void> put_off_outbox(Database& database, int64_t sequence, int64_t attempts, int64_t next_attempt_us);
Result<void> delete_outbox(Database& database, int64_t sequence);
Result<void> clear_outbox(Database& database, std::string_view subscription);

}  // namespace godwit
