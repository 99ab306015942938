#pragma once
// From a stored endpoint to what an engine connects by: login from the sealed password or the named secret (read anew
// each time, so a rotated secret counts at the next connection), certificate as a file in the data folder, settings
// and extra connection attributes as parameters. May read files; asks no server.

#include "control/endpoint_kinds.h"
#include "store/endpoints.h"

namespace godwit {

// The endpoint holds secrets: hand it to an engine, or uri_of() it to a worker, and nowhere else.
// Errors (kind usage or prerequisite, with lower-case codes): the engine is not in this build any more; the secret is
// missing, open to others or no secret; the certificate is gone. No message holds a secret.
Result<Endpoint> connectable(const Environment& environment, const EndpointRecord& endpoint);

// Where its password is sealed (control/secret_box.h).
std::string password_place(const std::string& endpoint_id);

}  // namespace godwit
