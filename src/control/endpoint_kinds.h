#pragma once
// The kinds of endpoints that this server's engines can be: what DescribeEndpointTypes and DescribeEndpointSettings
// list, and what CreateEndpoint is checked against. Read from engine/endpoint_form.h; nothing is listed twice.

#include <string>
#include <string_view>
#include <vector>

#include "control/environment.h"
#include "engine/endpoint_form.h"

namespace godwit {

struct EndpointKind {
  const ServedEngine* engine = nullptr;  // the name it was asked for by
  const EndpointForm* form = nullptr;
  Engine* served_by = nullptr;
};

// By DMS's engine name, regardless of case. InvalidParameterValueException: no engine of this build serves it.
Result<EndpointKind> endpoint_kind(const Environment& environment, std::string_view engine_name);

// One row of DescribeEndpointTypes.
struct EndpointType {
  std::string engine_name, type, display_name;  // type: "source", "target"
  bool captures_changes = false;
};

// Sorted by engine name, then type.
std::vector<EndpointType> endpoint_types(const Environment& environment);

// The rows of DescribeEndpointSettings: login settings and attributes, sorted by name.
std::vector<const Attribute*> endpoint_settings(const EndpointKind& kind);

EndpointRole endpoint_role(std::string_view type);  // "source", "target"

}  // namespace godwit
