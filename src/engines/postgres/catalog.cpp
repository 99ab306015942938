#include "engines/postgres/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "engines/postgres/catalog_query.h"
#include "engines/postgres/replica_identity.h"
#include "engines/postgres/server_version.h"
#include "engines/postgres/type_class.h"

namespace godwit::postgres {
namespace {

constexpr const char* list_sql = R"(
SELECT n.nspname, c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence IN ('p', 'u')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND c.relname !~ '^(awsdms|godwit)_' AND n.nspname !~ '^godwit_'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C")";

constexpr const char* schemas_sql = R"(
SELECT n.nspname FROM pg_namespace n
WHERE n.nspname !~ '^(pg_|godwit_)' AND n.nspname NOT IN ('information_schema', 'crdb_internal')
ORDER BY n.nspname::text COLLATE "C")";

// The wanted tables and, under them, every partition that holds rows. Columns: position of the root, oid, schema,
// name, kind, is the root, replica identity, persistence, rows, bytes.
constexpr const char* tables_sql = R"(
WITH RECURSIVE wanted AS (
  SELECT w.position, c.oid
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(schema, name, position)
  JOIN pg_namespace n ON n.nspname = w.schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
), tree AS (
  SELECT position, oid, true AS root FROM wanted
  UNION ALL
  SELECT t.position, i.inhrelid, false
  FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid JOIN pg_class p ON p.oid = t.oid AND p.relkind = 'p'
)
SELECT t.position, c.oid, n.nspname, c.relname, c.relkind, t.root, c.relreplident, c.relpersistence,
       greatest(c.reltuples, 0)::int8, CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) ELSE 0 END
FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.root OR c.relkind <> 'p'
ORDER BY t.position, t.root DESC, n.nspname::text COLLATE "C", c.relname::text COLLATE "C")";

// A domain answers for its base type.
constexpr std::string_view columns_sql = R"(
WITH RECURSIVE used AS (
  SELECT DISTINCT atttypid AS type FROM pg_attribute
  WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped
), base AS (
  SELECT u.type, t.oid, t.typtype, t.typbasetype, t.typtypmod FROM used u JOIN pg_type t ON t.oid = u.type
  UNION ALL
  SELECT b.type, t.oid, t.typtype, t.typbasetype, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE b.typtypmod END
  FROM base b JOIN pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
)
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod, a.attnotnull,
       {} <> '', a.attidentity = 'a', a.attnum, t.typname, t.typtype, t.typcategory,
       CASE WHEN a.atttypid = b.oid THEN a.atttypmod ELSE b.typtypmod END, e.typname, e.typtype, e.typcategory,
       CASE WHEN t.typtype = 'e' THEN (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder)
                                       FROM pg_enum l WHERE l.enumtypid = t.oid) END
FROM pg_attribute a JOIN base b ON b.type = a.atttypid AND b.typtype <> 'd' JOIN pg_type t ON t.oid = b.oid
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum)";

constexpr std::string_view indexes_sql = R"(
SELECT i.indrelid, c.relname, i.indisprimary, i.indisunique, i.indimmediate, i.indisvalid AND i.indisready,
       i.indisreplident, i.indpred IS NOT NULL, k.names, k.all_not_null
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
CROSS JOIN LATERAL (
  SELECT CASE WHEN count(a.attname) = count(*) THEN json_agg(a.attname ORDER BY p.position) END AS names,
         coalesce(bool_and(a.attnotnull), false) AS all_not_null
  FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS p(number, position)
  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.number AND p.number > 0
  WHERE p.position <= i.{}
) k
WHERE i.indrelid = ANY ($1::oid[]) AND i.indisunique)";

struct Described {
  std::vector<TableDef> tables;
  std::unordered_map<uint32_t, char> replica_identity;  // by oid, roots and leaves
  std::vector<uint32_t> roots, all;
};

void add_leaf(TableDef& root, const Rows& rows, int row) {
  root.leaves.push_back({{rows.text(row, 2), rows.text(row, 3)}, oid_at(rows, row, 1)});
  root.estimated_rows += static_cast<uint64_t>(rows.integer(row, 8));
  root.estimated_bytes += static_cast<uint64_t>(rows.integer(row, 9));
  if (rows.get(row, 7) != "p" || rows.get(row, 4) != "r") root.logged = false;
}

TableDef root_of(const Rows& rows, int row) {
  TableDef table;
  table.ref = {rows.text(row, 2), rows.text(row, 3)};
  table.log_id = oid_at(rows, row, 1);
  table.partitioned = rows.get(row, 4) == "p";
  if (table.partitioned) return table;
  table.logged = rows.get(row, 7) == "p";
  table.estimated_rows = static_cast<uint64_t>(rows.integer(row, 8));
  table.estimated_bytes = static_cast<uint64_t>(rows.integer(row, 9));
  return table;
}

Result<Described> read_relations(Connection& connection, std::span<const TableRef> tables) {
  std::vector<std::string> schemas, names;
  for (const TableRef& table : tables) {
    schemas.push_back(table.schema);
    names.push_back(table.name);
  }
  const Rows rows = TRY(connection.query(tables_sql, {array_text(schemas), array_text(names)}));
  Described out;
  for (int row = 0; row < rows.size(); ++row) {
    if (rows.boolean(row, 5)) {
      out.tables.push_back(root_of(rows, row));
      out.roots.push_back(out.tables.back().log_id);
    } else {
      add_leaf(out.tables.back(), rows, row);
    }
    out.all.push_back(oid_at(rows, row, 1));
    out.replica_identity[out.all.back()] = char_at(rows, row, 6);
  }
  return out;
}

