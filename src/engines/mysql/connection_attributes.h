#pragma once
// DMS's connection attributes of an end of this family, given as parameters of its URI (spec/engine-mysql.md §2,
// §10), and Godwit's own: which there are, what may stand in them, which of them need no heeding.

#include "base/result.h"
#include "engine/attributes.h"
#include "engine/endpoint_form.h"

namespace godwit::mysql {

// Refuses bad values by name. Warns of each attribute that is given and changes nothing, and why, and of each
// parameter that is none.
Result<void> check_own_attributes(const Endpoint& endpoint, EndpointRole role);

// The engine names, SSL modes and attributes of stored endpoints (spec/endpoints.md §1, §3, §10).
const EndpointForm& endpoint_form();

}  // namespace godwit::mysql
