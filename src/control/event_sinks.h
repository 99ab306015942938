#pragma once
// Where the events of a subscription go, by its topic. A topic that is an https:// URL (or http:// to this machine's
// loopback) is posted to. Any other topic, an SNS ARN say, is looked up in the configuration (`--sinks FILE`):
//
//   {"arn:aws:sns:us-east-1:123456789012:ops": {"webhook": "https://…", "format": "eventbridge"},
//    "arn:aws:sns:us-east-1:123456789012:log": {"file": "/var/log/godwit/events.jsonl"},
//    "arn:aws:sns:us-east-1:123456789012:sys": {"syslog": "daemon"},
//    "arn:aws:sns:us-east-1:123456789012:dba": {"email": "dba@example.org", "sendmail": "/usr/sbin/sendmail"}}
//
// "format" is "sns" (default: SNS's envelope around DMS's message) or "eventbridge"; of webhooks and files.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace godwit {

enum class SinkKind { webhook, file, syslog, email };
enum class EventFormat { sns, eventbridge };

struct EventSink {
  SinkKind kind = SinkKind::webhook;
  std::string place;  // URL, path, syslog facility, or mail address
  EventFormat format = EventFormat::sns;
  std::string sendmail = "/usr/sbin/sendmail";
};

// Whether a server may post to it: https to any host, http to 127.0.0.0/8, [::1] and localhost alone; no user name
// with a blank, no control characters.
bool is_webhook_url(std::string_view text);
// "https://user:password@h/": what would be shown to whoever may read subscriptions.
bool has_user_information(std::string_view url);
// Scheme, host and port of a URL: what a message or log line may show of it.
std::string url_for_people(std::string_view url);

class EventSinks {
 public:
  // A document as above; an error of kind usage names the place by its path.
  static Result<EventSinks> parse(std::string_view document);
  static Result<EventSinks> read(const std::string& path);

  // Nothing: the topic leads nowhere.
  std::optional<EventSink> find(std::string_view topic) const;

 private:
  std::map<std::string, EventSink, std::less<>> sinks_;
};

// The same where no configuration was given (null).
std::optional<EventSink> find_sink(const EventSinks* sinks, std::string_view topic);

}  // namespace godwit
