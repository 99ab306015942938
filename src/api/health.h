#pragma once
// GET /healthz, open to anybody: 200 {"status":"ok"} while the server answers and its store can be read and written,
// else 503 {"status":"failed"}; the log says why.

#include "api/facade.h"

namespace godwit {

Facade health_facade();

}  // namespace godwit
