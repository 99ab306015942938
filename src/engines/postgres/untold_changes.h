#pragma once
// What a log leaves untold of the tables it is read for: a TRUNCATE (old servers), the rows of a partition that came
// later and that nothing publishes, and, where no event triggers tell of structure, every partition that comes or
// goes. All of it is seen at the tables themselves.

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/source.h"
#include "engines/postgres/capture_way.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

// How a source's log is read.
struct Following {
  CaptureWay way;
  bool tells_structure = false;  // event triggers do
};

// Whether there is nothing to look for. `following`: nothing while the log is not read yet; then what the server can
// tell decides.
bool log_tells_all(int server, const std::optional<Following>& following);

// A new filenode may also come from VACUUM FULL, CLUSTER or a rewriting ALTER TABLE: from outside they look the same.
Result<std::vector<UntoldChange>> find_untold_changes(Connection& session, std::span<const FollowedTable> tables,
                                                      const std::optional<Following>& following);

}  // namespace godwit::postgres
