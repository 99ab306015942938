#include "engines/postgres/source_checks.h"

#include <fmt/format.h>

#include <map>

#include "engines/postgres/errors.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

struct Names {
  std::vector<std::string> schemas, names;
};

Names names_of(const CaptureSpec& spec) {
  Names out;
  for (const TableDef* table : spec.tables) {
    out.schemas.push_back(table->ref.schema);
    out.names.push_back(table->ref.name);
    for (const LeafDef& leaf : table->leaves) {
      out.schemas.push_back(leaf.ref.schema);
      out.names.push_back(leaf.ref.name);
    }
  }
  return out;
}

// SELECT on every column, and no policy that hides rows: for each table and leaf.
Result<void> check_reading(Connection& session, const Names& names, std::string_view role,
                           std::vector<Finding>& out) {
  const Rows rows = TRY(session.query(
      "SELECT n.nspname, c.relname,"
      " pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND (pg_catalog.has_table_privilege(c.oid, 'SELECT') OR NOT "
      "EXISTS"
      " (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND "
      "NOT"
      " pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'))),"
      " pg_catalog.row_security_active(c.oid)"
      " FROM unnest($1::text[], $2::text[]) w(s, t) JOIN pg_catalog.pg_namespace n ON n.nspname = w.s JOIN"
      " pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.t",
      {array_text(names.schemas), array_text(names.names)}));
  for (int i = 0; i < rows.size(); ++i) {
    const TableRef table{rows.text(i, 0), rows.text(i, 1)};
    const std::string quoted = quote_name(role);
    if (!rows.boolean(i, 2))
      out.push_back({true,
                     errors::not_readable(table, role),
                     table,
                     {"GRANT USAGE ON SCHEMA " + quote_name(table.schema) + " TO " + quoted + ";",
                      "GRANT SELECT ON " + quote_name(table) + " TO " + quoted + ";"}});
    else if (rows.boolean(i, 3))
      out.push_back({true, errors::row_security(table, role), table, {"ALTER ROLE " + quoted + " BYPASSRLS;"}});
  }
  return {};
}

// What the tables of one owner need before `role` may publish them, in one finding. Whoever belongs to a superuser
// can do everything that one can, so that is never proposed.
Finding not_publishable(std::string_view role, std::string_view owner, bool owner_is_mighty,
                        const std::vector<TableRef>& tables) {
  Finding out{true, errors::not_table_owner(tables, owner, owner_is_mighty, role)};
  if (tables.size() == 1) out.table = tables.front();
  if (!owner_is_mighty) out.remedy = {"GRANT " + quote_name(owner) + " TO " + quote_name(role) + ";"};
  if (owner_is_mighty)
    for (const TableRef& table : tables)
      out.remedy.push_back("ALTER TABLE " + quote_name(table) + " OWNER TO " + quote_name(role) + ";");
  return out;
}

Result<void> check_publishing(Connection& session, const Names& names, std::string_view role,
                              std::vector<Finding>& out) {
  const Rows rows = TRY(session.query(
      "SELECT n.nspname, c.relname, pg_catalog.pg_get_userbyid(c.relowner), EXISTS (SELECT FROM pg_catalog.pg_roles "
      "s "
      "WHERE s.rolsuper AND pg_catalog.pg_has_role(c.relowner, s.oid, 'MEMBER')) FROM "
      "unnest($1::text[], $2::text[]) w(s, t) JOIN pg_catalog.pg_namespace n ON"
      " n.nspname = w.s JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.t WHERE "
      "c.relpersistence = 'p'" +
          std::string(version::publishes_partitioned_tables(session.server_version()) ? " AND NOT c.relispartition"
                                                                                      : " AND c.relkind <> 'p'") +
          " AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') ORDER BY 3, 1, 2",
      {array_text(names.schemas), array_text(names.names)}));
  std::vector<TableRef> of_owner;
  for (int i = 0; i < rows.size(); ++i) {
    of_owner.push_back({rows.text(i, 0), rows.text(i, 1)});
    if (i + 1 < rows.size() && rows.get(i + 1, 2) == rows.get(i, 2)) continue;
    out.push_back(not_publishable(role, rows.get(i, 2), rows.boolean(i, 3), of_owner));
    of_owner.clear();
  }
  const Rows database =
      TRY(session.query("SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), "
                        "pg_catalog.current_database()"));
  if (!database.boolean(0, 0))
    out.push_back(
        {true,
         errors::publication_failed({ErrorKind::prerequisite, "", "no CREATE privilege on the database", ""}),
         {},
         {"GRANT CREATE ON DATABASE " + quote_name(database.get(0, 1)) + " TO " + quote_name(role) + ";"}});
  return {};
}

