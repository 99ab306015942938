#include "engines/postgres/structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/log.h"
#include "base/text.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/foreign_objects.h"
#include "engines/postgres/object_lookup.h"
#include "engines/postgres/rendering.h"
#include "engines/postgres/server_version.h"
#include "engines/postgres/statement.h"
#include "engines/postgres/structure_errors.h"
#include "engines/postgres/type_name.h"

namespace godwit::postgres {
namespace {

constexpr size_t tables_per_query = 200;

Result<void> run_in_transaction(Connection& connection, const std::string& sql) {
  if (!connection.traits().has_transactional_ddl) return connection.run(sql);
  Transaction transaction = TRY(Transaction::begin(connection));
  // Bodies may name what is built later.
  TRY(connection.run("SET LOCAL check_function_bodies = off"));
  TRY(connection.run(sql));
  return transaction.commit();
}

// At the end of the column list.
void append_added_columns(const ObjectDef& object, const PlanNames& names, std::vector<SqlPiece>& pieces) {
  const auto end = std::ranges::find(pieces, SqlPiece::Kind::list_end, &SqlPiece::kind);
  if (end == pieces.end()) return;
  std::string sql;
  for (const ColumnDef* column : names.added(object.table))
    sql += fmt::format(", {} {}", quote_name(column->name), type_name(column->type));
  pieces.insert(end, {SqlPiece::Kind::text, sql, {}, {}});
}

// The SQL of a statement; empty when the plan leaves out what it is about.
Result<std::string> sql_of(Connection& connection, const ObjectDef& object, std::span<const SqlPiece> pieces,
                           const PlanNames& names) {
  std::vector<std::string> left_out;
  auto kept = without_removed_columns(pieces, names, &left_out);
  if (!kept) return "";
  for (const std::string& what : left_out)
    log_warning(Component::metadata_manager,
                "{} {} is made without the {}: the table mapping gives a column of it another type", object.kind,
                object.name, what);
  if (object.kind == "table") append_added_columns(object, names, *kept);
  const bool complete = TRY(rewrite(connection, *kept, names));
  if (!complete) return Failure(errors::cannot_rewrite(object));
  return print(*kept, names);
}

Result<bool> build_schemas(Connection& connection, const ObjectDef& object, const PlanNames& names) {
  std::set<std::string> wanted = names.schemas_of(object.table.schema);
  if (object.table.schema.empty()) wanted = {object.name};
  bool built = false;
  for (const std::string& schema : wanted) {
    const Rows found = TRY(connection.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", {schema}));
    if (!found.empty()) continue;
    TRY(connection.run("CREATE SCHEMA IF NOT EXISTS " + quote_name(schema)));
    built = true;
  }
  return built;
}

Result<bool> build_pieces(Connection& connection, const ObjectDef& object, const PlanNames& names) {
  if (object.kind == "schema") return build_schemas(connection, object, names);
  const Presence presence = TRY(look_up(connection, object, names));
  if (presence == Presence::there) return false;
  if (presence == Presence::absent) {
    const std::string sql = TRY(sql_of(connection, object, object.create, names));
    if (sql.empty()) {
      log_info(Component::metadata_manager,
               "{} {} of {} is left out: it needs a column that the table mapping removes", object.kind, object.name,
               to_string(object.table));
      return false;
    }
    const auto made = run_in_transaction(connection, sql);
    // Another worker of the task, which has yet to learn that this one took over, may have been faster.
    const Presence now = made ? presence : TRY(look_up(connection, object, names));
    if (!made && now == Presence::absent) return Failure(made.error());
    if (now == Presence::there) return false;
  }
  if (object.then.empty()) return true;
  const std::string second = TRY(sql_of(connection, object, object.then, names));
  if (!second.empty()) TRY(run_in_transaction(connection, second));
  return true;
}

std::vector<std::string> schemas_of(std::span<const TargetTable> tables) {
  std::vector<std::string> out;
  for (const TargetTable& table : tables) out.push_back(table.layout->ref.schema);
  return out;
}

std::vector<std::string> names_of(std::span<const TargetTable> tables) {
  std::vector<std::string> out;
  for (const TargetTable& table : tables) out.push_back(table.layout->ref.name);
  return out;
}

// The position of each table that is there, whether it has a primary key, its columns, and the keys of others that
// point to it. Holes: the tables with their partitions, what a primary key must be beside, and a foreign key.
constexpr const char* states_sql = R"(
WITH RECURSIVE wanted AS (
  SELECT w.position - 1 AS position, c.oid
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(schema, name, position)
  JOIN pg_namespace n ON n.nspname = w.schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p', 'f')
), inside AS (
  {}
)
SELECT w.position, EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = w.oid AND k.contype = 'p'{}),
       (SELECT json_agg(a.attname) FROM pg_attribute a
        WHERE a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped),
       (SELECT json_agg(quote_ident(k.conname) || ' on ' || k.conrelid::regclass::text ORDER BY k.oid)
        FROM pg_constraint k WHERE k.confrelid = w.oid AND k.contype = 'f'{}
          AND NOT EXISTS (SELECT 1 FROM inside i WHERE i.oid = k.conrelid))
FROM wanted w)";

// A table without a primary key of the user's has one over a hidden column.
constexpr const char* is_visible_key = R"(
         AND NOT EXISTS (SELECT 1 FROM pg_class h JOIN pg_namespace m ON m.oid = h.relnamespace
                         JOIN pg_attribute a ON a.attrelid = h.oid
                         JOIN information_schema.columns AS i
                           ON i.table_schema = m.nspname AND i.table_name = h.relname AND i.column_name = a.attname
                         WHERE h.oid = k.conrelid AND a.attnum = ANY (k.conkey) AND i.is_hidden = 'YES'))";

