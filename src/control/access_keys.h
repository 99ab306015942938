#pragma once
// Access keys (spec/api.md §2): who may call, and as what. An id has 20 characters ("GKIA…"), a secret 40; the secret
// is shown once, when it is made, and kept sealed. Every look-up reads the store, so a key that `godwit keys` makes
// or revokes beside a running server counts from the next request on.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/secret_box.h"
#include "store/database.h"

namespace godwit {

enum class Role { viewer, operator_, admin };  // each may do what the one before may

std::string_view to_string(Role role);
std::optional<Role> role_of(std::string_view word);

struct AccessKey {
  std::string id, name;
  Role role = Role::viewer;
  int64_t created_us = 0;
  std::optional<int64_t> last_used_us{}, revoked_us{};
};

struct AccessKeyWithSecret {
  AccessKey key;
  std::string secret;
};

// `name`: 1 to 64 of letters, digits and +=,.@_- (an IAM user's); an error of code keys.name otherwise.
Result<AccessKeyWithSecret> create_access_key(Database& database, const SecretBox& secrets, std::string_view name,
                                              Role role, int64_t now_us);
Result<std::vector<AccessKey>> access_keys(Database& database);
// keys.unknown when there is no such key or it was revoked before.
Result<void> revoke_key(Database& database, std::string_view id, int64_t now_us);

// With its secret, also a revoked one (its revoked_us says so); nothing: there is none of this id.
Result<std::optional<AccessKeyWithSecret>> look_up_access_key(Database& database, const SecretBox& secrets,
                                                              std::string_view id);

// Keeps when a key was last used, to the minute: not every call writes.
Result<void> note_key_use(Database& database, const AccessKey& key, int64_t now_us);

}  // namespace godwit
