#include "engines/postgres/target_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/kept_columns.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/foreign_objects.h"
#include "engines/postgres/narrower_type.h"
#include "engines/postgres/plan_names.h"
#include "engines/postgres/rendering.h"
#include "engines/postgres/server_version.h"
#include "engines/postgres/structure.h"
#include "engines/postgres/structure_errors.h"
#include "engines/postgres/type_name.h"

namespace godwit::postgres {
namespace {

constexpr size_t name_bytes_max = 63;

// What a query of privileges answers: schema by schema.
constexpr const char* schemas_sql = R"(
SELECT w.name, n.oid IS NOT NULL,
       coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE'), false),
       has_database_privilege(current_database(), 'CREATE'), current_database()
FROM unnest($1::text[]) AS w(name) LEFT JOIN pg_namespace n ON n.nspname = w.name)";

// Of the wanted tables those that are there. The keys of tables outside and other dependents stand in the way of
// emptying and dropping them.
constexpr std::string_view tables_sql = R"(
WITH RECURSIVE wanted AS (
  SELECT w.position - 1 AS position, c.oid, c.relowner
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(schema, name, position)
  JOIN pg_namespace n ON n.nspname = w.schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
), inside AS (
  {0}
)
SELECT w.position,
       (SELECT string_agg(p.name, ', ')
        FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p(name)
        WHERE NOT has_table_privilege(w.oid, p.name)),
       {1},
       (SELECT json_agg(a.attname) FROM pg_attribute a
        WHERE a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped),
       (SELECT json_agg(a.attname) FROM pg_attribute a
        WHERE a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped AND {3} <> ''),
       (SELECT json_agg(quote_ident(k.conname) || ' on ' || k.conrelid::regclass::text ORDER BY k.oid)
        FROM pg_constraint k WHERE k.confrelid = w.oid AND k.contype = 'f'{4}
          AND NOT EXISTS (SELECT 1 FROM inside i WHERE i.oid = k.conrelid)),
       {2}
FROM wanted w)";

// What else has one of the names. A foreign table's rows are another server's, and not committed with the task's own.
constexpr const char* others_sql = R"(
SELECT w.position - 1,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                      WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'index' END
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(schema, name, position)
JOIN pg_namespace n ON n.nspname = w.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind NOT IN ('r', 'p')
ORDER BY 1)";

// A domain has the type, the default and the NOT NULL of its own.
constexpr std::string_view columns_sql = R"(
SELECT w.position - 1, a.attname, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
       a.atthasdef OR a.attidentity <> '' OR (t.typtype = 'd' AND t.typdefault IS NOT NULL), {} <> '',
       CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod)
            ELSE format_type(a.atttypid, a.atttypmod) END
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(schema, name, position)
JOIN pg_namespace n ON n.nspname = w.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
ORDER BY 1, a.attnum)";

constexpr const char* lacking_sequences_sql = R"(
SELECT w.position - 1 FROM unnest($1::text[]) WITH ORDINALITY AS w(name, position)
WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass(w.name) AND c.relkind = 'S')
ORDER BY 1)";

// Whether the role acts as the table's owner.
constexpr std::string_view owns_sql = "pg_has_role(w.relowner, 'USAGE')";
// Without roles in the catalog: that is for the statement itself to find out.
constexpr std::string_view owns_unknown = "true";

constexpr std::string_view dependents_sql = R"(
       (SELECT json_agg(DISTINCT pg_describe_object(
          CASE WHEN r.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END, coalesce(r.ev_class, d.objid), 0))
        FROM pg_class c JOIN pg_type t ON t.oid = c.reltype
        JOIN pg_depend d ON (d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid)
                         OR (d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray))
        LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
        WHERE c.oid = w.oid AND d.deptype = 'n'
          AND d.classid IN ('pg_rewrite'::regclass, 'pg_class'::regclass, 'pg_proc'::regclass)
          AND NOT EXISTS (SELECT FROM inside i
                          WHERE d.classid <> 'pg_proc'::regclass AND i.oid = coalesce(r.ev_class, d.objid))))";

std::string tables_query(const Connection& connection) {
  const ServerTraits& traits = connection.traits();
  const int server = connection.server_version();
  return fmt::format(
      fmt::runtime(tables_sql), with_partitions(traits), traits.has_full_catalog ? owns_sql : owns_unknown,
      traits.has_full_catalog ? dependents_sql : std::string_view("NULL"), version::attgenerated(server),
      version::has_constraint_parents(server) ? " AND k.conparentid = 0" : "");
}

