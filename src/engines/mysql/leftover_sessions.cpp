#include "engines/mysql/leftover_sessions.h"

#include <fmt/format.h>

namespace godwit::mysql {

Result<void> end_leftover_sessions(Connection& session, const std::string& tag, bool keepers_too) {
  auto rows = session.query(
      fmt::format("SELECT p.processlist_id, coalesce(r.attr_value, '') FROM "
                  "performance_schema.session_account_connect_attrs p LEFT "
                  "JOIN performance_schema.session_account_connect_attrs r ON r.processlist_id = p.processlist_id "
                  "AND r.attr_name "
                  "= 'godwit_role' WHERE p.attr_name = 'program_name' AND p.attr_value = {} AND p.processlist_id <> "
                  "CONNECTION_ID()",
                  quote_literal("godwit:" + tag)));
  if (!rows && session.broken()) return Failure(rows.error());
  if (!rows) return {};  // it keeps none, or shows none
  for (size_t i = 0; i < rows->size(); ++i) {
    const bool is_keeper = rows->get(i, 1) == "keeper";
    const bool is_older = rows->unsigned_integer(i, 0) < session.thread_id();
    if (is_keeper ? !keepers_too : !is_older) continue;
    auto ended = session.run(fmt::format("KILL {}", rows->get(i, 0)));
    constexpr std::string_view gone_by_itself = "mysql.1094";
    if (!ended && ended.error().code != gone_by_itself) return Failure(ended.error());
  }
  return {};
}

}  // namespace godwit::mysql
