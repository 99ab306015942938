#include "engine/endpoint.h"

#include <fmt/format.h>

#include "base/text.h"

namespace godwit {
namespace {

Failure bad_uri(std::string_view what) {
  return Failure(Error{ErrorKind::usage, "endpoint.uri",
                       fmt::format("the connection URI is not understood: {}. Write "
                                   "postgresql://user:password@host:port/database, with special characters as %XX.",
                                   what),
                       ""});
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0 || high + low == 0) return bad_uri("a '%' is not followed by two hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string escape(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text)
    if (plain.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

// [host]:port, host:port, host, or nothing
Result<void> parse_authority(std::string_view text, Endpoint& out) {
  const size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view credentials = text.substr(0, at);
    const size_t colon = credentials.find(':');
    out.user = TRY(unescape(credentials.substr(0, colon)));
    if (colon != std::string_view::npos) out.password = TRY(unescape(credentials.substr(colon + 1)));
    text.remove_prefix(at + 1);
  }
  size_t colon = text.rfind(':');
  if (!text.empty() && text.front() == '[') {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return bad_uri("'[' of an IPv6 address is not closed");
    out.host = std::string(text.substr(1, close - 1));
    colon = text.find(':', close);
  } else {
    out.host = TRY(unescape(text.substr(0, colon)));
  }
  if (colon != std::string_view::npos) out.port = std::string(text.substr(colon + 1));
  const bool digits = out.port.find_first_not_of("0123456789") == std::string::npos && out.port.size() <= 5;
  if (!digits || (!out.port.empty() && std::stoul(out.port) > 65535))
    return bad_uri("the port is no number up to 65535");
  return {};
}

Result<void> parse_query(std::string_view text, Endpoint& out) {
  for (const std::string& pair : split(text, '&')) {
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) return bad_uri("a parameter has no '='");
    std::string key = TRY(unescape(std::string_view(pair).substr(0, equals)));
    std::string value = TRY(unescape(std::string_view(pair).substr(equals + 1)));
    out.parameters[std::move(key)] = std::move(value);
  }
  return {};
}

}  // namespace

std::optional<std::string> Endpoint::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters)
    if (lower_ascii(key) == lower_ascii(name)) return value;
  return std::nullopt;
}

Result<Endpoint> parse_endpoint(std::string_view uri) {
  const size_t colon = uri.find("://");
  if (colon == std::string_view::npos || colon == 0) return bad_uri("it has no scheme such as postgresql://");
  Endpoint out;
  out.scheme = lower_ascii(uri.substr(0, colon));
  std::string_view rest = uri.substr(colon + 3);
  const size_t question = rest.find('?');
  if (question != std::string_view::npos) {
    TRY(parse_query(rest.substr(question + 1), out));
    rest = rest.substr(0, question);
  }
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    out.database = TRY(unescape(rest.substr(slash + 1)));
    rest = rest.substr(0, slash);
  }
  TRY(parse_authority(rest, out));
  return out;
}

std::string uri_of(const Endpoint& endpoint) {
  std::string out = endpoint.scheme + "://";
  if (!endpoint.user.empty() || !endpoint.password.empty())
    out += fmt::format("{}:{}@", escape(endpoint.user), escape(endpoint.password));
  out += escape(endpoint.host);
  if (!endpoint.port.empty()) out += ":" + endpoint.port;
  out += "/" + escape(endpoint.database);
  char separator = '?';
  for (const auto& [key, value] : endpoint.parameters) {
    out += fmt::format("{}{}={}", separator, escape(key), escape(value));
    separator = '&';
  }
  return out;
}

std::string to_string(const Endpoint& endpoint) {
  std::string out = endpoint.scheme + "://";
  if (!endpoint.user.empty()) out += endpoint.user + "@";
  out += endpoint.host;
  if (!endpoint.port.empty()) out += ":" + endpoint.port;
  return out + "/" + endpoint.database;
}

}  // namespace godwit
