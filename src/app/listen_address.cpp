#include "app/listen_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

namespace godwit {
namespace {

Error bad_listen_address(std::string_view text) {
  return {
      .kind = ErrorKind::usage,
      .code = "serve.listen",
      .message = fmt::format("--listen takes HOST:PORT, [IPv6]:PORT, :PORT or PORT (0 to 65535), not '{}'.", text),
      .sqlstate = {}};
}

}  // namespace

bool ListenAddress::is_loopback() const {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost";
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  ListenAddress out{.host = "127.0.0.1"};
  std::string_view port = text;
  if (const size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    port = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!bracketed && host.contains(':')) return Failure(bad_listen_address(text));
    out.host = host.empty() ? "0.0.0.0" : std::string(host);
  }
  const auto [end, failed] = std::from_chars(port.begin(), port.end(), out.port);
  if (port.empty() || failed != std::errc() || end != port.end()) return Failure(bad_listen_address(text));
  return out;
}

}  // namespace godwit
