#include "control/access_keys.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>

#include "base/base64.h"
#include "control/arn.h"
#include "store/access_keys.h"

namespace godwit {
namespace {

constexpr int64_t use_kept_every_us = 60'000'000;
constexpr size_t name_characters_max = 64;
constexpr std::array<std::string_view, 3> roles = {"viewer", "operator", "admin"};

Error bad_key_name(std::string_view name) {
  return {.kind = ErrorKind::usage,
          .code = "keys.name",
          .message = fmt::format("'{}' is no name for an access key: 1 to {} letters, digits and +=,.@_- are.",
                                 name.substr(0, 100), name_characters_max),
          .sqlstate = {}};
}

Error unknown_key(std::string_view id) {
  return {.kind = ErrorKind::usage,
          .code = "keys.unknown",
          .message = fmt::format("There is no access key {} to revoke, or it was revoked before; godwit keys list "
                                 "shows all.",
                                 id.substr(0, 100)),
          .sqlstate = {}};
}

std::string place_of(std::string_view id) {
  return fmt::format("access-key/{}/secret", id);
}

std::string new_secret() {
  std::array<unsigned char, 30> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) std::abort();  // no entropy: no keys
  return base64({reinterpret_cast<const char*>(random.data()), random.size()});
}

bool is_key_name(std::string_view name) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-";
  return !name.empty() && name.size() <= name_characters_max &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

AccessKey key_of(const AccessKeyRow& row) {
  return {.id = row.id,
          .name = row.name,
          .role = role_of(row.role).value_or(Role::viewer),
          .created_us = row.created_us,
          .last_used_us = row.last_used_us,
          .revoked_us = row.revoked_us};
}

}  // namespace

std::string_view to_string(Role role) {
  return roles[static_cast<size_t>(role)];
}

std::optional<Role> role_of(std::string_view word) {
  for (size_t i = 0; i < roles.size(); ++i)
    if (roles[i] == word) return static_cast<Role>(i);
  return std::nullopt;
}

Result<AccessKeyWithSecret> create_access_key(Database& database, const SecretBox& secrets, std::string_view name,
                                              Role role, int64_t now_us) {
  if (!is_key_name(name)) return Failure(bad_key_name(name));
  AccessKeyWithSecret made{.key = {.id = "GKIA" + new_resource_id().substr(0, 16),
                                   .name = std::string(name),
                                   .role = role,
                                   .created_us = now_us},
                           .secret = new_secret()};
  TRY(insert_access_key(database, {.id = made.key.id,
                                   .name = made.key.name,
                                   .role = std::string(to_string(role)),
                                   .sealed_secret = secrets.seal(made.secret, place_of(made.key.id)),
                                   .created_us = now_us}));
  return made;
}

Result<std::vector<AccessKey>> access_keys(Database& database) {
  std::vector<AccessKey> keys;
  for (const AccessKeyRow& row : TRY(list_access_keys(database))) keys.push_back(key_of(row));
  return keys;
}

Result<void> revoke_key(Database& database, std::string_view id, int64_t now_us) {
  if (!TRY(revoke_access_key(database, id, now_us))) return Failure(unknown_key(id));
  return {};
}

Result<std::optional<AccessKeyWithSecret>> look_up_access_key(Database& database, const SecretBox& secrets,
                                                              std::string_view id) {
  const auto row = TRY(find_access_key(database, id));
  if (!row) return std::nullopt;
  std::string secret = TRY(secrets.unseal(row->sealed_secret, place_of(id)));
  return AccessKeyWithSecret{.key = key_of(*row), .secret = std::move(secret)};
}

Result<void> note_key_use(Database& database, const AccessKey& key, int64_t now_us) {
  if (key.last_used_us && now_us - *key.last_used_us < use_kept_every_us) return {};
  return note_access_key_use(database, key.id, now_us);
}

}  // namespace godwit
