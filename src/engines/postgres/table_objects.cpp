#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "engine/sql_text.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/object_readers.h"
#include "engines/postgres/sequence_sql.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

using Kind = SqlPiece::Kind;

// A sequence a default takes its values from, as the default's text names it.
struct DefaultSequence {
  std::string literal;  // 's.q'::regclass
  std::string name;
  uint32_t owner_oid = 0;  // of the table whose column owns it; 0: nobody
  std::string schema;
};

struct Column {
  std::string name, type, collation, default_expression, comment;
  bool not_null = false;
  char generated = '\0', identity = '\0';
  std::vector<std::string> generated_from;
  std::vector<DefaultSequence> sequences;
  std::string settings;  // ALTER COLUMN actions, joined by a line feed
  std::string identity_sequence_name, identity_options;
};

struct Check {
  std::string name, body;
  std::vector<std::string> columns;
  bool inherited = false;
};

struct TableParts {
  std::string comment;
  std::vector<Column> columns;
  std::vector<Check> checks;
};

using PartsByOid = std::unordered_map<uint32_t, TableParts>;

// Column options named pg_… are the server's own marks.
constexpr std::string_view columns_sql = R"(
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attcollation NOT IN (0, t.typcollation)
            THEN (SELECT quote_ident(n.nspname) || '.' || quote_ident(l.collname)
                  FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
                  WHERE l.oid = a.attcollation) END,
       pg_get_expr(d.adbin, d.adrelid), a.attnotnull, {0}, a.attidentity,
       CASE WHEN {0} <> '' THEN
         (SELECT json_agg(DISTINCT r.attname) FROM pg_depend p
          JOIN pg_attribute r ON r.attrelid = p.refobjid AND r.attnum = p.refobjsubid
          WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
            AND p.refobjid = a.attrelid AND p.refobjsubid NOT IN (0, a.attnum)) END,
       concat_ws(E'\n',
         CASE WHEN a.attstorage <> t.typstorage THEN 'SET STORAGE ' ||
           CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED'
                             ELSE 'MAIN' END END,
         {1},
         CASE WHEN a.attstattarget >= 0 THEN 'SET STATISTICS ' || a.attstattarget END,
         (SELECT 'SET (' || string_agg(quote_ident(option_name) || '=' || quote_literal(option_value), ', ') || ')'
          FROM pg_options_to_table(a.attoptions) WHERE option_name !~ '^pg_' HAVING count(*) > 0)),
       col_description(a.attrelid, a.attnum), obj_description(a.attrelid, 'pg_class')
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum)";

constexpr std::string_view compression =
    "CASE a.attcompression WHEN 'p' THEN 'SET COMPRESSION pglz' WHEN 'l' THEN 'SET COMPRESSION lz4' END";

constexpr const char* default_sequences_sql = R"(
SELECT DISTINCT d.adrelid, a.attname, quote_literal(q.oid::regclass::text) || '::regclass', n.nspname, q.relname,
       (SELECT o.refobjid FROM pg_depend o WHERE o.classid = 'pg_class'::regclass AND o.objid = q.oid
          AND o.refclassid = 'pg_class'::regclass AND o.deptype = 'a' AND o.refobjsubid > 0)
FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
JOIN pg_class q ON q.oid = p.refobjid AND q.relkind = 'S' JOIN pg_namespace n ON n.oid = q.relnamespace
WHERE d.adrelid = ANY ($1::oid[]))";

// An inheritance child stands alone on the target, so what it inherits is its own there.
constexpr const char* checks_sql = R"(
SELECT k.conrelid, k.conname, pg_get_constraintdef(k.oid),
       (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)),
       k.coninhcount > 0
FROM pg_constraint k WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'c' AND k.convalidated
ORDER BY k.conrelid, k.conname::text COLLATE "C")";

Column column_of(const Rows& rows, int row) {
  Column column;
  column.name = rows.text(row, 1);
  column.type = rows.text(row, 2);
  column.collation = rows.text(row, 3);
  column.default_expression = rows.text(row, 4);
  column.not_null = rows.boolean(row, 5);
  column.generated = char_at(rows, row, 6);
  column.identity = char_at(rows, row, 7);
  column.generated_from = strings_at(rows, row, 8);
  column.settings = rows.text(row, 9);
  column.comment = rows.text(row, 10);
  return column;
}