std::string states_query(const Connection& connection) {
  const ServerTraits& traits = connection.traits();
  return fmt::format(fmt::runtime(states_sql), with_partitions(traits), traits.has_full_catalog ? "" : is_visible_key,
                     version::has_constraint_parents(connection.server_version()) ? " AND k.conparentid = 0" : "");
}

std::vector<std::string> missing_columns(const TableDef& layout, const std::vector<std::string>& there) {
  std::vector<std::string> out;
  for (const ColumnDef& column : layout.columns)
    if (std::ranges::find(there, column.name) == there.end()) out.push_back(column.name);
  return out;
}

Result<void> look_for_rows(Connection& connection, std::span<const TargetTable> tables, std::span<const size_t> which,
                           std::vector<TargetTableState>& out) {
  std::string sql;
  for (const size_t i : which)
    sql += fmt::format("{}SELECT {}, EXISTS (SELECT 1 FROM {})", sql.empty() ? "" : " UNION ALL ", i,
                       quote_name(tables[i].layout->ref));
  if (sql.empty()) return {};
  const Rows rows = TRY(connection.query(sql));
  for (int row = 0; row < rows.size(); ++row)
    out[static_cast<size_t>(rows.integer(row, 0))].empty = !rows.boolean(row, 1);
  return {};
}

std::string name_list(std::span<const TableRef> tables) {
  std::string out;
  for (const TableRef& table : tables) out += (out.empty() ? "" : ", ") + quote_name(table);
  return out;
}

}  // namespace

