#pragma once
// One HTTP request and its reply as handlers see them; nothing here knows of sockets.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;  // as received: "POST"
  std::string
      target;  // path and query as received, still encoded: "/?Action=x"; of an absolute form, what follows the host
  HttpHeaders headers;  // names in lower case; headers of one name stand in the order received; values trimmed
  std::string body;
  std::string peer;  // the client's address without its port: "127.0.0.1", "::1"

  // The value of the first header of that name; null when there is none.
  const std::string* header(std::string_view lower_case_name) const;
  // What stands before the first '?' of the target, and after it (empty: none).
  std::string_view path() const;
  std::string_view query() const;
};

// The server adds Content-Length, Date and Connection; a reply to HEAD goes without its body. Line breaks and other
// control characters in a header's value are sent as blanks.
struct HttpReply {
  unsigned status = 200;
  std::string content_type;  // empty: no such header
  HttpHeaders headers{};
  std::string body{};
};

}  // namespace godwit
