#include "engines/postgres/ddl_capture.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "engine/attributes.h"
#include "engines/postgres/ddl_capture_sql.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

constexpr std::string_view lock_sql =
    "SELECT pg_catalog.pg_advisory_xact_lock(7314620933)";  // tasks may start together

// DMS's own audit, so that what reads it goes on working.
constexpr std::string_view dms_artifacts_sql = R"(
CREATE TABLE {0}.awsdms_ddl_audit (
  c_key bigserial PRIMARY KEY, c_time timestamp, c_user varchar(64), c_txn varchar(16), c_tag varchar(24),
  c_oid integer, c_name varchar(64), c_schema varchar(64), c_ddlqry text);
CREATE OR REPLACE FUNCTION {0}.awsdms_intercept_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
  query pg_catalog.text;
  told pg_catalog.int8;
BEGIN
  IF TG_TAG OPERATOR(pg_catalog.=) ANY
     (ARRAY['CREATE TABLE', 'ALTER TABLE', 'DROP TABLE', 'CREATE TABLE AS']::pg_catalog.text[]) THEN
    SELECT pg_catalog.current_query() INTO query;
    INSERT INTO {0}.awsdms_ddl_audit VALUES (DEFAULT, pg_catalog.now(),
      pg_catalog.left(current_user::pg_catalog.text, 64), pg_catalog.txid_current()::pg_catalog.varchar(16), TG_TAG, 0,
      '', pg_catalog.left(current_schema::pg_catalog.text, 64), query) RETURNING c_key INTO told;
    DELETE FROM {0}.awsdms_ddl_audit WHERE c_key OPERATOR(pg_catalog.=) told;
  END IF;
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'a structure change could not be noted in awsdms_ddl_audit (%): %', TG_TAG, SQLERRM;
END $body$;
CREATE EVENT TRIGGER awsdms_intercept_ddl ON ddl_command_end EXECUTE PROCEDURE {0}.awsdms_intercept_ddl();
ALTER EVENT TRIGGER awsdms_intercept_ddl ENABLE ALWAYS;
GRANT ALL ON {0}.awsdms_ddl_audit TO public;
GRANT ALL ON {0}.awsdms_ddl_audit_c_key_seq TO public;
COMMENT ON TABLE {0}.awsdms_ddl_audit IS 'made by godwit')";

constexpr std::string_view tables_sql = R"(
CREATE TABLE {0}.godwit_ddl_audit (number bigserial PRIMARY KEY, document text NOT NULL);
CREATE TABLE {0}.godwit_ddl_tasks (capture text PRIMARY KEY))";

constexpr std::string_view trigger_sql = R"(
CREATE EVENT TRIGGER {1} ON {2} EXECUTE PROCEDURE {0}.godwit_capture_ddl();
ALTER EVENT TRIGGER {1} ENABLE ALWAYS)";

struct Trigger {
  std::string_view name, event;
};
constexpr Trigger triggers[] = {
    {"godwit_ddl_end", "ddl_command_end"}, {"godwit_ddl_drop", "sql_drop"}, {"godwit_ddl_rewrite", "table_rewrite"}};

constexpr int trigger_count = static_cast<int>(std::size(triggers));

// The functions in the form this server's catalog asks for.
std::string functions(const std::string& schema, int server_version) {
  const std::string_view generated = version::attgenerated(server_version);
  const std::string_view missing = version::has_missing_values(server_version)
                                       ? "CASE WHEN a.atthasmissing THEN (a.attmissingval::text::text[])[1] END"
                                       : "NULL";
  const std::string_view key_columns = version::has_included_columns(server_version) ? "i.indnkeyatts" : "i.indnatts";
  return fmt::format(describe_function_sql, schema, generated, missing, key_columns) + ";" +
         fmt::format(ddl_function_sql, schema);
}

struct Facts {
  bool may_make = false;  // event triggers, and what is there already is this role's to renew and drop
  bool may_use = false;   // the table of tasks
  bool owns_audit = false;
  bool tables = false, dms_tables = false;
  int triggers = 0;       // whose function lies in the schema: their names are the database's, not the schema's
  std::string elsewhere;  // schemas of others
  uint32_t audit_oid = 0;
};

