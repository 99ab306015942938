#pragma once
// What a request claims about its signature: the Authorization header and the time it was signed.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace godwit {

struct AuthorizationHeader {
  std::string access_key_id, date, region, service, terminator;  // the credential scope, as written
  std::vector<std::string> signed_headers;                       // in lower case, sorted, each once
  std::string signature;                                         // 64 lower-case hexadecimal digits
};

// "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…". No error repeats the header: it may be a password's.
Result<AuthorizationHeader> parse_authorization(std::string_view header);

struct SignedTime {
  std::string text;  // "20260301T093005Z"
  int64_t seconds;   // since 1970
};

// Of X-Amz-Date, else of Date, which may be "Sun, 01 Mar 2026 09:30:05 GMT" too.
Result<SignedTime> signed_time(const HttpRequest& request);

// "20260301T093005Z"
std::string basic_iso_seconds(int64_t seconds);

}  // namespace godwit
