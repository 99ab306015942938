#include "store/schema_lists.h"

namespace godwit {
namespace {

constexpr std::string_view select =
    "SELECT endpoint_id, instance_id, status, last_failure_message, last_refresh_us, attempt FROM schema_lists";

SchemaListRecord read(const Row& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4), row.integer(5)};
}

Result<bool> set_status(Database& database, const SchemaListRecord& attempt, std::string_view status,
                        const std::string& failure) {
  return TRY(
      database.run("UPDATE schema_lists SET status = ?, last_failure_message = ? WHERE endpoint_id = ? AND "
                   "attempt = ?",
                   {status, failure, attempt.endpoint_id, attempt.attempt}))
  > 0;
}

}  // namespace

Result<SchemaListRecord> begin_schema_refresh(Database& database, const std::string& endpoint_id,
                                              const std::string& instance_id, int64_t now_us) {
  return database.atomically([&]() -> Result<SchemaListRecord> {
    TRY(
        database.run("INSERT INTO schema_lists (endpoint_id, instance_id, status, last_refresh_us, attempt) "
                     "VALUES (?, ?, 'refreshing', ?, 1) ON CONFLICT (endpoint_id) DO UPDATE SET instance_id = "
                     "excluded.instance_id, status = 'refreshing', last_failure_message = '', last_refresh_us = "
                     "excluded.last_refresh_us, attempt = attempt + 1",
                     {endpoint_id, instance_id, now_us}));
    return TRY(find_schema_list(database, endpoint_id))
    .value_or(SchemaListRecord{});
  });
}

Result<void> end_schema_refresh(Database& database, const SchemaListRecord& attempt,
                                std::span<const std::string> names) {
  return database.atomically([&]() -> Result<void> {
    const bool latest = TRY(set_status(database, attempt, "successful", ""));
    if (!latest) return {};
    TRY(database.run("DELETE FROM schema_names WHERE endpoint_id = ?", {attempt.endpoint_id}));
    for (const std::string& name : names)
      TRY(database.run("INSERT OR IGNORE INTO schema_names (endpoint_id, name) VALUES (?, ?)",
                       {attempt.endpoint_id, name}));
    return {};
  });
}

Result<void> fail_schema_refresh(Database& database, const SchemaListRecord& attempt, const std::string& failure) {
  TRY(set_status(database, attempt, "failed", failure));
  return {};
}

Result<std::optional<SchemaListRecord>> find_schema_list(Database& database, const std::string& endpoint_id) {
  std::optional<SchemaListRecord> found;
  const std::string sql = std::string(select) + " WHERE endpoint_id = ?";
  TRY(database.each(sql, {endpoint_id}, [&](const Row& row) { found = read(row); }));
  return found;
}

Result<std::vector<SchemaListRecord>> list_running_schema_refreshes(Database& database) {
  std::vector<SchemaListRecord> out;
  const std::string sql = std::string(select) + " WHERE status = 'refreshing'";
  TRY(database.each(sql, {}, [&](const Row& row) { out.push_back(read(row)); }));
  return out;
}

Result<std::vector<std::string>> list_schema_names(Database& database, const std::string& endpoint_id,
                                                   const std::string& after, int64_t limit) {
  std::vector<std::string> out;
  TRY(database.each("SELECT name FROM schema_names WHERE endpoint_id = ? AND name > ? ORDER BY name LIMIT ?",
                    {endpoint_id, after, limit}, [&](const Row& row) { out.push_back(row.text(0)); }));
  return out;
}

}  // namespace godwit
