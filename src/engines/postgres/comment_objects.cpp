#include <fmt/format.h>

#include <map>
#include <unordered_map>

#include "engines/postgres/catalog_query.h"
#include "engines/postgres/object_readers.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

// Columns: the relation, what kind of thing, its own name, the comment as a literal, the columns it depends on.
constexpr const char* table_comments_sql = R"(
SELECT d.objoid, CASE WHEN d.objsubid = 0 THEN 'TABLE' ELSE 'COLUMN' END, a.attname, quote_literal(d.description),
       CASE WHEN d.objsubid > 0 THEN json_build_array(a.attname) END, d.objsubid
FROM pg_description d LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
WHERE d.classoid = 'pg_class'::regclass AND d.objoid = ANY ($1::oid[])
UNION ALL
SELECT k.conrelid, 'CONSTRAINT', k.conname, quote_literal(d.description),
       (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)), 0
FROM pg_description d JOIN pg_constraint k ON k.oid = d.objoid
WHERE d.classoid = 'pg_constraint'::regclass AND k.conrelid = ANY ($1::oid[])
  AND (k.contype <> 'f' OR k.confrelid = ANY ($1::oid[]))
UNION ALL
SELECT i.indrelid, 'INDEX', c.relname, quote_literal(d.description),
       (SELECT json_agg(DISTINCT a.attname) FROM pg_attribute a
        WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND (a.attnum = ANY (i.indkey::int2[]) OR EXISTS (
          SELECT FROM pg_depend p WHERE p.classid = 'pg_class'::regclass AND p.objid = i.indexrelid
            AND p.refclassid = 'pg_class'::regclass AND p.refobjid = i.indrelid AND p.refobjsubid = a.attnum))), 0
FROM pg_description d JOIN pg_index i ON i.indexrelid = d.objoid JOIN pg_class c ON c.oid = d.objoid
WHERE d.classoid = 'pg_class'::regclass AND i.indrelid = ANY ($1::oid[])
UNION ALL
SELECT t.tgrelid, 'TRIGGER', t.tgname, quote_literal(d.description),
       (SELECT json_agg(DISTINCT a.attname) FROM pg_depend p
        JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
        WHERE p.classid = 'pg_trigger'::regclass AND p.objid = t.oid AND p.refobjid = t.tgrelid), 0
FROM pg_description d JOIN pg_trigger t ON t.oid = d.objoid
WHERE d.classoid = 'pg_trigger'::regclass AND t.tgrelid = ANY ($1::oid[])
ORDER BY 1, 6, 2, 3)";

// Comments on what is built before the tables, by the printed name of the object.
constexpr std::string_view other_comments_sql = R"(
WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[]) AS w(kind, name))
SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN ' ELSE 'TYPE ' END || w.name, quote_literal(d.description)
FROM wanted w JOIN pg_type t ON w.kind = 'type' AND t.oid = to_regtype(w.name)
JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid
UNION ALL
SELECT 'COLUMN ' || w.name || '.' || quote_ident(a.attname), quote_literal(d.description)
FROM wanted w JOIN pg_type t ON w.kind = 'type' AND t.oid = to_regtype(w.name) AND t.typtype = 'c'
JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = t.typrelid AND d.objsubid > 0
JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
UNION ALL
SELECT 'CONSTRAINT ' || quote_ident(k.conname) || ' ON DOMAIN ' || w.name, quote_literal(d.description)
FROM wanted w JOIN pg_constraint k ON w.kind = 'type' AND k.contypid = to_regtype(w.name)
JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid
UNION ALL
SELECT CASE {0} WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || w.name, quote_literal(d.description)
FROM wanted w JOIN pg_proc p ON w.kind = 'function' AND p.oid = to_regprocedure(w.name)
JOIN pg_description d ON d.classoid = 'pg_proc'::regclass AND d.objoid = p.oid
UNION ALL
SELECT 'COLLATION ' || w.name, quote_literal(d.description)
FROM wanted w JOIN pg_description d ON w.kind = 'collation' AND d.classoid = 'pg_collation'::regclass
JOIN pg_collation l ON l.oid = d.objoid JOIN pg_namespace n ON n.oid = l.collnamespace
  AND quote_ident(n.nspname) || '.' || quote_ident(l.collname) = w.name
ORDER BY 1)";

constexpr const char* sequence_comments_sql = R"(
SELECT o.refobjid, c.relname, quote_literal(d.description)
FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND c.relkind = 'S'
JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.refclassid = o.classid
  AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
WHERE d.classoid = 'pg_class'::regclass AND o.refobjid = ANY ($1::oid[])
ORDER BY c.relname::text COLLATE "C")";

