#pragma once
// Access keys. A secret is kept sealed (control/secret_box.h). A revoked key stays, so that its id is never given
// again and the log can be understood.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace godwit {

struct AccessKeyRow {
  std::string id, name, role;  // role: "admin", "operator", "viewer"
  std::vector<std::byte> sealed_secret;
  int64_t created_us = 0;
  std::optional<int64_t> last_used_us{}, revoked_us{};
};

Result<void> insert_access_key(Database& database, const AccessKeyRow& key);
Result<std::optional<AccessKeyRow>> find_access_key(Database& database, std::string_view id);
// In order of creation.
Result<std::vector<AccessKeyRow>> list_access_keys(Database& database);
// False: there is no such key, or it was revoked before.
Result<bool> revoke_access_key(Database& database, std::string_view id, int64_t now_us);
Result<void> note_access_key_use(Database& database, std::string_view id, int64_t now_us);

}  // namespace godwit
