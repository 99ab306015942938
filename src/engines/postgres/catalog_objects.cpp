#include <fmt/format.h>

#include <algorithm>

#include "engines/postgres/catalog.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/object_readers.h"
#include "engines/postgres/sequence_sql.h"

namespace godwit::postgres {
namespace {

// Sequences that columns own, and those that defaults take values from. One of several columns comes once for each.
constexpr const char* sequences_sql = R"(
SELECT n.nspname, c.relname, u.table_oid, a.attname
FROM (SELECT o.objid AS oid, o.refobjid AS table_oid, o.refobjsubid AS number
      FROM pg_depend o
      WHERE o.classid = 'pg_class'::regclass AND o.refclassid = o.classid AND o.refobjid = ANY ($1::oid[])
        AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
      UNION
      SELECT p.refobjid, d.adrelid, d.adnum
      FROM pg_attrdef d JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
      WHERE d.adrelid = ANY ($1::oid[]) AND p.refclassid = 'pg_class'::regclass AND p.refobjsubid = 0) u
JOIN pg_class c ON c.oid = u.oid AND c.relkind = 'S' JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = u.table_oid AND a.attnum = u.number
ORDER BY 1, 2, 3, 4)";

constexpr size_t sequences_per_query = 200;

Result<void> read_values(Connection& connection, std::span<SequenceState> sequences) {
  std::string sql;
  for (size_t i = 0; i < sequences.size(); ++i)
    sql += fmt::format("{}SELECT {}, last_value, is_called FROM {}", i == 0 ? "" : " UNION ALL ", i,
                       quote_name(TableRef{sequences[i].schema, sequences[i].name}));
  const Rows rows = TRY(connection.query(sql));
  for (int row = 0; row < rows.size(); ++row) {
    SequenceState& sequence = sequences[static_cast<size_t>(rows.integer(row, 0))];
    sequence.last_value = rows.integer(row, 1);
    sequence.is_called = rows.boolean(row, 2);
  }
  return {};
}

}  // namespace

Result<std::vector<ObjectDef>> PostgresCatalog::read_objects(std::span<const TableDef> tables) {
  const ObjectScope scope = TRY(read_scope(connection_, tables));
  Objects out, after_tables;
  TRY(read_needed_objects(connection_, scope, out, after_tables));
  const Objects needed = out;
  TRY(read_table_objects(connection_, scope, out));
  out.insert(out.end(), after_tables.begin(), after_tables.end());
  TRY(read_index_objects(connection_, scope, out));
  TRY(read_foreign_keys(connection_, scope, out));
  TRY(read_triggers(connection_, scope, out));
  TRY(read_comments(connection_, scope, needed, out));
  std::ranges::stable_sort(out, {}, &ObjectDef::phase);
  return out;
}

Result<std::vector<SequenceState>> PostgresCatalog::read_sequences(std::span<const TableDef> tables) {
  const ObjectScope scope = TRY(read_scope(connection_, tables));
  const Rows rows = TRY(connection_.query(sequences_sql, {scope.oids}));
  std::vector<SequenceState> out;
  for (int row = 0; row < rows.size(); ++row) {
    const Relation* owner = scope.find(oid_at(rows, row, 2));
    SequenceState sequence{rows.text(row, 0), rows.text(row, 1), {}, {}};
    if (owner != nullptr) sequence.owner = owner->root;
    if (owner != nullptr) sequence.column = rows.text(row, 3);
    out.push_back(std::move(sequence));
  }
  for (const FreeSequence& free : TRY(read_free_sequences(connection_, scope.table_oids))) {
    const bool is_told = std::ranges::any_of(
        out, [&](const SequenceState& known) { return known.schema == free.schema && known.name == free.name; });
    if (!is_told && free.readable) out.push_back({free.schema, free.name, {}, {}});
  }
  for (size_t first = 0; first < out.size(); first += sequences_per_query)
    TRY(read_values(connection_, std::span(out).subspan(first, std::min(sequences_per_query, out.size() - first))));
  return out;
}

}  // namespace godwit::postgres
