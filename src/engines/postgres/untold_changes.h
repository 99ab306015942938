#pragma once
// What the log of an old server does not tell: a TRUNCATE, and the rows of a partition that came later and that no
// publication holds. Both are seen at the tables themselves.

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/source.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

bool log_tells_all(int server);

// A new filenode may also come from VACUUM FULL, CLUSTER or a rewriting ALTER TABLE: from outside they look the same.
Result<std::vector<UntoldChange>> find_untold_changes(Connection& session, std::span<const FollowedTable> tables);

}  // namespace godwit::postgres
