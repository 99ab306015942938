#include "engines/postgres/commit_border.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/postgres/errors.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

// The first such record among those that lie in the range whole, and where the last one ends. A commit record's
// description begins with its time; that of a prepared transaction with its number and then the time.
constexpr std::string_view border_sql = R"(
SELECT min(r.start_lsn) FILTER (WHERE r.resource_manager = 'Transaction' AND r.record_type LIKE 'COMMIT%'
         AND extract(epoch FROM pg_catalog.substring(r.description,
           '[0-9]{{4,}}-[0-9][0-9]-[0-9][0-9] [0-9:.]+[+-][0-9:]+')::timestamptz) * 1000000 > $3::numeric),
       max(r.end_lsn)
FROM {}.pg_get_wal_records_info($1::pg_lsn, $2::pg_lsn) r)";

constexpr std::string_view schema_sql =
    "SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid "
    "= "
    "e.extnamespace WHERE e.extname = 'pg_walinspect'";

// Inside the caller's transaction.
Result<std::string> find_or_make_extension(Connection& session) {
  Rows there = TRY(session.query(std::string(schema_sql)));
  if (there.empty()) {
    TRY(session.run("CREATE SCHEMA godwit_walinspect; CREATE EXTENSION pg_walinspect SCHEMA godwit_walinspect"));
    there = TRY(session.query(std::string(schema_sql)));
  }
  return there.text(0, 0);
}

Result<std::optional<Lsn>> first_later_commit(Connection& session, Lsn after, int64_t time_us) {
  const Rows end = TRY(session.query("SELECT pg_catalog.pg_current_wal_flush_lsn()"));
  if (parse_lsn(end.get(0, 0)).value_or(0) <= after) return std::optional<Lsn>();
  const Lsn flushed = parse_lsn(end.get(0, 0)).value_or(0);
  const std::string schema = TRY(find_or_make_extension(session));
  // The function gives all records of a range before the first is looked at, so the ranges are small. A record that
  // does not end in its range begins the next one, which grows until it holds it.
  constexpr Lsn step_bytes = 64U << 20U;
  Lsn from = after;
  for (Lsn to = after; to < flushed;) {
    to = std::min(to + step_bytes, flushed);
    const Rows rows =
        TRY(session.query(fmt::format(border_sql, schema), {lsn_text(from), lsn_text(to), std::to_string(time_us)}));
    if (!rows.is_null(0, 0)) return parse_lsn(rows.get(0, 0));
    if (!rows.is_null(0, 1)) from = std::max(from, parse_lsn(rows.get(0, 1)).value_or(from));
  }
  return std::optional<Lsn>();
}

// No such extension, or no right to it.
bool cannot_be_asked(const Error& error) {
  constexpr std::string_view states[] = {"42501", "0A000", "58P01", "22023", "42883", "3F000", "25006"};
  return std::ranges::find(states, std::string_view(error.sqlstate)) != std::end(states);
}

}  // namespace

Result<CommitBorder> look_for_commit_border(Connection& session, Lsn after, int64_t time_us) {
  if (!version::has_wal_inspection(session.server_version()))
    return Failure(errors::no_commit_border("servers before 15 cannot be asked"));
  // The place first and the clock then: what lies before the place is older than the clock.
  const Rows place = TRY(session.query("SELECT pg_catalog.pg_current_wal_flush_lsn()"));
  const Rows clock = TRY(session.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
  if (clock.integer(0, 0) <= time_us)
    return CommitBorder{lsn_position(parse_lsn(place.get(0, 0)).value_or(0)), false};
  TRY(session.run("BEGIN"));
  auto found = first_later_commit(session, after, time_us);
  if (!session.broken()) TRY(session.run("ROLLBACK"));
  if (!found && !cannot_be_asked(found.error())) return Failure(found.error());
  if (!found) return Failure(errors::no_commit_border(found.error().message));
  return CommitBorder{lsn_position(found->value_or(0)), found->has_value()};
}

}  // namespace godwit::postgres