constexpr const char* facts_sql = R"(
WITH ours AS (
  SELECT n.nspname FROM pg_catalog.pg_event_trigger e JOIN pg_catalog.pg_proc f ON f.oid = e.evtfoid
  JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace WHERE e.evtname LIKE 'godwit\_ddl\_%'
)
SELECT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) OR EXISTS (SELECT FROM
         pg_catalog.pg_roles WHERE rolname = 'rds_superuser' AND pg_catalog.pg_has_role(current_user, oid, 'member')),
       coalesce(a.oid, 0)::int8, d.oid IS NOT NULL,
       (SELECT pg_catalog.count(*) FROM ours WHERE nspname = $1),
       (SELECT pg_catalog.string_agg(DISTINCT nspname::text, ', ') FROM ours WHERE nspname <> $1),
       coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(t.oid, 'SELECT') AND
         pg_catalog.has_table_privilege(t.oid, 'INSERT') AND pg_catalog.has_table_privilege(t.oid, 'DELETE'), false),
       coalesce(pg_catalog.pg_has_role(a.relowner, 'USAGE'), true)
FROM (SELECT) one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1
LEFT JOIN pg_catalog.pg_class a ON a.relnamespace = n.oid AND a.relname = 'godwit_ddl_audit'
LEFT JOIN pg_catalog.pg_class t ON t.relnamespace = n.oid AND t.relname = 'godwit_ddl_tasks'
LEFT JOIN pg_catalog.pg_class d ON d.relnamespace = n.oid AND d.relname = 'awsdms_ddl_audit')";

Result<Facts> look(Connection& session, const DdlSettings& settings) {
  const Rows rows = TRY(session.query(facts_sql, {settings.schema}));
  Facts facts;
  facts.audit_oid = static_cast<uint32_t>(rows.integer(0, 1));
  facts.tables = facts.audit_oid != 0;
  facts.dms_tables = rows.boolean(0, 2);
  facts.triggers = static_cast<int>(rows.integer(0, 3));
  facts.elsewhere = rows.text(0, 4);
  facts.may_use = rows.boolean(0, 5);
  facts.owns_audit = rows.boolean(0, 6);
  facts.may_make = rows.boolean(0, 0) && facts.owns_audit;
  return facts;
}

// Why the structure changes cannot be told; empty: they can.
std::string obstacle(const Facts& facts, const DdlSettings& settings, bool publishes) {
  constexpr std::string_view consequence =
      "A table whose structure changes is suspended when the change is met. {}, or set CaptureDdls=false to be "
      "silent "
      "about it";
  const auto told = [&](std::string_view why, const std::string& way_out) {
    return fmt::format("{}. {}", why, fmt::format(consequence, way_out));
  };
  if (!facts.elsewhere.empty())
    return told(
        fmt::format("other tasks of this database have their event triggers write into schema {}", facts.elsewhere),
        fmt::format("Set DdlArtifactsSchema={} here too", facts.elsewhere));
  if (facts.may_make) return "";
  if (!facts.tables || facts.triggers != trigger_count)
    return told("the role may not create event triggers, and nobody has made them before",
                fmt::format("Have a superuser start one task with DdlArtifactsSchema={}", settings.schema));
  if (!facts.may_use)
    return told(fmt::format("another role made the event triggers, and this one may not use its table {}",
                            to_string(TableRef{settings.schema, "godwit_ddl_tasks"})),
                "Grant SELECT, INSERT and DELETE on it to this role");
  if (publishes && !facts.owns_audit)
    return told(fmt::format("another role owns table {}, and only its owner may publish it",
                            to_string(TableRef{settings.schema, std::string(ddl_audit_name)})),
                "Have it put into a publication that PublicationName names");
  return "";
}

