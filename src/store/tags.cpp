#include "store/tags.h"

namespace godwit {

Result<void> put_tag(Database& database, std::string_view resource_type, std::string_view resource_id,
                     std::string_view key, std::string_view value) {
  TRY(database.run("INSERT OR REPLACE INTO tags (resource_type, resource_id, key, value) VALUES (?, ?, ?, ?)",
                   {resource_type, resource_id, key, value}));
  return {};
}

Result<void> delete_tag(Database& database, std::string_view resource_type, std::string_view resource_id,
                        std::string_view key) {
  TRY(database.run("DELETE FROM tags WHERE resource_type = ? AND resource_id = ? AND key = ?",
                   {resource_type, resource_id, key}));
  return {};
}

Result<std::vector<std::pair<std::string, std::string>>> list_tags(Database& database, std::string_view resource_type,
                                                                   std::string_view resource_id) {
  std::vector<std::pair<std::string, std::string>> tags;
  TRY(database.each("SELECT key, value FROM tags WHERE resource_type = ? AND resource_id = ? ORDER BY key",
                    {resource_type, resource_id},
                    [&](const Row& row) { tags.emplace_back(row.text(0), row.text(1)); }));
  return tags;
}

}  // namespace godwit
