#include "engines/postgres/large_objects.h"

#include <fmt/format.h>

namespace godwit::postgres {
namespace {

// A domain answers for its base type. Nothing at all while the database holds no large object.
constexpr const char* columns_sql = R"(
WITH RECURSIVE base AS (
  SELECT t.oid AS type, t.oid, t.typtype, t.typbasetype FROM pg_catalog.pg_type t
  UNION ALL
  SELECT b.type, t.oid, t.typtype, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype
  WHERE b.typtype = 'd'
)
SELECT w.position - 1, a.attname
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(schema, name, position)
JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE EXISTS (SELECT FROM base b WHERE b.type = a.atttypid AND b.oid = 'pg_catalog.oid'::pg_catalog.regtype)
  AND EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)
ORDER BY 1, a.attnum)";

constexpr const char* unlink_sql =
    "WITH gone AS (DELETE FROM {0} WHERE (task, number) IN (SELECT task, number FROM {0} WHERE task = $1 LIMIT 1000) "
    "RETURNING number) SELECT count(pg_catalog.lo_unlink(m.oid)), (SELECT count(*) FROM gone) FROM gone JOIN "
    "pg_catalog.pg_largeobject_metadata m ON m.oid = gone.number";

constexpr std::string_view ledger = "godwit_large_objects";

}  // namespace

Result<std::vector<LargeObjectColumn>> large_object_columns(Connection& connection,
                                                            std::span<const TableDef* const> layouts) {
  std::vector<std::string> schemas, names;
  for (const TableDef* layout : layouts) {
    schemas.push_back(layout->ref.schema);
    names.push_back(layout->ref.name);
  }
  const Rows rows = TRY(connection.query(columns_sql, {array_text(schemas), array_text(names)}));
  std::vector<LargeObjectColumn> out;
  for (int row = 0; row < rows.size(); ++row) {
    const TableDef& layout = *layouts[static_cast<size_t>(rows.integer(row, 0))];
    if (find_column(layout, rows.get(row, 1))) out.push_back({layout.ref, rows.text(row, 1)});
  }
  return out;
}

Result<std::vector<uint32_t>> list_large_objects(Connection& connection, std::span<const LargeObjectColumn> columns) {
  std::string sql;
  for (const LargeObjectColumn& column : columns)
    sql += fmt::format("{}SELECT {}::pg_catalog.oid FROM {}", sql.empty() ? "" : " UNION ", quote_name(column.column),
                       quote_name(column.table));
  std::vector<uint32_t> out;
  if (sql.empty()) return out;
  const Rows rows = TRY(connection.query("SELECT m.oid FROM pg_catalog.pg_largeobject_metadata m JOIN (" + sql +
                                         ") AS held(number) ON held.number = m.oid ORDER BY 1"));
  for (int row = 0; row < rows.size(); ++row) out.push_back(static_cast<uint32_t>(rows.integer(row, 0)));
  return out;
}

// 262144: for reading; 2: from the end.
Result<uint64_t> large_object_size(Connection& connection, uint32_t number) {
  const Rows rows =
      TRY(connection.query("SELECT pg_catalog.lo_lseek64(f, 0, 2), pg_catalog.lo_close(f) FROM (SELECT "
                           "pg_catalog.lo_open($1::oid, 262144) "
                           "AS f OFFSET 0) AS opened",
                           {std::to_string(number)}));
  return static_cast<uint64_t>(rows.integer(0, 0));
}

Result<std::string> read_large_object(Connection& connection, uint32_t number, uint64_t offset, uint32_t length) {
  const Rows rows =
      TRY(connection.query("SELECT pg_catalog.encode(pg_catalog.lo_get($1::oid, $2::int8, $3::int4), 'hex')",
                           {std::to_string(number), std::to_string(offset), std::to_string(length)}));
  return rows.text(0, 0);
}

Result<Target::LargeObjectPlace> find_large_object(Connection& connection, const ControlSchema& control,
                                                   std::string_view task_id, uint32_t number) {
  const Rows rows = TRY(connection.query(
      fmt::format("SELECT EXISTS (SELECT FROM {} WHERE task = $1 AND number = $2::oid), EXISTS (SELECT FROM "
                  "pg_catalog.pg_largeobject_metadata WHERE oid = $2::oid)",
                  control.table(ledger)),
      {std::string(task_id), std::to_string(number)}));
  using enum Target::LargeObjectPlace;
  if (!rows.boolean(0, 1)) return free;
  return rows.boolean(0, 0) ? copied : taken;
}

Result<void> begin_large_object(Connection& connection, const ControlSchema& control, std::string_view task_id,
                                uint32_t number, uint64_t bytes) {
  TRY(connection.run("BEGIN"));
  // A line whose object somebody has removed since is replaced.
  TRY(connection.run(fmt::format("INSERT INTO {} (task, number, bytes) VALUES ($1, $2::oid, $3::int8) ON CONFLICT "
                                 "(task, number) DO UPDATE SET bytes = EXCLUDED.bytes",
                                 control.table(ledger)),
                     {std::string(task_id), std::to_string(number), std::to_string(bytes)}));
  const Rows made = TRY(connection.query("SELECT pg_catalog.lo_create($1::oid)", {std::to_string(number)}));
  static_cast<void>(made);
  return {};
}

Result<void> write_large_object(Connection& connection, uint32_t number, uint64_t offset, const std::string& hex) {
  const Rows written =
      TRY(connection.query("SELECT pg_catalog.lo_put($1::oid, $2::int8, pg_catalog.decode($3, 'hex'))",
                           {std::to_string(number), std::to_string(offset), hex}));
  static_cast<void>(written);
  return {};
}

Result<void> drop_large_objects(Connection& connection, const ControlSchema& control, std::string_view task_id) {
  const Rows there = TRY(connection.query("SELECT pg_catalog.to_regclass($1) IS NOT NULL", {control.table(ledger)}));
  if (!there.boolean(0, 0)) return {};
  for (;;) {
    const Rows rows =
        TRY(connection.query(fmt::format(fmt::runtime(unlink_sql), control.table(ledger)), {std::string(task_id)}));
    if (rows.integer(0, 1) == 0) return {};
  }
}

}  // namespace godwit::postgres