std::vector<ObjectDef> planned_keys(std::span<const TargetTable> tables) {
  std::vector<ObjectDef> out;
  for (const TargetTable& table : tables) {
    if (!table.layout->key || table.layout->key->origin == KeyDef::Origin::source) continue;
    const KeyDef& key = *table.layout->key;
    const bool primary = key.origin == KeyDef::Origin::primary_key;
    const TableRef& source = table.source->ref;
    std::vector<std::string> columns, required;
    for (const uint32_t c : key.columns) {
      columns.push_back(quote_name(table.layout->columns[c].name));
      required.push_back("ALTER COLUMN " + columns.back() + " SET NOT NULL");
    }
    Statement statement;
    statement.text("ALTER TABLE ").table(source);
    if (primary)
      statement.text(" ADD CONSTRAINT ").name(key.name).text(" PRIMARY KEY (" + join(columns, ", ") + ")");
    else
      statement.text(" " + join(required, ", ") + "; CREATE UNIQUE INDEX ")
          .name(key.name)
          .text(" ON ")
          .table(source)
          .text(" (" + join(columns, ", ") + ")");
    ObjectDef object;
    object.phase = ObjectPhase::keys;
    object.kind = primary ? "primary key" : "unique index";
    object.name = key.name;
    object.table = source;
    object.dialect = "postgresql";
    object.create = statement.take();
    out.push_back(std::move(object));
  }
  return out;
}

// A table, index or sequence of another table has the name.
static Result<bool> is_taken(Connection& connection, const ObjectDef& index, const PlanNames& names) {
  const TableRef table = names.table(index.table);
  const Rows rows = TRY(connection.query(
      "SELECT coalesce(i.indrelid, 0) IS DISTINCT FROM to_regclass($3)::oid FROM pg_class c JOIN pg_namespace n ON "
      "n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE n.nspname = $1 AND c.relname = $2",
      {table.schema, index.name, quote_name(table)}));
  return !rows.empty() && rows.boolean(0, 0);
}

bool computes_columns(const Connection& connection) {
  return connection.traits().has_full_catalog && version::has_generated_columns(connection.server_version());
}

static bool has_computed_columns(const ObjectDef& object, std::span<const TargetTable> tables) {
  return std::ranges::any_of(
      tables, [&](const TargetTable& table) { return table.source->ref == object.table && !table.computed.empty(); });
}

static Result<bool> build_foreign_object(Connection& connection, const ObjectDef& object,
                                         std::span<const TargetTable> tables) {
  const bool computes = computes_columns(connection);
  std::optional<ObjectDef> own = translated(object, tables, false, computes);
  if (!own) return false;
  const PlanNames names(tables);
  if ((own->kind == "index" || own->kind == "unique index") && TRY(is_taken(connection, *own, names)))
    own = translated(object, tables, true, computes);
  auto built = build_pieces(connection, *own, names);
  if (!built && own->kind == "table" && built.error().kind == ErrorKind::table && computes &&
      has_computed_columns(object, tables)) {
    log_warning(Component::target_apply, "{}", errors::not_computed(*own, built.error()).message);
    own = translated(object, tables, false, false);
    built = build_pieces(connection, *own, names);
  }
  if (!built) return Failure(errors::cannot_build(*own, built.error()));
  return built;
}

Result<bool> build_object(Connection& connection, const ObjectDef& object, std::span<const TargetTable> tables) {
  if (is_foreign(object)) return build_foreign_object(connection, object, tables);
  if (object.create.empty()) return false;
  auto built = build_pieces(connection, object, PlanNames(tables));
  if (!built && built.error().code != "postgres.cannot_rewrite")
    return Failure(errors::cannot_build(object, built.error()));
  return built;
}

Result<void> finish_object(Connection& connection, const ObjectDef& object, std::span<const TargetTable> tables) {
  if (object.at_stop.empty()) return {};
  const PlanNames names(tables);
  const Presence presence = TRY(look_up(connection, object, names));
  if (presence == Presence::absent) return {};
  const std::string sql = TRY(sql_of(connection, object, object.at_stop, names));
  if (sql.empty()) return {};
  if (auto done = connection.run(sql); !done) return Failure(errors::cannot_build(object, done.error()));
  return {};
}

