#include "control/event_sinks.h"

#include <syslog.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "base/json_fields.h"
#include "base/text.h"
#include "control/event_errors.h"

namespace godwit {
namespace {

constexpr size_t url_bytes_max = 2048, document_bytes_max = size_t{1} << 20;

struct UrlParts {
  std::string scheme, authority, host;
  bool has_user = false;
};

std::optional<UrlParts> parts_of(std::string_view url) {
  const size_t colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  UrlParts parts{.scheme = lower_ascii(url.substr(0, colon)), .authority = {}, .host = {}, .has_user = false};
  std::string_view rest = url.substr(colon + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    parts.has_user = true;
    rest.remove_prefix(at + 1);
  }
  parts.authority = rest;
  const bool bracketed = rest.starts_with('[');
  const size_t end = bracketed ? rest.find(']') : rest.rfind(':');
  if (bracketed && end == std::string_view::npos) return std::nullopt;
  parts.host = lower_ascii(bracketed ? rest.substr(1, end - 1) : rest.substr(0, end));
  return parts;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  const bool dotted = std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return dotted && host.starts_with("127.") && std::ranges::count(host, '.') == 3;
}

// The first member of these that the sink has.
constexpr std::array<std::pair<std::string_view, SinkKind>, 4> kinds = {{{"webhook", SinkKind::webhook},
                                                                         {"file", SinkKind::file},
                                                                         {"syslog", SinkKind::syslog},
                                                                         {"email", SinkKind::email}}};

constexpr std::array<std::string_view, 11> facilities = {"daemon", "user",   "local0", "local1", "local2", "local3",
                                                         "local4", "local5", "local6", "local7", "syslog"};

bool is_mail_address(std::string_view text) {  // enough to be no option and no second address of sendmail's
  return text.size() > 2 && text.size() < 255 && text.front() != '-' && std::ranges::count(text, '@') == 1 &&
         std::ranges::none_of(
             text,
             [](char c) {
               return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == ',' || c == ';' || c == '<' ||
                      c == '>';
             });
}

Result<void> check_place(const EventSink& sink, const std::string& path) {
  switch (sink.kind) {
    case SinkKind::webhook:
      if (is_webhook_url(sink.place)) return {};
      return Failure(json_value_error(path, "an https:// URL, or an http:// URL of this machine's loopback",
                                      "a URL that is neither"));
    case SinkKind::file:
      if (sink.place.starts_with('/')) return {};
      return Failure(json_value_error(path, "an absolute path", sink.place));
    case SinkKind::syslog:
      if (std::ranges::find(facilities, sink.place) != facilities.end()) return {};
      return Failure(json_value_error(path, "daemon, user, syslog or local0 to local7", sink.place));
    case SinkKind::email:
      break;
  }
  if (is_mail_address(sink.place)) return {};
  return Failure(json_value_error(path, "one mail address", sink.place));
}

Result<EventSink> read_sink(const JsonFields& fields) {
  EventSink sink;
  std::string_view member;
  for (const std::string& key : fields.keys()) {
    const auto* const kind = std::ranges::find(kinds, key, [](const auto& one) { return one.first; });
    if (kind == kinds.end()) {
      if (key != "format" && key != "sendmail") return Failure(sink_member_unknown(fields.path_of(key)));
      continue;
    }
    if (!member.empty()) return Failure(sink_has_two_places(fields.path(), member, key));
    member = kind->first;
    sink.kind = kind->second;
  }
  if (member.empty()) return Failure(sink_has_no_place(fields.path()));
  sink.place = TRY(fields.text(member))
  .value_or("");
  TRY(check_place(sink, fields.path_of(member)));
  const std::string format = TRY(fields.text("format"))
  .value_or("sns");
  if (format != "sns" && format != "eventbridge")
    return Failure(json_value_error(fields.path_of("format"), "\"sns\" or \"eventbridge\"", format));
  if (format == "eventbridge") sink.format = EventFormat::eventbridge;
  sink.sendmail = TRY(fields.text("sendmail"))
  .value_or(sink.sendmail);
  if (!sink.sendmail.starts_with('/'))
    return Failure(json_value_error(fields.path_of("sendmail"), "an absolute path", sink.sendmail));
  return sink;
}

}  // namespace

bool is_webhook_url(std::string_view text) {
  if (text.size() > url_bytes_max) return false;
  if (std::ranges::any_of(text,
                          [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\'; }))
    return false;
  const auto parts = parts_of(text);
  if (!parts || parts->host.empty()) return false;
  return parts->scheme == "https" || (parts->scheme == "http" && is_loopback(parts->host));
}

bool has_user_information(std::string_view url) {
  const auto parts = parts_of(url);
  return parts && parts->has_user;
}

std::string url_for_people(std::string_view url) {
  const auto parts = parts_of(url);
  return parts ? parts->scheme + "://" + parts->authority : std::string("a URL");
}

Result<EventSinks> EventSinks::parse(std::string_view document) {
  EventSinks sinks;
  const nlohmann::json json = TRY(parse_json(document, "sinks"));
  const JsonFields topics = TRY(JsonFields::of(json, "$"));
  for (const std::string& topic : topics.keys()) {
    const auto fields = TRY(topics.object(topic));
    if (!fields) return Failure(sink_has_no_place(topics.path_of(topic)));
    sinks.sinks_[topic] = TRY(read_sink(*fields));
  }
  return sinks;
}

Result<EventSinks> EventSinks::read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(document_bytes_max + 1, '\0');
  if (!file) return Failure(sinks_not_read(path, "it cannot be opened"));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof())) return Failure(sinks_not_read(path, "it cannot be read"));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > document_bytes_max) return Failure(sinks_not_read(path, "it is larger than 1 MB"));
  auto sinks = parse(text);
  if (!sinks) return Failure(in_context(std::move(sinks).error(), "In the configuration of sinks " + path));
  return sinks;
}

std::optional<EventSink> EventSinks::find(std::string_view topic) const {
  const auto found = sinks_.find(topic);
  if (found != sinks_.end()) return found->second;
  if (!is_webhook_url(topic)) return std::nullopt;
  EventSink sink;
  sink.place = topic;
  return sink;
}

std::optional<EventSink> find_sink(const EventSinks* sinks, std::string_view topic) {
  static const EventSinks none;
  return (sinks == nullptr ? none : *sinks).find(topic);
}

}  // namespace godwit
