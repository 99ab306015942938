#pragma once
// One end of a task, as its URI says it: scheme://user:password@host:port/database?key=value&…
// The query holds the client library's parameters and DMS's extra connection attributes alike; keys of the latter are
// compared without regard to case. `%XX` escapes are decoded in every part.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace godwit {

struct Endpoint {
  std::string scheme, user, password, host, port, database;
  std::map<std::string, std::string> parameters;  // as written

  // Looks a parameter up without regard to case.
  std::optional<std::string> parameter(std::string_view name) const;
};

Result<Endpoint> parse_endpoint(std::string_view uri);

// The URI that parse_endpoint() reads back as this endpoint, password and parameters and all: for handing it on,
// never for a message.
std::string uri_of(const Endpoint& endpoint);

// For messages: no password, no parameters. "postgresql://user@host:5432/database"
std::string to_string(const Endpoint& endpoint);

}  // namespace godwit
