#include "engines/postgres/visibility.h"

#include <charconv>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

constexpr uint64_t wrap = uint64_t{1} << 32U;
constexpr auto look_again = std::chrono::milliseconds(5);
// A commit that waits longer for its standby is taken up again later.
constexpr int64_t wait_ms_max = 30000;

// Takes a number and the character behind it off the front.
uint64_t take_number(std::string_view& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (!text.empty()) text.remove_prefix(1);
  return value;
}

// The full number with these low bits that lies nearest to `near`.
uint64_t widened(uint64_t xid, uint64_t near) {
  uint64_t full = (near & ~(wrap - 1)) | (xid & (wrap - 1));
  if (full > near + wrap / 2 && full >= wrap) full -= wrap;
  if (full + wrap / 2 < near) full += wrap;
  return full;
}

}  // namespace

bool is_visible(std::string_view snapshot, uint64_t xid) {
  const uint64_t xmin = take_number(snapshot), xmax = take_number(snapshot), full = widened(xid, xmax);
  if (full < xmin) return true;
  if (full >= xmax) return false;
  while (!snapshot.empty())
    if (take_number(snapshot) == full) return false;
  return true;
}

Result<void> wait_until_visible(Connection& session, std::span<const uint64_t> xids) {
  const int64_t until_ms = monotonic_ms() + wait_ms_max;
  while (monotonic_ms() < until_ms) {
    const Rows rows = TRY(session.query("SELECT pg_catalog.txid_current_snapshot()"));
    const std::string_view snapshot = rows.get(0, 0);
    while (!xids.empty() && is_visible(snapshot, xids.front())) xids = xids.subspan(1);
    if (xids.empty()) return {};
    std::this_thread::sleep_for(look_again);
  }
  return Failure(errors::not_visible(xids.front()));
}

}  // namespace godwit::postgres
