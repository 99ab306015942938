#include "engines/postgres/survey.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

constexpr std::string_view settings_sql =
    "SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN ('wal_level', 'max_wal_senders', "
    "'max_replication_slots', 'wal_sender_timeout', 'max_slot_wal_keep_size', 'logical_decoding_work_mem', "
    "'shared_preload_libraries', 'max_connections')";

// Transactions whose owner's sessions this role may not look into have no start here.
constexpr std::string_view open_sql = R"(
SELECT pid, usename, datname, extract(epoch FROM clock_timestamp() - xact_start)::bigint
FROM pg_catalog.pg_stat_activity
WHERE xact_start < clock_timestamp() - interval '10 minutes' AND pid <> pg_catalog.pg_backend_pid()
  AND backend_type = 'client backend' AND application_name NOT LIKE 'godwit:%'
ORDER BY xact_start)";

constexpr std::string_view prepared_sql = R"(
SELECT gid, owner, database, extract(epoch FROM clock_timestamp() - prepared)::bigint
FROM pg_catalog.pg_prepared_xacts ORDER BY prepared)";

Result<void> read_transactions(Connection& session, ServerFacts& out) {
  const Rows open = TRY(session.query(std::string(open_sql)));
  for (int i = 0; i < open.size(); ++i)
    out.open_transactions.push_back(
        {fmt::format("process {}, role {}, database {}", open.get(i, 0), open.get(i, 1), open.get(i, 2)),
         open.integer(i, 3), fmt::format("SELECT pg_terminate_backend({});", open.get(i, 0))});
  const Rows prepared = TRY(session.query(std::string(prepared_sql)));
  for (int i = 0; i < prepared.size(); ++i)
    out.prepared_transactions.push_back({fmt::format("transaction {}, role {}, database {}", prepared.get(i, 0),
                                                     prepared.get(i, 1), prepared.get(i, 2)),
                                         prepared.integer(i, 3),
                                         fmt::format("ROLLBACK PREPARED {};", quote_literal(prepared.get(i, 0))),
                                         fmt::format("COMMIT PREPARED {};", quote_literal(prepared.get(i, 0)))});
  return {};
}

// By trying, in a transaction that is given up.
Result<bool> may_quiet_constraints(Connection& session) {
  if (!session.traits().has_replica_role) return false;
  TRY(session.run("BEGIN"));
  const auto set = session.run("SET LOCAL session_replication_role = replica");
  TRY(session.run("ROLLBACK"));
  if (!set && set.error().sqlstate != "42501") return Failure(set.error());
  return set.has_value();
}

// Wanted tables by their place in the list.
constexpr std::string_view wanted_sql = R"(
WITH wanted AS (
  SELECT (w.position - 1)::int AS position, c.oid, c.relkind, c.relreplident
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(schema, name, position)
  JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p', 'f')
) )";

constexpr std::string_view tables_sql = R"(
SELECT w.position, w.relkind, w.relreplident,
  (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped AND {0} <> ''),
  (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
   LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attidentity <> '' OR
     pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%')),
  (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull),
  (SELECT json_agg(t.tgname ORDER BY t.tgname) FROM pg_catalog.pg_trigger t
   WHERE t.tgrelid = w.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'),
  (SELECT count(*) FROM pg_catalog.pg_constraint k WHERE k.conrelid = w.oid AND k.contype = 'c')
FROM wanted w)";

constexpr std::string_view indexes_sql = R"(
SELECT w.position, i.relname, x.indisprimary, x.indisunique, x.indisvalid AND x.indisready,
  EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = x.indexrelid AND k.conrelid = x.indrelid
          AND k.contype IN ('p', 'u', 'x')),
  x.indpred IS NULL AND x.indexprs IS NULL,
  EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = w.oid AND a.attnum = ANY ((x.indkey::int2[])[0:{0} - 1])
          AND NOT a.attnotnull),
  (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, place)
   JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid AND a.attnum = k.number WHERE k.place <= {0}),
  pg_catalog.pg_relation_size(x.indexrelid)
FROM wanted w JOIN pg_catalog.pg_index x ON x.indrelid = w.oid JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
ORDER BY w.position, i.relname)";

constexpr std::string_view foreign_keys_sql = R"(
SELECT w.position, k.conrelid = w.oid, k.conname, cn.nspname, c.relname, pn.nspname, p.relname,
  k.confdeltype, k.confupdtype
FROM wanted w JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND (k.conrelid = w.oid OR k.confrelid = w.oid){0}
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = k.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
ORDER BY 1, 3, 4, 5)";