// From `column` on: name, kind, category, modifier, the three of the element, labels.
TypeFacts type_facts_of(const Rows& rows, int row, int column) {
  TypeFacts facts;
  facts.name = rows.text(row, column);
  facts.kind = char_at(rows, row, column + 1);
  facts.category = char_at(rows, row, column + 2);
  facts.modifier = static_cast<int32_t>(rows.integer(row, column + 3));
  if (!rows.is_null(row, column + 4)) {
    facts.element_name = rows.text(row, column + 4);
    facts.element_kind = char_at(rows, row, column + 5);
    facts.element_category = char_at(rows, row, column + 6);
  }
  facts.labels = strings_at(rows, row, column + 7);
  return facts;
}

ColumnDef column_of(const Rows& rows, int row) {
  ColumnDef column;
  column.name = rows.text(row, 1);
  column.type.native = rows.text(row, 2);
  column.type.log_id = oid_at(rows, row, 3);
  column.type.log_modifier = static_cast<int32_t>(rows.integer(row, 4));
  describe_type(type_facts_of(rows, row, 9), column.type);
  column.not_null = rows.boolean(row, 5);
  column.generated = rows.boolean(row, 6);
  column.identity_always = rows.boolean(row, 7);
  column.number = static_cast<int16_t>(rows.integer(row, 8));
  return column;
}

Result<void> read_columns(Connection& connection, Described& described) {
  std::unordered_map<uint32_t, size_t> place;
  for (size_t i = 0; i < described.roots.size(); ++i) place[described.roots[i]] = i;
  const Rows rows = TRY(connection.query(fmt::format(columns_sql, version::attgenerated(connection.server_version())),
                                         {oid_array(described.roots)}));
  for (int row = 0; row < rows.size(); ++row)
    described.tables[place[oid_at(rows, row, 0)]].columns.push_back(column_of(rows, row));
  return {};
}

IndexFacts index_of(const Rows& rows, int row) {
  IndexFacts index;
  index.name = rows.text(row, 1);
  index.primary = rows.boolean(row, 2);
  index.unique = rows.boolean(row, 3);
  index.immediate = rows.boolean(row, 4);
  index.valid = rows.boolean(row, 5);
  index.replica_identity = rows.boolean(row, 6);
  index.partial = rows.boolean(row, 7);
  index.columns = strings_at(rows, row, 8);
  index.all_not_null = rows.boolean(row, 9);
  return index;
}

Result<void> read_identities(Connection& connection, Described& described) {
  std::unordered_map<uint32_t, std::vector<IndexFacts>> indexes;
  const Rows rows = TRY(connection.query(
      fmt::format(indexes_sql,
                  version::has_included_columns(connection.server_version()) ? "indnkeyatts" : "indnatts"),
      {oid_array(described.all)}));
  for (int row = 0; row < rows.size(); ++row) indexes[oid_at(rows, row, 0)].push_back(index_of(rows, row));
  std::unordered_map<uint32_t, IdentityFacts> facts;
  for (const auto& [oid, setting] : described.replica_identity) facts[oid] = identity_of(setting, indexes[oid]);
  for (TableDef& table : described.tables) set_identity(table, facts);
  return {};
}

// As columns_sql: a domain answers for its base type.
constexpr const char* types_sql = R"(
WITH RECURSIVE base AS (
  SELECT t.oid AS type, t.oid, t.typname, t.typtype, t.typcategory, t.typelem, t.typbasetype, t.typtypmod AS modifier
  FROM pg_type t WHERE t.oid = ANY ($1::oid[])
  UNION ALL
  SELECT b.type, t.oid, t.typname, t.typtype, t.typcategory, t.typelem, t.typbasetype,
         CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE b.modifier END
  FROM base b JOIN pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
)
SELECT b.type, b.oid, b.typname, b.typtype, b.typcategory, b.modifier, e.typname, e.typtype, e.typcategory,
       CASE WHEN b.typtype = 'e' THEN (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder)
                                       FROM pg_enum l WHERE l.enumtypid = b.oid) END
FROM base b LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A' WHERE b.typtype <> 'd')";

}  // namespace

Result<std::vector<Type>> PostgresCatalog::types_of(const std::vector<std::pair<uint32_t, int32_t>>& types) {
  std::vector<uint32_t> oids;
  for (const auto& [oid, modifier] : types) oids.push_back(oid);
  const Rows rows = TRY(connection_.query(types_sql, {oid_array(oids)}));
  std::vector<Type> out;
  for (const auto& [oid, modifier] : types) {
    Type found;
    found.type_class = TypeClass::string;
    found.dialect = dialect;
    for (int row = 0; row < rows.size(); ++row) {
      if (oid_at(rows, row, 0) != oid) continue;
      TypeFacts facts = type_facts_of(rows, row, 2);
      if (oid_at(rows, row, 1) == oid) facts.modifier = modifier;
      describe_type(facts, found);
    }
    out.push_back(std::move(found));
  }
  return out;
}

Result<std::vector<std::string>> PostgresCatalog::list_schemas() {
  const Rows rows = TRY(connection_.query(schemas_sql));
  std::vector<std::string> out;
  for (int row = 0; row < rows.size(); ++row) out.push_back(rows.text(row, 0));
  return out;
}

Result<std::vector<TableRef>> PostgresCatalog::list_tables() {
  const Rows rows = TRY(connection_.query(list_sql));
  std::vector<TableRef> out;
  for (int row = 0; row < rows.size(); ++row) out.push_back({rows.text(row, 0), rows.text(row, 1)});
  return out;
}

Result<std::vector<TableDef>> PostgresCatalog::describe(std::span<const TableRef> tables) {
  Described described = TRY(read_relations(connection_, tables));
  TRY(read_columns(connection_, described));
  TRY(read_identities(connection_, described));
  return std::move(described.tables);
}

}  // namespace godwit::postgres
