#include "engines/postgres/backends.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/clock.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

constexpr auto poll_interval = std::chrono::milliseconds(20);

Result<void> wait_until_gone(Connection& session, const std::string& pids, int timeout_ms) {
  const int64_t until = monotonic_ms() + timeout_ms;
  for (;;) {
    // Within a transaction the view would go on showing what it showed first.
    TRY(session.run("SELECT pg_catalog.pg_stat_clear_snapshot()"));
    const Rows left =
        TRY(session.query("SELECT FROM pg_catalog.pg_stat_activity WHERE pid = ANY ($1::int[])", {pids}));
    if (left.empty() || monotonic_ms() >= until) return {};
    std::this_thread::sleep_for(poll_interval);
  }
}

}  // namespace

Result<void> end_backends(Connection& session, const std::string& condition,
                          std::initializer_list<std::string> parameters, int timeout_ms) {
  const bool waits = version::terminates_with_timeout(session.server_version());
  const Rows ended = TRY(session.query(
      fmt::format("SELECT pid, pg_catalog.pg_terminate_backend(pid{}) FROM pg_catalog.pg_stat_activity WHERE {}",
                  waits ? fmt::format(", {}", timeout_ms) : "", condition),
      parameters));
  if (waits || ended.empty()) return {};
  std::string pids = "{";
  for (int row = 0; row < ended.size(); ++row) pids += (row == 0 ? "" : ",") + ended.text(row, 0);
  return wait_until_gone(session, pids + "}", timeout_ms);
}

}  // namespace godwit::postgres
