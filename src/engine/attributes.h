#pragma once
// DMS's connection attributes, given as parameters of an endpoint's URI: an engine lists those it knows, and here is
// what is common to them. Names and flags are compared without regard to case.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/endpoint.h"

namespace godwit {

enum class EndpointRole { source, target };

struct Attribute {
  enum class Form { text, flag, number, word };
  enum class On { source, target, both };
  std::string_view name;
  Form form = Form::text;
  On on = On::both;
  std::string_view needless{};  // why it changes nothing; empty: it is heeded
  int64_t least = 0, most = INT32_MAX;
  std::array<std::string_view, 6> words{};  // lower case
};

// Null: it is none of these.
const Attribute* find_attribute(std::span<const Attribute> known, std::string_view name);

// Whether a flag is given and says yes.
bool is_set(const Endpoint& endpoint, std::string_view flag, bool otherwise = false);

// Refuses bad values by name. Answers a warning for each attribute that is given and changes nothing, and why.
// Parameters that are no attribute are left to the engine.
Result<std::vector<std::string>> check_attributes(const Endpoint& endpoint, EndpointRole role,
                                                  std::span<const Attribute> known);

Error bad_attribute(std::string_view name, std::string_view given, std::string_view wanted);

}  // namespace godwit
