#include "store/access_keys.h"

namespace godwit {
namespace {

constexpr std::string_view columns = "id, name, role, sealed_secret, created_us, last_used_us, revoked_us";

AccessKeyRow key_of(const Row& row) {
  return {.id = row.text(0),
          .name = row.text(1),
          .role = row.text(2),
          .sealed_secret = row.bytes(3),
          .created_us = row.integer(4),
          .last_used_us = row.maybe_integer(5),
          .revoked_us = row.maybe_integer(6)};
}

}  // namespace

Result<void> insert_access_key(Database& database, const AccessKeyRow& key) {
  TRY(database.run("INSERT INTO access_keys (id, name, role, sealed_secret, created_us) VALUES (?, ?, ?, ?, ?)",
                   {key.id, key.name, key.role, std::span<const std::byte>(key.sealed_secret), key.created_us}));
  return {};
}

Result<std::optional<AccessKeyRow>> find_access_key(Database& database, std::string_view id) {
  std::optional<AccessKeyRow> found;
  TRY(database.each(std::string("SELECT ").append(columns).append(" FROM access_keys WHERE id = ?"), {id},
                    [&](const Row& row) { found = key_of(row); }));
  return found;
}

Result<std::vector<AccessKeyRow>> list_access_keys(Database& database) {
  std::vector<AccessKeyRow> keys;
  TRY(database.each(std::string("SELECT ").append(columns).append(" FROM access_keys ORDER BY created_us, id"), {},
                    [&](const Row& row) { keys.push_back(key_of(row)); }));
  return keys;
}

Result<bool> revoke_access_key(Database& database, std::string_view id, int64_t now_us) {
  const int64_t changed =
      TRY(database.run("UPDATE access_keys SET revoked_us = ? WHERE id = ? AND revoked_us IS NULL", {now_us, id}));
  return changed > 0;
}

Result<void> note_access_key_use(Database& database, std::string_view id, int64_t now_us) {
  TRY(database.run("UPDATE access_keys SET last_used_us = ? WHERE id = ?", {now_us, id}));
  return {};
}

}  // namespace godwit
