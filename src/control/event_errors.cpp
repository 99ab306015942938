#include "control/event_errors.h"

#include <fmt/format.h>

#include "control/event_sinks.h"

namespace godwit {
namespace {

Error usage(std::string message) {
  return {.kind = ErrorKind::usage, .code = "events.sinks", .message = std::move(message), .sqlstate = {}};
}
Error undelivered(std::string message) {
  return {.kind = ErrorKind::connection, .code = "events.delivery", .message = std::move(message), .sqlstate = {}};
}

}  // namespace

Error sinks_not_read(std::string_view path, std::string_view why) {
  return usage(fmt::format("The configuration of sinks {} cannot be used: {}.", path, why));
}

Error sink_has_no_place(std::string_view path) {
  return usage(fmt::format("{}: a sink needs one of \"webhook\", \"file\", \"syslog\" and \"email\".", path));
}

Error sink_has_two_places(std::string_view path, std::string_view one, std::string_view other) {
  return usage(fmt::format("{}: a sink goes to one place, and this one has \"{}\" and \"{}\".", path, one, other));
}

Error sink_member_unknown(std::string_view path) {
  return usage(
      fmt::format("{}: a sink has no such member; it has one of \"webhook\", \"file\", \"syslog\" and "
                  "\"email\", and may have \"format\" and \"sendmail\".",
                  path));
}

Error topic_leads_nowhere(std::string_view topic) {
  return undelivered(fmt::format("The topic {} is no https:// URL, and the configuration of sinks does not name it.",
                                 is_webhook_url(topic) ? url_for_people(topic) : std::string(topic)));
}

Error webhook_failed(std::string_view url, std::string_view why) {
  return undelivered(fmt::format("Posting to {} failed: {}.", url_for_people(url), why));
}

Error webhook_answered(std::string_view url, long status) {
  return undelivered(fmt::format("{} answered with HTTP status {}{}.", url_for_people(url), status,
                                 status / 100 == 3 ? ", a redirection, which is not followed" : ""));
}

Error event_file_failed(std::string_view path, std::string_view why) {
  return undelivered(fmt::format("Writing events to the file {} failed: {}.", path, why));
}

Error mail_failed(std::string_view program, std::string_view why) {
  return undelivered(fmt::format("Sending mail by {} failed: {}.", program, why));
}

}  // namespace godwit