Column* find_column(PartsByOid& parts, uint32_t oid, std::string_view name) {
  std::vector<Column>& columns = parts[oid].columns;
  const auto found = std::ranges::find(columns, name, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

Result<PartsByOid> read_parts(Connection& connection, const ObjectScope& scope) {
  PartsByOid parts;
  const Rows columns = TRY(connection.query(
      fmt::format(columns_sql, version::attgenerated(connection.server_version()),
                  version::has_column_compression(connection.server_version()) ? compression : "NULL"),
      {scope.oids}));
  for (int row = 0; row < columns.size(); ++row) {
    TableParts& table = parts[oid_at(columns, row, 0)];
    table.columns.push_back(column_of(columns, row));
    table.comment = columns.text(row, 11);
  }
  const Rows sequences = TRY(connection.query(default_sequences_sql, {scope.oids}));
  for (int row = 0; row < sequences.size(); ++row)
    if (Column* column = find_column(parts, oid_at(sequences, row, 0), sequences.get(row, 1)))
      column->sequences.push_back(
          {sequences.text(row, 2), sequences.text(row, 4), oid_at(sequences, row, 5), sequences.text(row, 3)});
  const Rows checks = TRY(connection.query(checks_sql, {scope.oids}));
  for (int row = 0; row < checks.size(); ++row)
    parts[oid_at(checks, row, 0)].checks.push_back(
        {checks.text(row, 1), checks.text(row, 2), strings_at(checks, row, 3), checks.boolean(row, 4)});
  const std::vector<IdentitySequence> identities = TRY(read_identity_sequences(connection, scope.oids));
  for (const IdentitySequence& identity : identities)
    if (Column* column = find_column(parts, identity.table_oid, identity.column)) {
      column->identity_sequence_name = identity.name;
      column->identity_options = identity.options;
    }
  return parts;
}

// The default, with the sequences in it as pieces: their schema is that of the table that owns them.
void append_default(Statement& statement, const Column& column, const ObjectScope& scope) {
  std::string_view rest = column.default_expression;
  while (!rest.empty()) {
    size_t at = std::string_view::npos;
    const DefaultSequence* next = nullptr;
    for (const DefaultSequence& sequence : column.sequences)
      if (const size_t found = rest.find(sequence.literal); found < at) {
        at = found;
        next = &sequence;
      }
    statement.text(rest.substr(0, at));
    if (next == nullptr) return;
    const Relation* owner = scope.find(next->owner_oid);
    statement.add(Kind::relation_literal, next->name,
                  owner == nullptr ? TableRef{next->schema, ""} : schema_anchor(*owner));
    statement.text("::regclass");
    rest.remove_prefix(at + next->literal.size());
  }
}

void append_column(Statement& statement, const Relation& relation, const Column& column, const ObjectScope& scope) {
  statement.column(relation.root, column.name).text(" ");
  statement.clause(Kind::type, column.type, relation.root, {column.name});
  if (!column.collation.empty())
    statement.own_type("collation", relation.root, column.name).text(" COLLATE " + column.collation).own_type_end();
  if (column.generated != '\0') {
    statement.text(" GENERATED ALWAYS AS (");
    statement.clause(Kind::expression, column.default_expression, relation.root, column.generated_from);
    statement.text(column.generated == 's' ? ") STORED" : ") VIRTUAL");
  } else if (column.identity != '\0') {
    statement.own_type("identity", relation.root, column.name);
    statement.text(column.identity == 'a' ? " GENERATED ALWAYS" : " GENERATED BY DEFAULT");
    statement.text(" AS IDENTITY (SEQUENCE NAME ");
    statement.add(Kind::relation, column.identity_sequence_name, schema_anchor(relation));
    statement.text(" " + column.identity_options + ")").own_type_end();
  } else if (!column.default_expression.empty()) {
    statement.own_type("default", relation.root, column.name).text(" DEFAULT ");
    append_default(statement, column, scope);
    statement.own_type_end();
  }
  if (column.not_null) statement.text(" NOT NULL");
}

void append_check(Statement& statement, const Relation& relation, const Check& check) {
  statement.item(" (", ", ").text("CONSTRAINT ").name(check.name).text(" ");
  statement.clause(Kind::constraint, check.body, relation.root, check.columns);
}

void append_storage(Statement& statement, const Relation& relation) {
  if (relation.is_partitioned()) {
    statement.text(" PARTITION BY ");
    statement.clause(Kind::partition_key, relation.partition_key, relation.root, relation.partition_key_columns);
  }
  if (!relation.access_method.empty()) statement.text(" USING ").name(relation.access_method);
  if (!relation.options.empty()) statement.text(" WITH (" + relation.options + ")");
}

Statement create_keyword(const Relation& relation) {
  Statement statement;
  // An unlogged partitioned table has no meaning, and servers from 18 on refuse it.
  statement.text(relation.unlogged && !relation.is_partitioned() ? "CREATE UNLOGGED TABLE " : "CREATE TABLE ");
  append_relation(statement, relation);
  return statement;
}

ColumnMeaning meaning_of_column(const Column& column) {
  ColumnMeaning out{column.name};
  out.comment = column.comment;
  out.counts_up = column.identity != '\0' || (column.generated == '\0' && !column.sequences.empty() &&
                                              column.default_expression.starts_with("nextval("));
  if (column.generated != '\0') {
    out.generated = column.default_expression;
  } else if (!out.counts_up) {
    Type type;
    if (column.type == "bytea") type.form = ValueForm::bytes;
    out.default_value = read_default(column.default_expression, type);
  }
  return out;
}

TableMeaning meaning_of_table(const TableParts& parts) {
  TableMeaning out;
  out.comment = parts.comment;
  for (const Column& column : parts.columns) out.columns.push_back(meaning_of_column(column));
  for (const Check& check : parts.checks) {
    constexpr std::string_view word = "CHECK ";
    const std::string_view body = check.body;
    out.checks.push_back({check.name, std::string(body.starts_with(word) ? body.substr(word.size()) : body)});
  }
  return out;
}

ObjectDef table_object(const Relation& relation, const TableParts& parts, const ObjectScope& scope) {
  Statement statement = create_keyword(relation);
  for (const Column& column : parts.columns) {
    statement.item(" (", ", ");
    append_column(statement, relation, column, scope);
  }
  for (const Check& check : parts.checks) append_check(statement, relation, check);
  if (parts.columns.empty() && parts.checks.empty()) statement.text(" ()");
  statement.list_end(")");
  append_storage(statement, relation);
  ObjectDef object = object_of(ObjectPhase::tables, "table", relation.ref.name, relation.root);
  object.create = statement.take();
  object.meaning = meaning_of(meaning_of_table(parts));
  return object;
}

// What a partition says beyond its parent: a default of its own, or none where the parent has one.
void append_partition_column(Statement& statement, const Relation& relation, const Column& own, const Column& parent,
                             const ObjectScope& scope) {
  if (own.generated != '\0' || own.identity != '\0' || parent.identity != '\0') return;
  const bool same_default = own.default_expression == parent.default_expression;
  if (same_default && own.not_null == parent.not_null) return;
  statement.item(" (", ", ").column(relation.root, own.name);
  if (own.not_null && !parent.not_null) statement.text(" NOT NULL");
  if (same_default) return;
  statement.own_type("default", relation.root, own.name).text(" DEFAULT ");
  if (own.default_expression.empty()) statement.text("NULL");
  append_default(statement, own, scope);
  statement.own_type_end();
}

void append_partition_list(Statement& statement, const Relation& relation, const TableParts& parts,
                           const TableParts& parent, const ObjectScope& scope) {
  for (const Column& column : parts.columns) {
    const auto above = std::ranges::find(parent.columns, column.name, &Column::name);
    if (above != parent.columns.end()) append_partition_column(statement, relation, column, *above, scope);
  }
  for (const Check& check : parts.checks)
    if (!check.inherited) append_check(statement, relation, check);
  statement.list_end(")");
}

// A foreign partition becomes an ordinary one: its rows are read through the parent and must have a place.
ObjectDef partition_object(const Relation& relation, PartsByOid& parts, const ObjectScope& scope) {
  Statement statement = create_keyword(relation);
  statement.text(" PARTITION OF ");
  append_relation(statement, *scope.find(relation.parent_oid));
  append_partition_list(statement, relation, parts[relation.oid], parts[relation.parent_oid], scope);
  statement.text(" " + relation.bound);
  append_storage(statement, relation);
  ObjectDef object = object_of(ObjectPhase::tables, "partition", relation.ref.name, relation.root);
  object.create = statement.take();
  object.meaning = meaning_of(ImplicitMeaning{});
  return object;
}

void add_settings(const Relation& relation, const TableParts& parts, Objects& out) {
  Statement statement;
  for (const Column& column : parts.columns) {
    std::string_view rest = column.settings;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      append_relation(statement.item("", "; ").text("ALTER TABLE "), relation);
      statement.text(" ALTER COLUMN ").column(relation.root, column.name).text(" ");
      statement.text(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (statement.empty()) return;
  ObjectDef object = object_of(ObjectPhase::tables, "column settings", relation.ref.name, relation.root);
  object.create = statement.list_end("").take();
  object.optional = true;
  object.meaning = meaning_of(ImplicitMeaning{});
  out.push_back(std::move(object));
}

Result<void> add_ownerships(Connection& connection, const ObjectScope& scope, Objects& out) {
  const std::vector<OwnedSequence> sequences = TRY(read_owned_sequences(connection, scope.oids));
  for (const OwnedSequence& sequence : sequences) {
    const Relation* owner = scope.find(sequence.table_oid);
    Statement statement;
    statement.text("ALTER SEQUENCE ").add(Kind::relation, sequence.name, schema_anchor(*owner)).text(" OWNED BY ");
    append_relation(statement, *owner);
    statement.text(".").column(owner->root, sequence.column);
    ObjectDef object = object_of(ObjectPhase::tables, "sequence owner", sequence.name, owner->root);
    object.create = statement.take();
    object.meaning = meaning_of(ImplicitMeaning{});
    out.push_back(std::move(object));
  }
  return {};
}

}  // namespace

Result<void> read_table_objects(Connection& connection, const ObjectScope& scope, Objects& out) {
  PartsByOid parts = TRY(read_parts(connection, scope));
  for (const Relation& relation : scope.relations) {
    out.push_back(relation.is_partition() ? partition_object(relation, parts, scope)
                                          : table_object(relation, parts[relation.oid], scope));
    if (!relation.is_partition()) add_settings(relation, parts[relation.oid], out);
  }
  return add_ownerships(connection, scope, out);
}

}  // namespace godwit::postgres