constexpr std::string_view extensions_sql = R"(
SELECT w.name, a.name IS NOT NULL,
       EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper) OR ({}
         AND has_database_privilege(current_database(), 'CREATE'))
FROM unnest($1::text[]) AS w(name)
LEFT JOIN pg_available_extensions a ON a.name = w.name
LEFT JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
WHERE NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = w.name))";

class Checks {
 public:
  Checks(Connection& connection, std::span<const TargetTable> tables, std::span<const ObjectDef> objects,
         PrepareMode mode, bool fresh)
      : connection_(connection), tables_(tables), objects_(objects), mode_(mode), fresh_(fresh) {}

  Result<std::vector<Finding>> run() {
    const Rows server =
        TRY(connection_.query(connection_.traits().has_full_catalog ? "SELECT current_user, pg_is_in_recovery()"
                                                                    : "SELECT current_user, false"));
    role_ = server.text(0, 0);
    if (server.boolean(0, 1)) {
      stop(errors::standby_target());
      return std::move(findings_);
    }
    check_names();
    TRY(check_tables());
    TRY(check_kept_columns());
    TRY(check_sequences());
    TRY(check_schemas());
    TRY(check_extensions());
    for (std::string& text : not_carried(objects_, tables_, computes_columns(connection_)))
      findings_.push_back({false, errors::not_carried(text)});
    return std::move(findings_);
  }

 private:
  void stop(Error error, const TableRef& table = {}, std::vector<std::string> remedy = {}) {
    findings_.push_back({true, std::move(error), table, std::move(remedy)});
  }
  void warn(Error error, const TableRef& table, std::vector<std::string> remedy = {}) {
    findings_.push_back({false, std::move(error), table, std::move(remedy)});
  }
  std::string to_role() const { return " TO " + quote_name(role_) + ";"; }

  void check_name(std::string_view what, const std::string& name) {
    if (name.size() > name_bytes_max) stop(errors::name_too_long(what, name));
  }

  void check_names() {
    for (const TargetTable& table : tables_) {
      check_name("schema", table.layout->ref.schema);
      check_name("table", table.layout->ref.name);
      for (const ColumnDef& column : table.layout->columns) check_name("column", column.name);
    }
  }

  Result<void> check_tables() {
    std::vector<std::string> schemas, names;
    for (const TargetTable& table : tables_) {
      schemas.push_back(table.layout->ref.schema);
      names.push_back(table.layout->ref.name);
    }
    const Rows rows = TRY(connection_.query(tables_query(connection_), {array_text(schemas), array_text(names)}));
    missing_.assign(tables_.size(), true);
    for (int row = 0; row < rows.size(); ++row) {
      const auto position = static_cast<size_t>(rows.integer(row, 0));
      missing_[position] = false;
      check_table(*tables_[position].layout, rows, row);
    }
    const Rows others = TRY(connection_.query(others_sql, {array_text(schemas), array_text(names)}));
    for (int row = 0; row < others.size(); ++row) {
      const TableRef& table = tables_[static_cast<size_t>(others.integer(row, 0))].layout->ref;
      stop(errors::no_table(table, others.get(row, 1)), table);
    }
    return {};
  }

  // Of tables that the task finds and keeps. Later a change of the structure may be under way.
  Result<void> check_kept_columns() {
    if (!fresh_ || mode_ == PrepareMode::drop_and_create) return {};
    std::vector<std::string> schemas, names;
    for (const TargetTable& table : tables_) {
      schemas.push_back(table.layout->ref.schema);
      names.push_back(table.layout->ref.name);
    }
    const Rows rows =
        TRY(connection_.query(fmt::format(columns_sql, version::attgenerated(connection_.server_version())),
                              {array_text(schemas), array_text(names)}));
    std::vector<std::vector<KeptColumn>> columns(tables_.size());
    for (int row = 0; row < rows.size(); ++row) {
      const auto position = static_cast<size_t>(rows.integer(row, 0));
      columns[position].push_back(
          {rows.text(row, 1), rows.boolean(row, 2), rows.boolean(row, 3), rows.boolean(row, 4)});
      check_type(*tables_[position].layout, rows.get(row, 1), rows.get(row, 5));
    }
    for (size_t i = 0; i < tables_.size(); ++i) check_kept(tables_[i], columns[i]);
    return {};
  }

