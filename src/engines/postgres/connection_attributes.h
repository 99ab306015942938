#pragma once
// DMS's connection attributes, given as parameters of an endpoint's URI (spec/engine-postgresql.md §2, §11.2): which
// there are, what may stand in them, and which of them need no heeding between PostgreSQL and PostgreSQL.

#include <string_view>

#include "base/result.h"
#include "engine/attributes.h"
#include "engine/endpoint_form.h"

namespace godwit::postgres {

// Whether the parameter is one of ours to read; all others are libpq's.
bool is_attribute(std::string_view name);

// Refuses bad values by name; warns once of each attribute that is given and changes nothing, and why.
Result<void> check_own_attributes(const Endpoint& endpoint, EndpointRole role);

// The engine names, SSL modes and attributes of stored endpoints (spec/endpoints.md §1, §3, §10).
const EndpointForm& endpoint_form();

}  // namespace godwit::postgres
