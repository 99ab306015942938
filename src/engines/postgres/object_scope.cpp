#include "engines/postgres/object_scope.h"

#include "engines/postgres/catalog_query.h"

namespace godwit::postgres {
namespace {

// The columns of an expression partition key are recorded the other way round: they depend on their table as a whole.
constexpr const char* relations_sql = R"(
WITH RECURSIVE tree AS (
  SELECT w.position, w.oid, 0::oid AS parent, w.oid AS root, 0 AS level
  FROM unnest($1::oid[]) WITH ORDINALITY AS w(oid, position)
  UNION ALL
  SELECT t.position, i.inhrelid, t.oid, t.root, t.level + 1
  FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid JOIN pg_class p ON p.oid = t.oid AND p.relkind = 'p'
)
SELECT c.oid, t.parent, t.root, n.nspname, c.relname, c.relkind, c.relreplident, c.relpersistence = 'u',
       (SELECT string_agg(o.prefix || quote_ident(o.name) || '=' || quote_literal(o.value), ', ')
        FROM (SELECT '' AS prefix, option_name, option_value FROM pg_options_to_table(c.reloptions)
              UNION ALL
              SELECT 'toast.', option_name, option_value
              FROM pg_class s, pg_options_to_table(s.reloptions)
              WHERE s.oid = c.reltoastrelid) AS o(prefix, name, value)),
       (SELECT amname FROM pg_am WHERE pg_am.oid = c.relam AND amname <> 'heap'),
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, pg_get_expr(c.relpartbound, c.oid),
       (SELECT json_agg(DISTINCT a.attname) FROM pg_depend d
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
        WHERE c.relkind = 'p' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid > 0
          AND d.refclassid = d.classid AND d.refobjid = c.oid AND d.refobjsubid = 0)
FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY t.position, t.level, n.nspname::text COLLATE "C", c.relname::text COLLATE "C")";

Relation relation_of(const Rows& rows, int row) {
  Relation relation;
  relation.oid = oid_at(rows, row, 0);
  relation.parent_oid = oid_at(rows, row, 1);
  relation.ref = {rows.text(row, 3), rows.text(row, 4)};
  relation.kind = char_at(rows, row, 5);
  relation.replica_identity = char_at(rows, row, 6);
  relation.unlogged = rows.boolean(row, 7);
  relation.options = rows.text(row, 8);
  relation.access_method = rows.text(row, 9);
  relation.partition_key = rows.text(row, 10);
  relation.bound = rows.text(row, 11);
  relation.partition_key_columns = strings_at(rows, row, 12);
  return relation;
}

}  // namespace

Result<ObjectScope> read_scope(Connection& connection, std::span<const TableDef> tables) {
  std::vector<uint32_t> roots, all;
  for (const TableDef& table : tables) roots.push_back(table.log_id);
  const Rows rows = TRY(connection.query(relations_sql, {oid_array(roots)}));
  ObjectScope scope;
  for (int row = 0; row < rows.size(); ++row) {
    Relation relation = relation_of(rows, row);
    const Relation* root = scope.find(oid_at(rows, row, 2));
    relation.root = root == nullptr ? relation.ref : root->ref;
    all.push_back(relation.oid);
    scope.by_oid[relation.oid] = scope.relations.size();
    scope.relations.push_back(std::move(relation));
  }
  scope.table_oids = oid_array(roots);
  scope.oids = oid_array(all);
  return scope;
}

TableRef schema_anchor(const Relation& relation) {
  return relation.ref.schema == relation.root.schema ? relation.root : TableRef{relation.ref.schema, ""};
}

void append_relation(Statement& statement, const Relation& relation) {
  if (relation.is_partition())
    statement.add(SqlPiece::Kind::relation, relation.ref.name, schema_anchor(relation));
  else
    statement.table(relation.ref);
}

std::shared_ptr<const ObjectMeaning> meaning_of(ObjectMeaning meaning) {
  return std::make_shared<const ObjectMeaning>(std::move(meaning));
}

ObjectDef object_of(ObjectPhase phase, std::string_view kind, std::string_view name, const TableRef& table) {
  ObjectDef object;
  object.phase = phase;
  object.kind = kind;
  object.name = name;
  object.table = table;
  object.dialect = "postgresql";
  return object;
}

}  // namespace godwit::postgres