Result<std::vector<TargetTableState>> inspect_tables(Connection& connection, std::span<const TargetTable> tables) {
  const Rows rows =
      TRY(connection.query(states_query(connection), {array_text(schemas_of(tables)), array_text(names_of(tables))}));
  std::vector<TargetTableState> out(tables.size());
  std::vector<size_t> there;
  for (int row = 0; row < rows.size(); ++row) {
    const auto i = static_cast<size_t>(rows.integer(row, 0));
    TargetTableState& state = out[i];
    state.exists = true;
    state.has_primary_key = rows.boolean(row, 1);
    state.missing_columns = missing_columns(*tables[i].layout, strings_at(rows, row, 2));
    state.outside_references = strings_at(rows, row, 3);
    there.push_back(i);
  }
  for (size_t first = 0; first < there.size(); first += tables_per_query)
    TRY(look_for_rows(connection, tables,
                      std::span(there).subspan(first, std::min(tables_per_query, there.size() - first)), out));
  return out;
}

Result<void> drop_tables(Connection& connection, std::span<const TableRef> tables) {
  if (tables.empty()) return {};
  return connection.run("DROP TABLE IF EXISTS " + name_list(tables));
}

Result<void> truncate_tables(Connection& connection, std::span<const TableRef> tables) {
  if (tables.empty()) return {};
  return connection.run("TRUNCATE " + name_list(tables));
}

Result<void> analyze_table(Connection& connection, const TableRef& table) {
  return connection.run("ANALYZE " + quote_name(table));
}

namespace {

// Others may draw values from it too, on the target or by another task: it never goes back, in its own direction.
Result<void> move_on(Connection& connection, const SequenceState& sequence) {
  const std::string name = quote_name(TableRef{sequence.schema, sequence.name});
  const std::string there = "SELECT 1 FROM pg_class WHERE oid = to_regclass($1) AND relkind = 'S'";
  if (TRY(connection.query(there, {name})).empty()) return Failure(errors::no_such_sequence(name));
  constexpr const char* sql = R"(
SELECT setval(q.seqrelid::regclass, $2::int8, $3::bool) FROM {} s, pg_sequence q
WHERE q.seqrelid = to_regclass($1)
AND sign(q.seqincrement::numeric) * ($2::numeric + CASE WHEN $3::bool THEN q.seqincrement ELSE 0 END
  - s.last_value - CASE WHEN s.is_called THEN q.seqincrement ELSE 0 END) > 0)";
  auto set = connection.run(fmt::format(sql, name),
                            {name, std::to_string(sequence.last_value), sequence.is_called ? "t" : "f"});
  return set ? std::move(set) : Failure(errors::sequence_not_set(name, set.error()));
}

}  // namespace

// The target's own sequence for the column, whatever its name; else the one of the source's name.
Result<void> set_sequence(Connection& connection, const SequenceState& sequence) {
  if (sequence.owner.name.empty()) return move_on(connection, sequence);
  constexpr const char* sql = R"(
WITH place AS (
  SELECT a.attrelid, a.attnum FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attname = $2
), found AS (
  SELECT d.objid AS oid, 1 AS rank FROM place p JOIN pg_depend d ON d.refobjid = p.attrelid AND d.refobjsubid = p.attnum
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = d.classid AND d.deptype IN ('a', 'i')
  UNION ALL
  SELECT d.refobjid, 2 FROM place p JOIN pg_attrdef f ON f.adrelid = p.attrelid AND f.adnum = p.attnum
  JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
  UNION ALL
  SELECT to_regclass($3), 3
)
SELECT setval(s.oid::regclass, $4::int8, $5::bool) FROM (
  SELECT c.oid FROM found JOIN pg_class c ON c.oid = found.oid AND c.relkind = 'S' ORDER BY rank LIMIT 1) s)";
  const std::string name = quote_name(TableRef{sequence.schema, sequence.name});
  const auto rows = connection.query(sql, {quote_name(sequence.owner), sequence.column, name,
                                           std::to_string(sequence.last_value), sequence.is_called ? "t" : "f"});
  if (!rows) return Failure(errors::sequence_not_set(name, rows.error()));
  if (rows->empty()) return Failure(errors::no_such_sequence(name));
  return {};
}

}  // namespace godwit::postgres