AuditTable audit_table(const DdlSettings& settings, const Facts& facts) {
  return {{settings.schema, "godwit_ddl_audit"}, facts.audit_oid};
}

// All of it in one transaction; functions are renewed, so that a newer Godwit gets what it reads.
Result<void> make(Connection& session, const DdlSettings& settings) {
  const std::string schema = quote_name(settings.schema);
  std::string sql;
  const Facts facts = TRY(look(session, settings));
  if (!facts.tables) sql += fmt::format(tables_sql, schema) + ";";
  sql += functions(schema, session.server_version()) + ";";
  for (const Trigger& trigger : triggers) {
    const Rows there =
        TRY(session.query("SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = $1", {std::string(trigger.name)}));
    if (there.empty()) sql += fmt::format(trigger_sql, schema, trigger.name, trigger.event) + ";";
  }
  const Rows dms =
      TRY(session.query("SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = 'awsdms_intercept_ddl'"));
  if (!facts.dms_tables && dms.empty()) sql += fmt::format(dms_artifacts_sql, schema) + ";";
  return session.run(sql);
}

Result<void> note_task(Connection& session, const DdlSettings& settings, std::string_view capture_name) {
  return session.run(fmt::format("INSERT INTO {} VALUES ({}) ON CONFLICT DO NOTHING",
                                 quote_name(TableRef{settings.schema, "godwit_ddl_tasks"}),
                                 quote_literal(capture_name)));
}

// Runs `work` in a transaction that no other task's set-up or removal shares.
template <class Work>
Result<void> alone(Connection& session, Work work) {
  TRY(session.run("BEGIN"));
  auto done = session.run(std::string(lock_sql));
  if (done) done = work();
  if (done) return session.run("COMMIT");
  if (!session.broken()) TRY(session.run("ROLLBACK"));
  return done;
}

// DMS's, and those that somebody made by hand, are not ours to drop.
Result<bool> made_dms_artifacts(Connection& session, const DdlSettings& settings) {
  const Rows rows = TRY(
      session.query("SELECT pg_catalog.obj_description(pg_catalog.to_regclass($1), 'pg_class') = 'made by godwit'",
                    {quote_name(TableRef{settings.schema, "awsdms_ddl_audit"})}));
  return rows.boolean(0, 0);
}

}  // namespace

Result<DdlSettings> ddl_settings(const Endpoint& endpoint) {
  DdlSettings settings;
  if (const std::optional<std::string> capture = endpoint.parameter("CaptureDdls")) {
    const std::string value = lower_ascii(*capture);
    const bool on = value == "true" || value == "y" || value == "yes" || value == "1";
    const bool off = value == "false" || value == "n" || value == "no" || value == "0";
    if (!on && !off) return Failure(bad_attribute("CaptureDdls", *capture, "true or false"));
    settings.capture = on;
  }
  settings.schema = endpoint.parameter("DdlArtifactsSchema").value_or("public");
  return settings;
}

Result<std::optional<AuditTable>> set_up_ddl_capture(Connection& session, const DdlSettings& settings,
                                                     std::string_view capture_name, bool publishes,
                                                     std::string& why_not) {
  if (!settings.capture) return std::nullopt;
  const Facts before = TRY(look(session, settings));
  why_not = obstacle(before, settings, publishes);
  if (!why_not.empty()) return std::nullopt;
  auto made = alone(session, [&]() -> Result<void> {
    if (before.may_make) TRY(make(session, settings));
    return note_task(session, settings, capture_name);
  });
  if (!made) return Failure(in_context(made.error(), "the event triggers that tell structure changes (CaptureDdls)"));
  return std::optional(audit_table(settings, TRY(look(session, settings))));
}

Result<std::optional<AuditTable>> find_ddl_capture(Connection& session, const DdlSettings& settings,
                                                   std::string_view capture_name) {
  if (!settings.capture) return std::nullopt;
  const Facts facts = TRY(look(session, settings));
  if (!facts.may_use || facts.triggers != trigger_count) return std::nullopt;
  const Rows rows = TRY(session.query(
      fmt::format("SELECT FROM {} WHERE capture = $1", quote_name(TableRef{settings.schema, "godwit_ddl_tasks"})),
      {std::string(capture_name)}));
  if (rows.empty()) return std::nullopt;
  return std::optional(audit_table(settings, facts));
}

