#include "engines/mysql/open_xa.h"

#include <chrono>

#include "base/log.h"
#include "engines/mysql/connection_attributes.h"
#include "engines/mysql/log_status.h"
#include "engines/mysql/source_errors.h"

namespace godwit::mysql {
namespace {

constexpr auto look_again = std::chrono::milliseconds(200);

Result<LogPlace> place_now(Connection& session) {
  const std::optional<BinlogPosition> end = TRY(log_end_position(session));
  if (!end) return Failure(errors::log_off());
  return end->place;
}

}  // namespace

Result<NoOpenXa> wait_for_open_xa(Connection& session, const Endpoint& endpoint, int64_t wait_s,
                                  Interruption& interruption) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(wait_s);
  const bool ignores = is_set(endpoint, "IgnoreOpenXaTransactionsCheck", false);
  for (bool told = false;; told = true) {
    // Before the question: what is prepared behind the answer lies behind this place.
    LogPlace place = TRY(place_now(session));
    if (!session.traits().logs_prepared()) return NoOpenXa{std::move(place), true};
    const auto open = session.query("XA RECOVER");
    if (!open && session.broken()) return Failure(open.error());
    if (interruption.asked()) return Failure(errors::interrupted());
    if (!open) log_warning(Component::source_capture, "{}", errors::xa_unseen(open.error().message).message);
    if (!open || open->empty()) return NoOpenXa{std::move(place), open.has_value()};
    if (ignores) {
      log_warning(Component::source_capture, "{}", errors::xa_ignored(open->size()).message);
      return NoOpenXa{std::move(place), false};
    }
    if (!told) log_info(Component::source_capture, "Waiting for {} prepared XA transaction(s)", open->size());
    if (std::chrono::steady_clock::now() > deadline) return Failure(errors::xa_stays_open(open->size(), wait_s));
    TRY(interruption.pause(look_again));
  }
}

}  // namespace godwit::mysql
