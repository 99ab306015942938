#pragma once
// DMS's lines about a row that the target refused (spec/monitoring.md §3): runbooks grep SQL_ERROR, the state and the
// constraint's name. The statement stands there with ? for each value.

#include "base/log.h"
#include "engine/target.h"

namespace godwit {

// `message`: the server's words without values (Error::message).
void log_refused_row(Component component, const ParkedRow& row, std::string_view sqlstate, std::string_view message);
// Behind it, of a row that went into the exception tables; its position is known.
void log_parked_row(Component component, const ParkedRow& row);

}  // namespace godwit