namespace {

// Those that call a function of the schema; of DMS's name only what Godwit made.
Result<void> drop_triggers(Connection& session, const DdlSettings& settings) {
  const bool dms = TRY(made_dms_artifacts(session, settings));
  const Rows names = TRY(session.query(
      "SELECT pg_catalog.quote_ident(e.evtname) FROM pg_catalog.pg_event_trigger e JOIN pg_catalog.pg_proc f ON "
      "f.oid "
      "= e.evtfoid JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace WHERE n.nspname = $1 AND (e.evtname LIKE "
      "'godwit\\_ddl\\_%' OR $2::bool AND e.evtname = 'awsdms_intercept_ddl')",
      {settings.schema, dms ? "true" : "false"}));
  for (int i = 0; i < names.size(); ++i) TRY(session.run("DROP EVENT TRIGGER " + names.text(i, 0)));
  return {};
}

// Whether this was the last task that used them. The triggers go first and alone: what drops tables may have to wait
// for transactions that wrote into them, and no application may wait behind that.
Result<bool> leave(Connection& session, const DdlSettings& settings, std::string_view capture_name,
                   const Facts& facts) {
  const std::string schema = quote_name(settings.schema);
  bool last = false;
  TRY(alone(session, [&]() -> Result<void> {
    TRY(session.run(
        fmt::format("DELETE FROM {}.godwit_ddl_tasks WHERE capture = {}", schema, quote_literal(capture_name))));
    const Rows others = TRY(session.query(fmt::format("SELECT FROM {}.godwit_ddl_tasks LIMIT 1", schema)));
    last = others.empty() && facts.may_make;
    if (!last) return {};
    return drop_triggers(session, settings);
  }));
  return last;
}

// Functions and tables, unless another task came meanwhile.
Result<void> remove_artifacts(Connection& session, const DdlSettings& settings) {
  const std::string schema = quote_name(settings.schema);
  return alone(session, [&]() -> Result<void> {
    TRY(session.run("SET LOCAL lock_timeout = '2s'"));
    const Rows others = TRY(session.query(fmt::format("SELECT FROM {}.godwit_ddl_tasks LIMIT 1", schema)));
    if (!others.empty()) return {};
    std::string sql = fmt::format(
        "DROP FUNCTION IF EXISTS {0}.godwit_capture_ddl(); DROP FUNCTION IF EXISTS {0}.godwit_describe_table(oid); "
        "DROP TABLE {0}.godwit_ddl_audit; DROP TABLE {0}.godwit_ddl_tasks;",
        schema);
    const bool dms = TRY(made_dms_artifacts(session, settings));
    if (dms)
      sql +=
          fmt::format("DROP FUNCTION IF EXISTS {0}.awsdms_intercept_ddl(); DROP TABLE {0}.awsdms_ddl_audit;", schema);
    return session.run(sql);
  });
}

}  // namespace

Result<void> remove_ddl_capture(Connection& session, const DdlSettings& settings, std::string_view capture_name) {
  const Facts facts = TRY(look(session, settings));
  // Whose task this is has noted nothing where it may not look.
  if (!facts.may_use) return {};
  const bool last = TRY(leave(session, settings, capture_name, facts));
  if (!last) return {};
  constexpr int tries = 5;
  for (int i = 1;; ++i) {
    auto removed = remove_artifacts(session, settings);
    if (removed || removed.error().sqlstate != "55P03") return removed;
    if (i < tries) continue;
    log_warning(Component::source_capture,
                "The tables godwit_ddl_audit and godwit_ddl_tasks stay in schema {} of the source: open transactions "
                "hold them. They are empty, nothing writes into them; drop them when it is quiet.",
                settings.schema);
    return {};
  }
}

}  // namespace godwit::postgres