constexpr const char* schema_comments_sql = R"(
SELECT DISTINCT n.nspname, quote_literal(d.description)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname <> 'public'
JOIN pg_description d ON d.classoid = 'pg_namespace'::regclass AND d.objoid = n.oid
WHERE c.oid = ANY ($1::oid[]) ORDER BY 1)";

using StatementByRoot = std::map<TableRef, Statement>;

void append_table_comment(Statement& statement, const Rows& rows, int row, const Relation& relation) {
  const std::string_view what = rows.get(row, 1), name = rows.get(row, 2);
  statement.item("", "; ").text("COMMENT ON ").text(what).text(" ");
  if (what == "TABLE") {
    append_relation(statement, relation);
  } else if (what == "COLUMN") {
    append_relation(statement, relation);
    statement.text(".").column(relation.root, name);
  } else if (what == "INDEX") {
    statement.add(SqlPiece::Kind::relation, name, schema_anchor(relation));
  } else {
    append_relation(statement.name(name).text(" ON "), relation);
  }
  statement.text(" IS ").text(rows.get(row, 3));
  // Names no column, only says with which columns the comment's object goes.
  for (const std::string& column : strings_at(rows, row, 4))
    statement.clause(SqlPiece::Kind::text, "", relation.root, {column});
}

ObjectDef trigger_comment(const Rows& rows, int row, const Relation& relation) {
  Statement statement;
  append_table_comment(statement, rows, row, relation);
  ObjectDef object = object_of(ObjectPhase::comments, "comment on a trigger", rows.get(row, 2), relation.root);
  object.create = statement.list_end("").take();
  object.optional = true;
  object.meaning = meaning_of(ImplicitMeaning{});  // a table's are in its own
  return object;
}

Result<void> add_other_comments(Connection& connection, const ObjectScope& scope, const Objects& needed,
                                Objects& out) {
  std::vector<std::string> kinds, names;
  for (const ObjectDef& object : needed) {
    const bool type = object.kind == "domain" || object.kind.ends_with(" type");
    if (!type && object.kind != "function" && object.kind != "collation") continue;
    kinds.push_back(type ? "type" : object.kind);
    names.push_back(object.name);
  }
  Statement statement;
  const Rows rows =
      TRY(connection.query(fmt::format(other_comments_sql, version::prokind(connection.server_version())),
                           {array_text(kinds), array_text(names)}));
  for (int row = 0; row < rows.size(); ++row)
    statement.item("", "; ").text("COMMENT ON ").text(rows.get(row, 0)).text(" IS ").text(rows.get(row, 1));
  const Rows schemas = TRY(connection.query(schema_comments_sql, {scope.table_oids}));
  for (int row = 0; row < schemas.size(); ++row) {
    statement.item("", "; ").text("COMMENT ON SCHEMA ").add(SqlPiece::Kind::schema, "", {schemas.text(row, 0), ""});
    statement.text(" IS ").text(schemas.get(row, 1));
  }
  if (statement.empty()) return {};
  ObjectDef object = object_of(ObjectPhase::comments, "comments", "schemas, types and functions", {});
  object.create = statement.list_end("").take();
  object.optional = true;
  object.meaning = meaning_of(ImplicitMeaning{});
  out.push_back(std::move(object));
  return {};
}

}  // namespace

Result<void> read_comments(Connection& connection, const ObjectScope& scope, const Objects& needed, Objects& out) {
  StatementByRoot statements;
  const Rows rows = TRY(connection.query(table_comments_sql, {scope.oids}));
  for (int row = 0; row < rows.size(); ++row) {
    const Relation& relation = *scope.find(oid_at(rows, row, 0));
    // A trigger may have been refused, which must not cost the others their comments.
    if (rows.get(row, 1) == "TRIGGER")
      out.push_back(trigger_comment(rows, row, relation));
    else
      append_table_comment(statements[relation.root], rows, row, relation);
  }
  const Rows sequences = TRY(connection.query(sequence_comments_sql, {scope.oids}));
  for (int row = 0; row < sequences.size(); ++row) {
    const Relation& relation = *scope.find(oid_at(sequences, row, 0));
    Statement& statement = statements[relation.root].item("", "; ").text("COMMENT ON SEQUENCE ");
    statement.add(SqlPiece::Kind::relation, sequences.get(row, 1), schema_anchor(relation));
    statement.text(" IS ").text(sequences.get(row, 2));
  }
  for (auto& [table, statement] : statements) {
    ObjectDef object = object_of(ObjectPhase::comments, "comments", table.name, table);
    object.create = statement.list_end("").take();
    object.optional = true;
    object.meaning = meaning_of(ImplicitMeaning{});
    out.push_back(std::move(object));
  }
  return add_other_comments(connection, scope, needed, out);
}

}  // namespace godwit::postgres
