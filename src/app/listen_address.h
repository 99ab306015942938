#pragma once
// --listen: HOST:PORT, [IPv6]:PORT, :PORT (every address) or PORT (loopback).

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace godwit {

struct ListenAddress {
  std::string host;
  uint16_t port = 0;  // 0: any free one
  // Written as a loopback address: 127.0.0.0/8, ::1 or localhost.
  bool is_loopback() const;
};

Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace godwit
