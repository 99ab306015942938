#include "control/server_names.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>

#include "store/server_facts.h"

namespace godwit {
namespace {

constexpr size_t account_digits = 12, region_characters_max = 32;

Error bad_name(std::string message) {
  return {.kind = ErrorKind::usage, .code = "server.names", .message = std::move(message), .sqlstate = {}};
}

std::string random_account() {
  std::array<unsigned char, account_digits> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) std::abort();  // no entropy: no names
  std::string digits;
  for (const unsigned char byte : random) digits += static_cast<char>('0' + byte % 10);
  if (digits.front() == '0') digits.front() = '1';  // tools read leading zeros away
  return digits;
}

Result<void> check_account(std::string_view account) {
  if (account.size() == account_digits && account.find_first_not_of("0123456789") == std::string_view::npos)
    return {};
  return Failure(bad_name(fmt::format("'{}' is no account id: 12 digits are.", account)));
}

Result<void> check_region(std::string_view region) {
  if (!region.empty() && region.size() <= region_characters_max &&
      region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos)
    return {};
  return Failure(bad_name(fmt::format("'{}' is no region name: up to {} lower-case letters, digits and hyphens are.",
                                      region, region_characters_max)));
}

Result<std::string> fixed(Database& database, std::string_view fact, const std::optional<std::string>& asked,
                          const std::string& otherwise) {
  if (const auto held = TRY(read_server_fact(database, fact))) {
    if (asked && *asked != *held)
      return Failure(
          bad_name(fmt::format("This store's {0} is {1}, and --{0} asks for {2}. It is fixed at the first start, "
                               "since ARNs hold it: leave "
                               "--{0} away, or give this server another --data-dir.",
                               fact, *held, *asked)));
    return *held;
  }
  const std::string chosen = asked.value_or(otherwise);
  TRY(write_server_fact(database, fact, chosen));
  return chosen;
}

}  // namespace

Result<Namespace> fix_server_names(Database& database, const std::optional<std::string>& region,
                                   const std::optional<std::string>& account) {
  if (region) TRY(check_region(*region));
  if (account) TRY(check_account(*account));
  return database.atomically([&]() -> Result<Namespace> {
    Namespace names;
    names.region = TRY(fixed(database, "region", region, names.region));
    names.account = TRY(fixed(database, "account", account, random_account()));
    return names;
  });
}

Result<void> check_store(Database& database) {
  TRY(database.atomically([&] { return read_server_fact(database, "account"); }));
  return {};
}

}  // namespace godwit
