#pragma once
// One call of the API as its handler sees it: the caller is known, allowed to, and the input has the shapes of the
// service model (required members there, types right, null members gone). A handler answers the output object or a
// fault (control/faults.h); it never throws, and what it changes is one store transaction.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/access_keys.h"
#include "control/environment.h"

namespace godwit {

struct Principal {
  std::string access_key_id, name, arn;
  Role role = Role::viewer;
};

struct Call {
  std::string_view operation;
  const nlohmann::json& input;
  Environment& environment;
  const Principal& principal;

  // Members that are absent read as empty.
  bool has(std::string_view member) const { return input.contains(member); }
  std::string text(std::string_view member) const;
  std::optional<std::string> maybe_text(std::string_view member) const;
  std::optional<int64_t> maybe_integer(std::string_view member) const;
  std::optional<bool> maybe_flag(std::string_view member) const;
  std::vector<std::string> texts(std::string_view member) const;
  std::optional<int64_t> maybe_time_us(std::string_view member) const;  // a timestamp member, in microseconds
};

// A timestamp as replies carry it: seconds with milliseconds.
nlohmann::json json_time(int64_t time_us);

using Handler = Result<nlohmann::json> (*)(const Call&);

struct Operation {
  std::string_view name;
  Handler handler;
  Role needs;  // viewer: reads; operator: everything about tasks, endpoints and tests; admin: instances, certificates
               // …
};

}  // namespace godwit
