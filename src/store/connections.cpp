#include "store/connections.h"

#include "store/where.h"

namespace godwit {
namespace {

constexpr std::string_view select =
    "SELECT endpoint_id, instance_id, status, last_failure_message, attempt, created_us, asked FROM connections";

ConnectionRecord read(const Row& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4), row.integer(5), row.integer(6) != 0};
}

}  // namespace

std::string connection_key(const ConnectionRecord& connection) {
  return connection.endpoint_id + "/" + connection.instance_id;
}

Result<ConnectionRecord> begin_connection_test(Database& database, const std::string& endpoint_id,
                                               const std::string& instance_id, int64_t now_us, bool asked) {
  return database.atomically([&]() -> Result<ConnectionRecord> {
    const std::string key = connection_key({.endpoint_id = endpoint_id, .instance_id = instance_id});
    TRY(
        database.run("INSERT INTO connections (key, endpoint_id, instance_id, status, attempt, created_us, asked) "
                     "VALUES (?, ?, ?, 'testing', 1, ?, ?) ON CONFLICT (key) DO UPDATE SET status = 'testing', "
                     "last_failure_message = '', attempt = attempt + 1, asked = excluded.asked",
                     {key, endpoint_id, instance_id, now_us, int64_t{asked ? 1 : 0}}));
    return TRY(find_connection(database, endpoint_id, instance_id))
    .value_or(ConnectionRecord{});
  });
}

Result<void> end_connection_test(Database& database, const ConnectionRecord& attempt, const std::string& failure) {
  TRY(database.run("UPDATE connections SET status = ?, last_failure_message = ? WHERE key = ? AND attempt = ?",
                   {failure.empty() ? "successful" : "failed", failure, connection_key(attempt), attempt.attempt}));
  return {};
}

Result<std::optional<ConnectionRecord>> find_connection(Database& database, const std::string& endpoint_id,
                                                        const std::string& instance_id) {
  std::optional<ConnectionRecord> found;
  const std::string sql = std::string(select) + " WHERE endpoint_id = ? AND instance_id = ?";
  TRY(database.each(sql, {endpoint_id, instance_id}, [&](const Row& row) { found = read(row); }));
  return found;
}

Result<std::vector<ConnectionRecord>> list_connections(Database& database, const ConnectionChoice& choice,
                                                       const ListPage& page) {
  Where where;
  if (choice.endpoint_ids) where.among("endpoint_id", *choice.endpoint_ids);
  if (choice.instance_ids) where.among("instance_id", *choice.instance_ids);
  std::vector<ConnectionRecord> out;
  const std::string sql = std::string(select) + where.sql(page, "created_us", "key");
  TRY(database.each(sql, where.values(), [&](const Row& row) { out.push_back(read(row)); }));
  return out;
}

Result<std::vector<ConnectionRecord>> list_running_connection_tests(Database& database) {
  std::vector<ConnectionRecord> out;
  const std::string sql = std::string(select) + " WHERE status = 'testing'";
  TRY(database.each(sql, {}, [&](const Row& row) { out.push_back(read(row)); }));
  return out;
}

Result<void> delete_connection(Database& database, const std::string& endpoint_id, const std::string& instance_id) {
  TRY(database.run("DELETE FROM connections WHERE endpoint_id = ? AND instance_id = ?", {endpoint_id, instance_id}));
  return {};
}

}  // namespace godwit
