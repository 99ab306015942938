#include "api/authentication.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/errors.h"
#include "base/base64.h"
#include "base/server_log.h"
#include "base/text.h"
#include "http/digest.h"
#include "http/errors.h"

namespace godwit {
namespace {

std::string user_arn(const Namespace& names, std::string_view name) {
  return fmt::format("arn:{}:iam::{}:user/{}", names.partition, names.account, name);
}

// "localhost:8470", "127.0.0.1", "[::1]:8470"
bool names_loopback(std::string_view host) {
  const size_t end = host.starts_with('[') ? host.find(']') : host.rfind(':');
  const std::string name = lower_ascii(host.substr(0, host.starts_with('[') && end != host.npos ? end + 1 : end));
  if (name == "localhost" || name == "[::1]") return true;
  const bool dotted = std::ranges::all_of(name, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return dotted && name.starts_with("127.") && std::ranges::count(name, '.') == 3;
}

}  // namespace

Authentication::Authentication(Environment& environment, AuthenticationOptions options)
    : environment_(environment), options_(std::move(options)), verifier_(options_.signature) {}

Principal Authentication::anybody(Role role) const {
  return {.access_key_id = "anonymous",
          .name = "anonymous",
          .arn = user_arn(environment_.names, "anonymous"),
          .role = role};
}

Result<Principal> Authentication::principal_of(const AccessKey& key) const {
  if (const auto noted = note_key_use(environment_.database, key, environment_.now_us()); !noted)
    server_log(Severity::warning, "api", noted.error().message);  // a full disk refuses no reader
  return Principal{
      .access_key_id = key.id, .name = key.name, .arn = user_arn(environment_.names, key.name), .role = key.role};
}

Result<void> Authentication::check_host(const HttpRequest& request) const {
  const std::string* host = request.header("host");
  if (options_.required || host == nullptr || names_loopback(*host)) return {};
  return Failure(host_refused(*host));
}

Result<Principal> Authentication::by_signature(const HttpRequest& request, const SignatureDemand& demand) {
  if (!options_.required) {
    TRY(check_host(request));
    return anybody(Role::admin);
  }
  std::optional<AccessKey> key;
  std::optional<Error> store_failed;
  const KeyLookup look_up = [&](std::string_view id) -> std::optional<SigningKey> {
    auto found = look_up_access_key(environment_.database, environment_.secrets, id);
    if (!found) store_failed = std::move(found).error();
    if (store_failed || !*found) return std::nullopt;
    key = (*found)->key;
    return SigningKey{.secret = std::move((*found)->secret), .revoked = key->revoked_us.has_value()};
  };
  const auto caller = verifier_.verify(request, demand, look_up, environment_.now_us() / 1'000'000);
  if (store_failed) return Failure(std::move(*store_failed));
  if (!caller) return Failure(caller.error());
  if (!key) return Failure(signing_key_unknown());
  return principal_of(*key);
}

Result<Principal> Authentication::by_password(const HttpRequest& request, const SignatureDemand& demand) {
  const std::string* header = request.header("authorization");
  if (!options_.required || header == nullptr || !lower_ascii(header->substr(0, 6)).starts_with("basic "))
    return by_signature(request, demand);
  const auto credentials = from_base64(trim(std::string_view(*header).substr(6)));
  const size_t colon = credentials ? credentials->find(':') : std::string::npos;
  if (colon == std::string::npos) return Failure(signing_key_unknown());
  const auto found =
      TRY(look_up_access_key(environment_.database, environment_.secrets, credentials->substr(0, colon)));
  if (!found || found->key.revoked_us || !equal_in_constant_time(found->secret, credentials->substr(colon + 1)))
    return Failure(signing_key_unknown());
  return principal_of(found->key);
}

}  // namespace godwit
