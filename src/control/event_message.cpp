#include "control/event_message.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace godwit {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "2019-02-12 15:45:24.091"
std::string milliseconds(int64_t time_us) {
  std::string text = sql_timestamp(time_us);
  text.resize(text.size() - 3);
  return text;
}

// "2019-02-12T15:45:24.091Z"
std::string iso_milliseconds(int64_t time_us) {
  std::string text = milliseconds(time_us) + "Z";
  text[10] = 'T';
  return text;
}

bool is_of_task(const EventRecord& event) {
  return event.source_type == "replication-task";
}

// "StateChange" of "state change"
std::string camel_case(std::string_view category) {
  std::string out;
  bool first = true;
  for (const char c : category) {
    if (c != ' ') out += first ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    first = c == ' ';
  }
  return out;
}

// "REPLICATION_TASK_STARTED"; events without a verb of their own go by their category.
std::string event_type(const EventRecord& event) {
  constexpr std::array<std::pair<int64_t, std::string_view>, 10> verbs = {{{69, "STARTED"},
                                                                           {79, "STOPPED"},
                                                                           {78, "FAILED"},
                                                                           {74, "CREATED"},
                                                                           {73, "DELETED"},
                                                                           {80, "MODIFIED"},
                                                                           {67, "CREATING"},
                                                                           {5, "CREATED"},
                                                                           {66, "DELETING"},
                                                                           {3, "DELETED"}}};
  std::string type = is_of_task(event) ? "REPLICATION_TASK_" : "REPLICATION_INSTANCE_";
  for (const auto& [number, verb] : verbs)
    if (number == event.number) return type.append(verb);
  for (const char c : event.category)
    type += c == ' ' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return type;
}

std::string resource_link(const EventRecord& event) {
  return fmt::format("#{}:ids={}", is_of_task(event) ? "tasks" : "replicationInstances", event.source_identifier);
}

std::string eventbridge_form(const Namespace& names, const OutboxRecord& letter) {
  const EventRecord& event = letter.event;
  return dump({{"version", "0"},
               {"id", letter.message_id},
               {"detail-type",
                is_of_task(event) ? "DMS Replication Task State Change" : "DMS Replication Instance State Change"},
               {"source", "aws.dms"},
               {"account", names.account},
               {"time", iso_seconds(event.at_us) + "Z"},
               {"region", names.region},
               {"resources", Json::array({event.source_arn})},
               {"detail", Json{{"type", is_of_task(event) ? "REPLICATION_TASK" : "REPLICATION_INSTANCE"},
                               {"category", camel_case(event.category)},
                               {"eventType", event_type(event)},
                               {"eventId", event_id(event.number)},
                               {"resourceLink", resource_link(event)},
                               {"detailMessage", event.message}}}});
}

}  // namespace

std::string event_id(int64_t number) {
  return fmt::format("DMS-EVENT-{:04}", number);
}

std::string event_message(const EventRecord& event) {
  return dump({{"Event Source", event.source_type},
               {"Event Time", milliseconds(event.at_us)},
               {"Identifier Link", fmt::format("{}\nSourceId: {} ", resource_link(event), event.source_identifier)},
               {"Event ID", fmt::format("http://docs.aws.amazon.com/dms/latest/userguide/CHAP_Events.html#{} ",
                                        event_id(event.number))},
               {"Event Message", event.message}});
}

std::string event_envelope(const Namespace& names, const OutboxRecord& letter, std::string_view topic,
                           EventFormat format) {
  if (format == EventFormat::eventbridge) return eventbridge_form(names, letter);
  return dump({{"Type", "Notification"},
               {"MessageId", letter.message_id},
               {"TopicArn", topic},
               {"Subject", event_subject},
               {"Message", event_message(letter.event)},
               {"Timestamp", iso_milliseconds(letter.event.at_us)}});
}

std::string new_message_id() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();  // no entropy: no names
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string id;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += fmt::format("{:02x}", bytes[i]);
  }
  return id;
}

}  // namespace godwit
