#include "engines/mysql/session_settings.h"

#include <fmt/format.h>

#include <map>

#include "base/log.h"
#include "base/text.h"
#include "engines/mysql/errors.h"

namespace godwit::mysql {
namespace {

// Values that do not fit are errors, zero dates are values, backslashes escape, "…" quotes text: whatever the
// server's own mode is.
constexpr std::string_view sql_mode =
    "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION";
constexpr int gipk_shown_from = 80030;

Result<void> set_ours(Connection& session) {
  const ServerTraits& traits = session.traits();
  TRY(session.run(std::string(no_select_limit)));
  TRY(session.run(fmt::format(
      "SET SESSION sql_mode = '{}', time_zone = '+00:00', autocommit = 1, net_read_timeout = 3600, "
      "net_write_timeout = 3600, wait_timeout = 86400, innodb_lock_wait_timeout = 50, sql_big_selects = 1, "
      "completion_type = 0, sql_safe_updates = 0, sql_auto_is_null = 0, unique_checks = 1, {} = 0",
      sql_mode, traits.mariadb ? "max_statement_time" : "max_execution_time")));
  TRY(session.run("SET NAMES utf8mb4"));
  TRY(session.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
  // The key that the server made itself is a column like others: its rows are logged with it.
  if (!traits.mariadb && traits.version >= gipk_shown_from)
    TRY(session.run("SET SESSION show_gipk_in_create_table_and_information_schema = ON"));
  return {};
}

using Values = std::map<std::string, std::string>;

// Those of our settings that a script may mean to set.
Result<Values> values_of(Connection& session) {
  const Rows rows = TRY(session.query(
      "SHOW SESSION VARIABLES WHERE Variable_name IN ('sql_mode', 'time_zone', 'autocommit', 'net_read_timeout', "
      "'net_write_timeout', 'wait_timeout', 'innodb_lock_wait_timeout', 'sql_big_selects', 'completion_type', "
      "'sql_safe_updates', 'sql_auto_is_null', 'unique_checks', 'max_statement_time', 'max_execution_time', "
      "'sql_select_limit', "
      "'transaction_isolation', 'tx_isolation', 'character_set_client', 'character_set_connection', "
      "'character_set_results')"));
  Values out;
  for (size_t i = 0; i < rows.size(); ++i) out[lower_ascii(rows.get(i, 0))] = rows.text(i, 1);
  return out;
}

// What rows mean depends on these.
Result<void> verify(const Values& now) {
  constexpr std::pair<std::string_view, std::string_view> wanted[] = {
      {"time_zone", "+00:00"},
      {"autocommit", "ON"},
      {"tx_isolation", "REPEATABLE-READ"},
      {"transaction_isolation", "REPEATABLE-READ"},
      {"unique_checks", "ON"},
      {"character_set_client", "utf8mb4"},
      {"character_set_connection", "utf8mb4"},
      {"character_set_results", "utf8mb4"},
      {"sql_select_limit", "18446744073709551615"},
  };
  for (const auto& [name, value] : wanted) {
    const auto found = now.find(std::string(name));
    if (found != now.end() && found->second != value)
      return Failure(errors::setting_not_taken(name, value, found->second));
  }
  return {};
}

}  // namespace

Result<void> set_up_session(Connection& session, const Endpoint& endpoint) {
  constexpr std::string_view scripts[] = {"AfterConnectScript", "Initstmt"};
  bool any = false;
  for (const std::string_view name : scripts) any |= endpoint.parameter(name).has_value();
  if (!any) return set_ours(session);
  const Values before = TRY(values_of(session));
  for (const std::string_view name : scripts) {
    const auto script = endpoint.parameter(name);
    if (!script) continue;
    auto done = session.run_users_script(*script);
    if (!done && session.broken()) return Failure(done.error());
    if (!done) log_warning(Component::common, "{} failed: {}", name, done.error().message);
  }
  const Values after = TRY(values_of(session));
  TRY(session.run("COMMIT"));  // what a script began
  TRY(set_ours(session));
  const Values now = TRY(values_of(session));
  for (const auto& [name, value] : after) {
    const auto was = before.find(name), is = now.find(name);
    if (was == before.end() || is == now.end() || value == was->second || value == is->second) continue;
    log_warning(Component::common,
                "AfterConnectScript or Initstmt sets {} to {}; the session needs it to be {}, and it is set back",
                name, value, is->second);
  }
  return verify(now);
}

}  // namespace godwit::mysql
