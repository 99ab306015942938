#include "http/wire_message.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/text.h"
#include "http/fault_reply.h"

namespace godwit {
namespace {

namespace http = boost::beast::http;

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return {text.data(),
          std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};  // of the C locale
}

std::string on_one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }, ' ');
  return text;
}

std::string_view to_std(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// "http://host:1/path?query" is "/path?query" on the host of its own.
std::string origin_form(std::string_view target) {
  const size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos || target.find_first_of("/?") < scheme)
    return std::string(target);
  const size_t path = target.find_first_of("/?", scheme + 3);
  if (path == std::string_view::npos) return "/";
  return (target[path] == '?' ? "/" : "") + std::string(target.substr(path));
}

}  // namespace

std::optional<HttpReply> complaint_of(const WireRequest& request) {
  const auto malformed = [](std::string_view why) { return fault_reply(400, "MalformedHttpRequestException", why); };
  const auto hosts = request.count(http::field::host);
  if (hosts > 1) return malformed("The request has more than one Host header.");
  if (hosts == 0 && request.version() >= 11) return malformed("The request has no Host header.");
  const auto encodings = request.count(http::field::transfer_encoding);
  if (encodings > 1 || (encodings == 1 && lower_ascii(to_std(request[http::field::transfer_encoding])) != "chunked"))
    return malformed("Of the transfer encodings, 'chunked' alone is supported.");
  return std::nullopt;
}

bool expects_continue(const WireRequest& request) {
  return request.version() >= 11 && lower_ascii(to_std(request[http::field::expect])) == "100-continue";
}

HttpRequest taken(WireRequest& request, const std::string& peer) {
  HttpRequest out{std::string(to_std(request.method_string())), origin_form(to_std(request.target())), {}, {}, peer};
  for (const auto& field : request)
    out.headers.emplace_back(lower_ascii(to_std(field.name_string())), trim(to_std(field.value())));
  out.body = std::move(request.body());
  return out;
}

template <class Body>
http::response<Body> wire_message(const HttpReply& reply, unsigned version, bool keeps_alive) {
  http::response<Body> message;
  message.version(version);
  message.result(reply.status);
  message.set(http::field::date, http_date());
  if (!reply.content_type.empty()) message.set(http::field::content_type, on_one_line(reply.content_type));
  for (const auto& [name, value] : reply.headers) message.insert(name, on_one_line(value));
  message.keep_alive(keeps_alive);
  message.content_length(reply.body.size());
  return message;
}

template http::response<http::empty_body> wire_message(const HttpReply& reply, unsigned version, bool keeps_alive);
template http::response<http::string_body> wire_message(const HttpReply& reply, unsigned version, bool keeps_alive);

}  // namespace godwit
