#include "engines/postgres/server_traits.h"

#include <array>
#include <charconv>
#include <compare>
#include <optional>

#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

constexpr std::string_view cockroach_name = "CockroachDB";
// Rows, ledger line and all that the server keeps of them until the commit.
constexpr uint64_t cockroach_transaction_bytes = 16U << 20U;

using Release = std::array<unsigned, 3>;

// The first " v<major>.<minor>.<patch>" of the text.
std::optional<Release> release_of(std::string_view text) {
  for (size_t at = text.find(" v"); at != std::string_view::npos; at = text.find(" v", at + 1)) {
    const char* next = text.data() + at + 2;
    const char* const end = text.data() + text.size();
    Release release{};
    size_t parts = 0;
    for (unsigned& part : release) {
      if (parts > 0 && (next == end || *next++ != '.')) break;
      const auto [rest, failed] = std::from_chars(next, end, part);
      if (failed != std::errc{}) break;
      next = rest;
      ++parts;
    }
    if (parts == release.size()) return release;
  }
  return std::nullopt;
}

bool is_supported(const Release& release) {
  constexpr Release last_of_21{21, 2, 13};
  if (release[0] >= 22) return release[0] > 22 || release[1] >= 1;
  return release[0] == last_of_21[0] && release[1] == last_of_21[1] && release[2] >= last_of_21[2];
}

std::string text_of(const Release& release) {
  return std::to_string(release[0]) + "." + std::to_string(release[1]) + "." + std::to_string(release[2]);
}

}  // namespace

Result<ServerTraits> traits_of(std::string_view version, std::string_view endpoint) {
  ServerTraits traits;
  if (!version.starts_with(cockroach_name)) return traits;
  const std::optional<Release> release = release_of(version);
  if (!release || !is_supported(*release))
    return Failure(errors::cockroach_too_old(endpoint, release ? text_of(*release) : "of unknown version"));
  traits.is_cockroach = true;
  traits.version = text_of(*release);
  traits.has_replica_role = traits.has_session_settings = traits.has_temporary_tables = false;
  traits.has_row_addresses = traits.has_log_positions = false;
  traits.has_deferred_constraints = traits.has_transactional_ddl = traits.has_full_catalog = false;
  traits.has_triggers = traits.has_identity_override = traits.has_binary_copy = false;
  traits.transaction_bytes_max = cockroach_transaction_bytes;
  return traits;
}

}  // namespace godwit::postgres