  void check_kept(const TargetTable& table, std::span<const KeptColumn> columns) {
    const TableRef& name = table.layout->ref;
    const KeptMisfits found = kept_misfits(table, columns, false);
    if (!found.stay_null.empty()) stop(godwit::errors::columns_stay_null(name, found.stay_null), name);
    if (!found.want_values.empty()) stop(godwit::errors::columns_want_values(name, found.want_values), name);
    if (found.refuse_nulls.empty()) return;
    std::vector<std::string> remedy;
    for (const std::string& column : found.refuse_nulls)
      remedy.push_back("ALTER TABLE " + quote_name(name) + " ALTER COLUMN " + quote_name(column) + " DROP NOT NULL;");
    warn(godwit::errors::columns_refuse_nulls(name, found.refuse_nulls), name, std::move(remedy));
  }

  void check_type(const TableDef& layout, std::string_view name, std::string_view own) {
    const auto column = find_column(layout, name);
    if (!column) return;
    const std::string planned = type_name(layout.columns[*column].type);
    if (const auto what = narrowing(planned, own))
      warn(errors::narrower_type(layout.ref, name, planned, own, *what), layout.ref);
  }

  std::optional<size_t> place_of(const TableRef& source) const {
    for (size_t i = 0; i < tables_.size(); ++i)
      if (tables_[i].source->ref == source) return i;
    return std::nullopt;
  }

  bool is_kept(const TableRef& source) const {
    const auto place = place_of(source);
    return place && !will_be_made(*place);
  }

  // A sequence comes with the table that owns it; where that one is kept, others may still take their defaults from
  // it.
  Result<void> check_sequences() {
    struct Wanted {
      const ObjectDef* sequence;
      TableRef user;
      TableRef name;
    };
    const PlanNames names(tables_);
    std::vector<Wanted> wanted;
    std::vector<std::string> quoted;
    for (const ObjectDef& object : objects_) {
      const auto place = is_foreign(object) ? std::nullopt : place_of(object.table);
      if (!place || !will_be_made(*place)) continue;
      for (const SqlPiece& piece : object.create) {
        if (piece.kind != SqlPiece::Kind::relation_literal) continue;
        const auto sequence = std::ranges::find_if(objects_, [&](const ObjectDef& other) {
          return other.kind == "sequence" && other.name == piece.text && is_kept(other.table) &&
                 names.schema(other.table) == names.schema(piece.table);
        });
        if (sequence == objects_.end()) continue;
        wanted.push_back({&*sequence, tables_[*place].layout->ref, {names.schema(piece.table), piece.text}});
        quoted.push_back(quote_name(wanted.back().name));
      }
    }
    if (wanted.empty()) return {};
    const Rows rows = TRY(connection_.query(lacking_sequences_sql, {array_text(quoted)}));
    for (int row = 0; row < rows.size(); ++row) {
      const Wanted& lacking = wanted[static_cast<size_t>(rows.integer(row, 0))];
      stop(errors::sequence_missing(lacking.name, lacking.user, names.table(lacking.sequence->table)), lacking.user,
           {print(lacking.sequence->create, names) + ";"});
    }
    return {};
  }

  void check_table(const TableDef& layout, const Rows& rows, int row) {
    const bool dropped = fresh_ && mode_ == PrepareMode::drop_and_create;
    if (dropped) {
      if (!rows.boolean(row, 2))
        stop(errors::not_owner(layout.ref, role_, "drop and create it"), layout.ref,
             {"ALTER TABLE " + quote_name(layout.ref) + " OWNER" + to_role()});
      for (const std::string& dependent : strings_at(rows, row, 6))
        stop(errors::has_dependents(layout.ref, dependent), layout.ref);
    } else {
      check_writable(layout, rows, row);
    }
    if (!fresh_ || mode_ == PrepareMode::do_nothing) return;
    for (const std::string& reference : strings_at(rows, row, 5))

      // "name on table", both quoted.
      stop(errors::referenced_from_outside(layout.ref, reference), layout.ref,
           {"ALTER TABLE " + reference.substr(reference.rfind(" on ") + 4) + " DROP CONSTRAINT " +
            reference.substr(0, reference.rfind(" on ")) + ";"});
  }

