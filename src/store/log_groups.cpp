#include "store/log_groups.h"

namespace godwit {
namespace {

SqlValue days(const std::optional<int64_t>& value) {
  return value ? SqlValue(*value) : SqlValue(nullptr);
}

}  // namespace

Result<bool> insert_log_group(Database& database, const LogGroupRow& group) {
  const int64_t added = TRY(database.run("INSERT OR IGNORE INTO log_groups VALUES (?, ?, ?)",
                                         {group.name, group.created_us, days(group.retention_days)}));
  return added > 0;
}

Result<void> set_log_retention(Database& database, const LogGroupRow& group) {
  TRY(
      database.run("INSERT INTO log_groups VALUES (?, ?, ?) "
                   "ON CONFLICT (name) DO UPDATE SET retention_days = excluded.retention_days",
                   {group.name, group.created_us, days(group.retention_days)}));
  return {};
}

Result<bool> delete_log_group(Database& database, std::string_view name) {
  const int64_t gone = TRY(database.run("DELETE FROM log_groups WHERE name = ?", {name}));
  return gone > 0;
}

Result<std::vector<LogGroupRow>> list_log_groups(Database& database) {
  std::vector<LogGroupRow> groups;
  TRY(database.each("SELECT name, created_us, retention_days FROM log_groups ORDER BY name", {},
                    [&](const Row& row) { groups.push_back({row.text(0), row.integer(1), row.maybe_integer(2)}); }));
  return groups;
}

}  // namespace godwit
