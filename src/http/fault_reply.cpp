#include "http/fault_reply.h"

#include <openssl/rand.h>

#include <array>
#include <nlohmann/json.hpp>

namespace godwit {

std::string new_request_id() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += digits[bytes[i] >> 4];
    id += digits[bytes[i] & 15];
  }
  return id;
}

HttpReply fault_reply(unsigned status, std::string_view type, std::string_view message) {
  const nlohmann::json body = {{"__type", type}, {"message", message}};
  return HttpReply{status,
                   "application/x-amz-json-1.1",
                   {{"x-amzn-RequestId", new_request_id()}, {"x-amzn-ErrorType", std::string(type)}},
                   body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

}  // namespace godwit