  void check_writable(const TableDef& layout, const Rows& rows, int row) {
    if (!rows.is_null(row, 1))
      stop(errors::not_writable(layout.ref, role_, rows.get(row, 1)), layout.ref,
           {"GRANT USAGE ON SCHEMA " + quote_name(layout.ref.schema) + to_role(),
            "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON " + quote_name(layout.ref) + to_role()});
    const std::vector<std::string> there = strings_at(rows, row, 3), generated = strings_at(rows, row, 4);
    std::vector<std::string> missing, computed;
    for (const ColumnDef& column : layout.columns) {
      if (std::ranges::find(there, column.name) == there.end()) missing.push_back(column.name);
      if (std::ranges::find(generated, column.name) != generated.end()) computed.push_back(column.name);
    }
    if (!missing.empty()) stop(errors::missing_target_columns(layout.ref, missing), layout.ref);
    if (!computed.empty()) stop(errors::generated_target_column(layout.ref, computed), layout.ref);
  }

  // Not there, or dropped and made again.
  bool will_be_made(size_t table) const {
    return missing_[table] || (fresh_ && mode_ == PrepareMode::drop_and_create);
  }

  // Schemas that get something new.
  Result<void> check_schemas() {
    std::set<std::string> wanted;
    for (size_t i = 0; i < tables_.size(); ++i)
      if (will_be_made(i)) wanted.insert(tables_[i].layout->ref.schema);
    const std::set<std::string> of_tables = wanted;
    for (const ObjectDef& object : objects_)
      if (!of_tables.empty() && object.kind == "schema" && object.table.schema.empty()) wanted.insert(object.name);
    const std::vector<std::string> names(wanted.begin(), wanted.end());
    const Rows rows = TRY(connection_.query(schemas_sql, {array_text(names)}));
    for (int row = 0; row < rows.size(); ++row) {
      const bool is_there = rows.boolean(row, 1);
      // Beside the tables' own schemas there are those of types and functions, which may all be there already.
      const bool gets_tables = of_tables.contains(rows.text(row, 0));
      if (!is_there && !rows.boolean(row, 3))
        stop(errors::no_create_on_database(role_, rows.get(row, 0)), {},
             {"GRANT CREATE ON DATABASE " + quote_name(rows.get(row, 4)) + to_role()});
      if (is_there && gets_tables && !rows.boolean(row, 2))
        stop(errors::no_create_in_schema(role_, rows.get(row, 0)), {},
             {"GRANT USAGE, CREATE ON SCHEMA " + quote_name(rows.get(row, 0)) + to_role()});
    }
    return {};
  }

  Result<void> check_extensions() {
    bool anything_made = false;
    for (size_t i = 0; i < tables_.size(); ++i) anything_made |= will_be_made(i);
    if (!anything_made) return {};
    std::vector<std::string> wanted;
    for (const ObjectDef& object : objects_)
      if (object.kind == "extension") wanted.push_back(object.name);
    if (!connection_.traits().has_full_catalog) {
      for (const std::string& name : wanted) stop(errors::extension_missing(name, "that server has no extensions"));
      return {};
    }
    const Rows rows = TRY(
        connection_.query(fmt::format(extensions_sql, version::has_trusted_extensions(connection_.server_version())
                                                          ? "coalesce(v.trusted, false)"
                                                          : "false"),
                          {array_text(wanted)}));
    for (int row = 0; row < rows.size(); ++row) {
      if (!rows.boolean(row, 1))
        stop(errors::extension_missing(rows.get(row, 0), "its files are not installed on that server"));
      else if (!rows.boolean(row, 2))
        stop(errors::extension_missing(rows.get(row, 0), "role \"" + role_ + "\" may not"), {},
             {"CREATE EXTENSION " + quote_name(rows.get(row, 0)) + ";"});
    }
    return {};
  }

  Connection& connection_;
  const std::span<const TargetTable> tables_;
  const std::span<const ObjectDef> objects_;
  const PrepareMode mode_;
  const bool fresh_;
  std::string role_;
  std::vector<bool> missing_;  // by table: not on the target
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::vector<Finding>> check_target(Connection& connection, std::span<const TargetTable> tables,
                                          std::span<const ObjectDef> objects, PrepareMode mode, bool fresh) {
  return Checks(connection, tables, objects, mode, fresh).run();
}

}  // namespace godwit::postgres
