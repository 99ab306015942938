#pragma once
// The text that Signature Version 4 signs (spec/api.md §2, 7). Total: any bytes give a text.

#include <span>
#include <string>
#include <string_view>

#include "http/message.h"

namespace godwit {

// The path as received without dot segments and doubled slashes, then percent-encoded once more ('%' is "%25"), as
// every service but S3 wants it. An empty path is "/".
std::string canonical_path(std::string_view path);

// Names and values decoded, encoded anew (upper-case digits, ' ' is "%20", '+' stands for itself: "%2B") and sorted.
// A name without '=' gets one; a '%' that begins no code stands for itself.
std::string canonical_query(std::string_view query);

// Trimmed, and each run of white space one blank.
std::string canonical_header_value(std::string_view value);

// `signed_headers` in lower case, sorted, each once; the values of headers that come several times are joined by ','.
// One that the request has not is signed as empty.
std::string canonical_request(const HttpRequest& request, std::span<const std::string> signed_headers,
                              std::string_view payload_hash);

}  // namespace godwit
