#pragma once
// The body of a call as its handler gets it: JSON of the shapes of the service model (spec/api.md §1). Total: no body
// makes it throw or recurse deeply.
//
// What it does to a body that is right: null members and members that the model does not know are left out; a
// timestamp becomes a number of seconds since 1970 (also one that came as an ISO 8601 text); a choice that callers
// may write in any case gets the model's; a blob stays base64, and is known to be it. An empty body is {}.
//
// Errors: SerializationException for a body that is no JSON object, ValidationException for everything else that is
// wrong with it, all of it (up to violations_max) in one message. Values of secrets are not repeated.

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "api/model.h"

namespace godwit {

inline constexpr size_t violations_max = 20;

struct CheckedInput {
  nlohmann::json input;                // an object
  std::vector<std::string> ignored{};  // paths of members that the model does not know, the first violations_max
};

Result<CheckedInput> read_input(const ModelOperation& operation, std::string_view body);

}  // namespace godwit
