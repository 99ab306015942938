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
  // What the control plane says of it (spec/endpoints.md §10).
  std::string_view member{};         // of the engine's settings structure; empty: an extra connection attribute alone
  std::string_view default_value{};  // what holds when it is not given
  std::string_view unit{};           // "s", "KB"
  std::string_view description{};
  bool sensitive = false;        // never shown
  bool repeats = false;          // given more than once all hold, a semicolon between them
  bool only_in_uri = false;      // stored endpoints say it by other members (SslMode, CertificateArn)
  bool older_structure = false;  // a member of ServedEngine::older_structure too
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