std::string identity_words(char letter) {
  switch (letter) {
    case 'n':
      return "nothing";
    case 'f':
      return "full";
    case 'i':
      return "index";
    default:
      return "default";
  }
}

std::string action_words(char letter) {
  switch (letter) {
    case 'c':
      return "CASCADE";
    case 'n':
      return "SET NULL";
    case 'd':
      return "SET DEFAULT";
    default:
      return "";
  }
}

class Survey {
 public:
  Survey(Connection& session, std::span<const TableRef> tables) : session_(session) {
    std::vector<std::string> schemas, names;
    for (const TableRef& table : tables) {
      out_.emplace_back().table = table;
      schemas.push_back(table.schema);
      names.push_back(table.name);
    }
    schemas_ = array_text(schemas);
    names_ = array_text(names);
  }

  Result<std::vector<TableSurvey>> run() {
    if (!session_.traits().has_full_catalog) {
      TRY(hidden_columns());
      return std::move(out_);
    }
    TRY(tables());
    TRY(indexes());
    TRY(foreign_keys());
    return std::move(out_);
  }

 private:
  Result<Rows> ask(const std::string& sql) {
    return session_.query(std::string(wanted_sql) + sql, {schemas_, names_});
  }
  TableSurvey& at(const Rows& rows, int row) { return out_[static_cast<size_t>(rows.integer(row, 0))]; }

  Result<void> tables() {
    const Rows rows = TRY(
        ask(fmt::format(fmt::runtime(tables_sql), std::string(version::attgenerated(session_.server_version())))));
    for (int i = 0; i < rows.size(); ++i) {
      TableSurvey& table = at(rows, i);
      table.exists = true;
      table.partitioned = char_at(rows, i, 1) == 'p';
      table.replica_identity = identity_words(char_at(rows, i, 2));
      table.generated_columns = strings_at(rows, i, 3);
      table.counting_columns = strings_at(rows, i, 4);
      table.not_null_columns = strings_at(rows, i, 5);
      table.triggers = strings_at(rows, i, 6);
      table.checks = rows.integer(i, 7);
    }
    return {};
  }

  Result<void> indexes() {
    const Rows rows = TRY(
        ask(fmt::format(fmt::runtime(indexes_sql),
                        version::has_included_columns(session_.server_version()) ? "x.indnkeyatts" : "x.indnatts")));
    for (int i = 0; i < rows.size(); ++i) {
      SurveyedIndex index;
      index.name = rows.text(i, 1);
      index.primary = rows.boolean(i, 2);
      index.unique = rows.boolean(i, 3);
      index.valid = rows.boolean(i, 4);
      index.constraint = rows.boolean(i, 5);
      index.whole = rows.boolean(i, 6);
      index.nullable = rows.boolean(i, 7);
      index.columns = strings_at(rows, i, 8);
      index.bytes = static_cast<uint64_t>(rows.integer(i, 9));
      at(rows, i).indexes.push_back(std::move(index));
    }
    return {};
  }

  Result<void> foreign_keys() {
    const Rows rows = TRY(
        ask(fmt::format(fmt::runtime(foreign_keys_sql),
                        version::has_constraint_parents(session_.server_version()) ? " AND k.conparentid = 0" : "")));
    for (int i = 0; i < rows.size(); ++i) {
      SurveyedForeignKey key;
      key.name = rows.text(i, 2);
      key.child = {rows.text(i, 3), rows.text(i, 4)};
      key.parent = {rows.text(i, 5), rows.text(i, 6)};
      key.on_delete = action_words(char_at(rows, i, 7));
      key.on_update = action_words(char_at(rows, i, 8));
      TableSurvey& table = at(rows, i);
      if (rows.boolean(i, 1))
        table.foreign_keys.push_back(std::move(key));
      else
        table.referenced_by.push_back(std::move(key));
    }
    return {};
  }

  // CockroachDB: the rowid of a table without a key, shards of indexes, NOT VISIBLE columns.
  Result<void> hidden_columns() {
    const Rows rows =
        TRY(session_.query("SELECT table_schema, table_name, column_name, is_hidden FROM information_schema.columns "
                           "WHERE table_schema = "
                           "ANY ($1::text[]) AND table_name = ANY ($2::text[]) ORDER BY 1, 2, ordinal_position",
                           {schemas_, names_}));
    for (int i = 0; i < rows.size(); ++i) {
      const TableRef name{rows.text(i, 0), rows.text(i, 1)};
      const auto table = std::ranges::find(out_, name, &TableSurvey::table);
      if (table == out_.end()) continue;
      table->exists = true;
      if (rows.get(i, 3) == "YES") table->hidden_columns.push_back(rows.text(i, 2));
    }
    return {};
  }