Result<void> check_row_numbers(Connection& session, const Names& names, std::vector<Finding>& out) {
  if (!version::has_table_oids(session.server_version())) return {};
  const Rows rows = TRY(session.query(
      "SELECT n.nspname, c.relname FROM unnest($1::text[], $2::text[]) w(s, t) JOIN pg_catalog.pg_namespace n ON"
      " n.nspname = w.s JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.t WHERE c.relhasoids"
      " AND NOT c.relispartition",
      {array_text(names.schemas), array_text(names.names)}));
  for (int i = 0; i < rows.size(); ++i)
    out.push_back({false, errors::row_numbers_left_out({rows.text(i, 0), rows.text(i, 1)})});
  return {};
}

Result<void> check_server(Connection& session, const CaptureWay& way, bool loads, std::vector<Finding>& out) {
  const Rows rows = TRY(
      session.query("SELECT current_setting('wal_level'), r.rolsuper OR r.rolreplication OR EXISTS (SELECT FROM "
                    "pg_catalog.pg_roles g WHERE g.rolname = 'rds_replication' AND "
                    "pg_catalog.pg_has_role(current_user, g.oid, 'member')), r.rolname,"
                    " current_setting('max_replication_slots'), (SELECT count(*) FROM "
                    "pg_catalog.pg_replication_slots WHERE slot_name <>"
                    " $1), current_setting('max_wal_senders'), (SELECT count(*) FROM pg_catalog.pg_stat_replication),"
                    " (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout')"
                    " FROM pg_catalog.pg_roles r WHERE r.rolname = current_user",
                    {way.owns_slot ? way.slot : std::string()}));
  if (rows.get(0, 0) != "logical")
    out.push_back({true, errors::wal_level(rows.get(0, 0)), {}, {"ALTER SYSTEM SET wal_level = 'logical';"}});
  if (!rows.boolean(0, 1))
    out.push_back({true,
                   errors::no_replication_role(rows.get(0, 2)),
                   {},
                   {"ALTER ROLE " + quote_name(rows.get(0, 2)) + " REPLICATION;"}});
  constexpr int64_t needed = 1, spare = 10;  // for the next ones too
  // A load beside a slot of the user's takes its snapshot from a temporary one.
  const bool makes_slot = way.owns_slot || loads;
  if (makes_slot && rows.integer(0, 3) < rows.integer(0, 4) + needed)
    out.push_back({true,
                   errors::no_free_slot(rows.get(0, 3)),
                   {},
                   {fmt::format("ALTER SYSTEM SET max_replication_slots = {};", rows.integer(0, 4) + spare)}});
  if (rows.integer(0, 5) < rows.integer(0, 6) + needed)
    out.push_back({true,
                   errors::no_free_walsender(rows.get(0, 5)),
                   {},
                   {fmt::format("ALTER SYSTEM SET max_wal_senders = {};", rows.integer(0, 6) + spare)}});
  const int64_t timeout_ms = rows.integer(0, 7);
  if (timeout_ms != 0 && timeout_ms < 10000)
    out.push_back({true,
                   errors::walsender_timeout(rows.get(0, 7)),
                   {},
                   {"ALTER SYSTEM SET wal_sender_timeout = '60s';", "SELECT pg_reload_conf();"}});
  return {};
}

}  // namespace

Result<std::vector<Finding>> check_source(Connection& session, const CaptureSpec& spec, const CaptureWay* way) {
  std::vector<Finding> out;
  const Rows me = TRY(session.query("SELECT current_user"));
  const Names names = names_of(spec);
  TRY(check_reading(session, names, me.get(0, 0), out));
  TRY(check_row_numbers(session, names, out));
  if (way == nullptr) return out;
  if (!version::publishes_truncate(session.server_version()))
    out.push_back({false, errors::truncate_untold(session.server_version())});
  TRY(check_server(session, *way, spec.loads && spec.fresh, out));
  if (way->owns_sets && way->plugin == OutputPlugin::pgoutput)
    TRY(check_publishing(session, names, me.get(0, 0), out));
  TRY(check_way(session, *way, spec, out));
  for (const TableDef* table : spec.tables) {
    if (!table->logged)
      out.push_back({false,
                     errors::unlogged(table->ref),
                     table->ref,
                     {"ALTER TABLE " + quote_name(table->ref) + " SET LOGGED;"}});
    else if (table->identity == RowIdentity::none)
      out.push_back({false,
                     errors::no_identity(table->ref),
                     table->ref,
                     {"ALTER TABLE " + quote_name(table->ref) + " REPLICA IDENTITY FULL;"}});
  }
  return out;
}

}  // namespace godwit::postgres
