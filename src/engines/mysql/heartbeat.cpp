#include "engines/mysql/heartbeat.h"

#include <fmt/format.h>

#include <charconv>

#include "engines/mysql/connection_attributes.h"

namespace godwit::mysql {
namespace {

constexpr int64_t minutes_s = 60, default_minutes = 5;

TableRef heartbeat_table(const Endpoint& endpoint) {
  return {endpoint.parameter("HeartbeatSchema")
              .value_or(endpoint.database.empty() ? "awsdms_control" : endpoint.database),
          "awsdms_heartbeat"};
}

}  // namespace

int64_t heartbeat_interval_s(const Endpoint& endpoint) {
  if (!is_set(endpoint, "HeartbeatEnable")) return 0;
  int64_t minutes = default_minutes;
  if (const auto given = endpoint.parameter("HeartbeatFrequency"))
    std::from_chars(given->data(), given->data() + given->size(), minutes);
  return minutes * minutes_s;
}

Result<void> write_heartbeat(Connection& session, const Endpoint& endpoint, std::string_view task_id) {
  if (heartbeat_interval_s(endpoint) == 0) return {};
  const TableRef table = heartbeat_table(endpoint);
  const std::string statement = fmt::format(
      "INSERT INTO {} (task, beat) VALUES ({}, UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE beat = "
      "UTC_TIMESTAMP(6)",
      quote_name(table), quote_literal(task_id));
  auto written = session.run(statement);
  if (!written && (written.error().code == "mysql.1146" || written.error().code == "mysql.1049")) {
    TRY(session.run("CREATE DATABASE IF NOT EXISTS " + quote_name(table.schema)));
    TRY(
        session.run(fmt::format("CREATE TABLE IF NOT EXISTS {} (task varchar(191) CHARACTER SET utf8mb4 COLLATE "
                                "utf8mb4_bin PRIMARY KEY, beat "
                                "datetime(6) NOT NULL)",
                                quote_name(table))));
    written = session.run(statement);
  }
  if (!written) return Failure(written.error());
  return {};
}

Result<void> drop_heartbeat(Connection& session, const Endpoint& endpoint, std::string_view task_id) {
  if (heartbeat_interval_s(endpoint) == 0) return {};
  const std::string table = quote_name(heartbeat_table(endpoint));
  auto gone = session.run(fmt::format("DELETE FROM {} WHERE task = {}", table, quote_literal(task_id)));
  if (!gone && (gone.error().code == "mysql.1146" || gone.error().code == "mysql.1049")) return {};
  if (!gone) return Failure(gone.error());
  const Rows left = TRY(session.query(fmt::format("SELECT 1 FROM {} LIMIT 1", table)));
  if (left.empty()) TRY(session.run("DROP TABLE IF EXISTS " + table));
  return {};
}

}  // namespace godwit::mysql