  Connection& session_;
  std::string schemas_, names_;
  std::vector<TableSurvey> out_;
};

// The text that travels, in UTF-8; of bytes the bytes. Neither asks for the value itself where the server keeps its
// length beside it.
std::string size_of(const Rows& columns, int row, bool utf8) {
  const std::string name = quote_name(columns.get(row, 0));
  const std::string_view type = columns.get(row, 1);
  if (type == "bytea") return fmt::format("pg_catalog.octet_length({})", name);
  if (!utf8) return fmt::format("pg_catalog.octet_length(pg_catalog.convert_to({}::text, 'UTF8'))", name);
  return fmt::format("pg_catalog.octet_length({}::text)", name);
}

}  // namespace

Result<ServerFacts> server_facts(Connection& session) {
  ServerFacts out;
  const ServerTraits& traits = session.traits();
  if (!traits.has_full_catalog) {
    out.product = "CockroachDB";
    out.version = traits.version;
    out.tells_structure = false;
    out.quiets_constraints = traits.has_replica_role;
    return out;
  }
  out.product = "PostgreSQL";
  const Rows server = TRY(
      session.query("SELECT current_setting('server_version'), pg_catalog.quote_ident(current_user), "
                    "pg_catalog.pg_is_in_recovery(), (SELECT count(*) FROM pg_catalog.pg_replication_slots), (SELECT "
                    "count(*) FROM pg_catalog.pg_stat_replication)"));
  out.version = server.text(0, 0);
  out.version_number = session.server_version();
  out.user = server.text(0, 1);
  out.is_replica = server.boolean(0, 2);
  out.slots_in_use = server.integer(0, 3);
  out.senders_in_use = server.integer(0, 4);
  const Rows settings = TRY(session.query(std::string(settings_sql)));
  for (int i = 0; i < settings.size(); ++i) out.settings[settings.text(i, 0)] = settings.text(i, 1);
  TRY(read_transactions(session, out));
  out.quiets_constraints = TRY(may_quiet_constraints(session));
  return out;
}

Result<std::vector<TableSurvey>> survey(Connection& session, std::span<const TableRef> tables) {
  return Survey(session, tables).run();
}

Result<std::vector<ValueSizes>> measure_values(Connection& session, const TableRef& table,
                                               std::span<const MeasuredColumn> columns) {
  std::vector<ValueSizes> out;
  std::vector<std::string> names;
  for (const MeasuredColumn& column : columns) names.push_back(column.column);
  const Rows there = TRY(session.query(
      "SELECT a.attname, pg_catalog.format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, NULL), "
      "w.position - 1, c.relkind FROM unnest($3::text[]) WITH ORDINALITY AS w(name, position) JOIN "
      "pg_catalog.pg_namespace n ON n.nspname = $1 JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND "
      "c.relname "
      "= $2 JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = w.name AND a.attnum > 0 AND NOT "
      "a.attisdropped JOIN pg_catalog.pg_type t ON t.oid = a.atttypid ORDER BY w.position",
      {table.schema, table.name, array_text(names)}));
  if (there.empty()) return out;
  const Rows encoding = TRY(session.query("SELECT current_setting('server_encoding')"));
  const bool utf8 = encoding.get(0, 0) == "UTF8" || encoding.get(0, 0) == "SQL_ASCII";
  std::vector<std::string> wanted;
  for (int i = 0; i < there.size(); ++i) {
    const std::string size = size_of(there, i, utf8);
    // What no value is longer than need not be compared.
    const uint64_t limit =
        std::min<uint64_t>(columns[static_cast<size_t>(there.integer(i, 2))].limit_bytes, INT32_MAX);
    wanted.push_back(fmt::format("pg_catalog.max({0}), count(*) FILTER (WHERE {0} > {1})", size, limit));
  }
  const Rows rows = TRY(session.query(fmt::format("SELECT {} FROM {}{}", join(wanted, ", "),
                                                  char_at(there, 0, 3) == 'p' ? "" : "ONLY ", quote_name(table))));
  for (int i = 0; i < there.size(); ++i)
    out.push_back({there.text(i, 0), static_cast<uint64_t>(rows.integer(0, 2 * i)),
                   static_cast<uint64_t>(rows.integer(0, 2 * i + 1))});
  return out;
}

}  // namespace godwit::postgres
