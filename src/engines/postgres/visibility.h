#pragma once
// Whether a transaction's work can be seen. The walsender may send a commit before other sessions see it, for as long
// as the commit waits for a synchronous standby.

#include <cstdint>
#include <span>
#include <string_view>

#include "engines/postgres/connection.h"

namespace godwit::postgres {

// `snapshot`: what txid_current_snapshot() gives, "xmin:xmax:running,running". `xid`: the 32 bits that the log has.
bool is_visible(std::string_view snapshot, uint64_t xid);

// Waits until a new snapshot shows all of them.
Result<void> wait_until_visible(Connection& session, std::span<const uint64_t> xids);

}  // namespace godwit::postgres
