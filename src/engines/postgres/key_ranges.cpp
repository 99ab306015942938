#include "engines/postgres/key_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/search_path.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

// Blocks read for each slice: a slice's share is then known within a few percent. In a huge table fewer, down to what
// still keeps every slice below twice the mean.
constexpr uint64_t sampled_blocks = 200, sampled_blocks_min = 30, sampled_blocks_all_slices = 20000;
// Rows of the sample that are sorted, for each slice.
constexpr uint64_t sampled_rows = 500;
// Bounds that are compared with their predecessor in one query.
constexpr size_t pairs_per_query = 100;

struct Key {
  std::vector<std::string> columns, collated;

  std::string list() const {
    std::vector<std::string> names;
    for (const std::string& column : columns) names.push_back(quote_name(column));
    return join(names, ", ");
  }
};

// The columns of each usable key in order, best key first: name, whether values stand for themselves, whether it
// has a collation. A domain answers for its base type, an array for its elements.
constexpr std::string_view keys_sql = R"(
WITH RECURSIVE leaf AS (
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
), keys AS (
  SELECT i.indexrelid, i.indrelid, i.indkey::int2[] AS numbers, i.indisprimary, i.{0} AS width
  FROM pg_index i JOIN leaf ON i.indrelid = leaf.oid
  WHERE i.indisunique AND i.indimmediate AND i.indisvalid AND i.indisready AND i.indpred IS NULL
    AND i.indexprs IS NULL
), parts AS (
  SELECT k.indexrelid, k.indisprimary, p.position, a.attname, a.attnotnull, a.atttypid, a.attcollation
  FROM keys k CROSS JOIN LATERAL unnest(k.numbers) WITH ORDINALITY AS p(number, position)
  LEFT JOIN pg_attribute a ON a.attrelid = k.indrelid AND a.attnum = p.number AND p.number > 0
  WHERE p.position <= k.width
), base AS (
  SELECT DISTINCT p.atttypid AS type, t.oid, t.typtype, t.typbasetype, t.typelem, t.typcategory
  FROM parts p JOIN pg_type t ON t.oid = p.atttypid
  UNION ALL
  SELECT b.type, t.oid, t.typtype, t.typbasetype, t.typelem, t.typcategory
  FROM base b JOIN pg_type t ON t.oid = CASE WHEN b.typtype = 'd' THEN b.typbasetype
                                             WHEN b.typcategory = 'A' THEN b.typelem END
), best AS (
  SELECT indexrelid FROM parts GROUP BY indexrelid, indisprimary HAVING bool_and(coalesce(attnotnull, false))
  ORDER BY indisprimary DESC, count(*), indexrelid LIMIT 1
)
SELECT p.attname,
       bool_and(b.typtype IN ('b', 'r', 'd') AND b.oid::regtype::text !~ '^reg'), bool_or(p.attcollation <> 0)
FROM parts p JOIN best USING (indexrelid) JOIN base b ON b.type = p.atttypid
GROUP BY p.position, p.attname ORDER BY p.position)";

Result<Key> find_key(Connection& session, const TableRef& leaf) {
  const std::string sql =
      fmt::format(keys_sql, version::has_included_columns(session.server_version()) ? "indnkeyatts" : "indnatts");
  const Rows rows = TRY(session.query(sql, {leaf.schema, leaf.name}));
  Key key;
  for (int row = 0; row < rows.size() && rows.boolean(row, 1); ++row) {
    key.columns.push_back(rows.text(row, 0));
    if (rows.boolean(row, 2)) key.collated.push_back(rows.text(row, 0));
  }
  return key;
}

// How the columns compare: asked of the parser, which knows the table as it is now whatever the snapshot shows.
Result<std::string> order_of(Connection& session, const TableRef& leaf, const std::vector<std::string>& columns,
                             const std::vector<std::string>& collated) {
  std::vector<std::string> names, orders;
  for (const std::string& column : columns) {
    const std::string name = quote_name(column);
    names.push_back(name);
    const bool has_collation = std::ranges::find(collated, column) != collated.end();
    orders.push_back(fmt::format("pg_catalog.concat_ws(' ', pg_catalog.pg_typeof(t.{0})::text{1})", name,
                                 has_collation ? fmt::format(", pg_catalog.pg_collation_for(t.{})", name) : ""));
  }
  const Rows rows = TRY(session.query(fmt::format(
      "SELECT pg_catalog.concat_ws(', ', {}) FROM (SELECT) one LEFT JOIN (SELECT {} FROM ONLY {} LIMIT 1) "
      "t ON true",
      join(orders, ", "), join(names, ", "), quote_name(leaf))));
  return rows.text(0, 0);
}

// Whether the columns' types, or what these are made of, are an extension's, whose operators the path must find.
constexpr const char* extension_types_sql = R"(
WITH RECURSIVE base AS (
  SELECT a.atttypid AS oid FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attname = ANY ($2)
  UNION
  SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END FROM base b JOIN pg_type t ON t.oid = b.oid
  WHERE t.typtype = 'd' OR t.typcategory = 'A'
)
SELECT EXISTS (SELECT FROM base b JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = b.oid
  AND d.deptype = 'e'))";

Result<bool> has_extension_types(Connection& session, const TableRef& leaf, const std::vector<std::string>& columns) {
  const Rows rows = TRY(session.query(extension_types_sql, {quote_name(leaf), array_text(columns)}));
  return rows.boolean(0, 0);
}

using Bound = std::vector<std::string>;

// The keys at which a sample of the leaf falls into `ways` equal parts.
Result<std::vector<Bound>> sample_bounds(Connection& session, const TableRef& leaf, const Key& key, uint64_t ways,
                                         uint64_t blocks) {
  const uint64_t wanted = std::clamp(ways * sampled_blocks, ways * sampled_blocks_min,
                                     std::max(ways * sampled_blocks_min, sampled_blocks_all_slices));
  const double percent = wanted >= blocks ? 100 : 100.0 * static_cast<double>(wanted) / static_cast<double>(blocks);
  const Rows density = TRY(session.query(
      "SELECT CASE WHEN relpages > 0 AND reltuples > 0 THEN greatest(reltuples / relpages, 1)::int8 ELSE 0 END FROM "
      "pg_catalog.pg_class WHERE oid = $1::pg_catalog.regclass",
      {quote_name(leaf)}));
  const uint64_t rows_there = static_cast<uint64_t>(density.integer(0, 0)) * std::min(wanted, blocks);
  const uint64_t rows_wanted = ways * sampled_rows;
  const std::string thinning = rows_there <= rows_wanted
                                   ? ""
                                   : fmt::format(" WHERE random() < {:.6f}",
                                                 static_cast<double>(rows_wanted) / static_cast<double>(rows_there));
  const std::string columns = key.list();
  const Rows rows =
      TRY(session.query(fmt::format("SELECT {0} FROM (SELECT {0}, row_number() OVER (ORDER BY {0}) - 1 AS godwit_i, "
                                    "count(*) OVER () AS godwit_n FROM "
                                    "ONLY {1} TABLESAMPLE SYSTEM ({2:.8f}){3}) s WHERE godwit_i > 0 AND godwit_i * "
                                    "{4} / godwit_n <> (godwit_i - 1) * "
                                    "{4} / godwit_n ORDER BY godwit_i",
                                    columns, quote_name(leaf), percent, thinning, ways)));
  std::vector<Bound> out;
  for (int row = 0; row < rows.size(); ++row) {
    Bound bound;
    for (size_t c = 0; c < key.columns.size(); ++c) bound.push_back(rows.text(row, static_cast<int>(c)));
    out.push_back(std::move(bound));
  }
  return out;
}

std::string literals(const Bound& bound) {
  std::vector<std::string> out;
  for (const std::string& value : bound) out.push_back(quote_literal(value));
  return join(out, ", ");
}

// The bounds that are not above the one before them, by the very comparison that reads the slices.
Result<std::set<size_t>> misplaced(Connection& session, const TableRef& leaf, const Key& key,
                                   const std::vector<Bound>& bounds) {
  std::set<size_t> out;
  const std::string columns = key.list();
  for (size_t first = 1; first < bounds.size(); first += pairs_per_query) {
    std::string sql;
    for (size_t i = first; i < std::min(first + pairs_per_query, bounds.size()); ++i)
      sql += fmt::format(
          "{0}SELECT {1}, ({2}) < ({3}) AND NOT ({2}) >= ({3}) FROM (SELECT {2} FROM ONLY {4} WHERE false UNION ALL "
          "SELECT {5}) x",
          sql.empty() ? "" : " UNION ALL ", i, columns, literals(bounds[i]), quote_name(leaf),
          literals(bounds[i - 1]));
    const Rows rows = TRY(session.query(sql));
    for (int row = 0; row < rows.size(); ++row)
      if (!rows.boolean(row, 1)) out.insert(static_cast<size_t>(rows.integer(row, 0)));
  }
  return out;
}

// Drops bounds until each is above the one before it: then the ranges meet and do not overlap, whatever sorted the
// sample.
Result<std::vector<Bound>> ascending(Connection& session, const TableRef& leaf, const Key& key,
                                     std::vector<Bound> bounds) {
  bounds.erase(std::ranges::unique(bounds).begin(), bounds.end());
  while (bounds.size() > 1) {
    const std::set<size_t> wrong = TRY(misplaced(session, leaf, key, bounds));
    if (wrong.empty()) break;
    std::vector<Bound> kept;
    for (size_t i = 0; i < bounds.size(); ++i)
      if (!wrong.contains(i)) kept.push_back(std::move(bounds[i]));
    bounds = std::move(kept);
  }
  return bounds;
}

// The texts of the ranges between bounds; nothing where a value cannot be written down.
std::optional<std::vector<std::string>> ranges_between(const Key& key, const std::string& order,
                                                       const std::vector<Bound>& bounds) {
  std::vector<std::string> out;
  for (size_t i = 0; i <= bounds.size(); ++i) {
    const std::optional<std::string> text =
        to_text({key.columns, key.collated, order, i == 0 ? Bound() : bounds[i - 1],
                 i == bounds.size() ? Bound() : bounds[i]});
    if (!text) return std::nullopt;
    out.push_back(*text);
  }
  return out;
}

Result<std::vector<std::string>> cut(Connection& session, const TableRef& leaf, uint64_t ways, uint64_t blocks) {
  const std::vector<std::string> whole = {""};
  TRY(session.run("SET LOCAL statement_timeout = 0"));  // it may be a long sample
  const Key key = TRY(find_key(session, leaf));
  if (key.columns.empty()) return whole;
  TRY(session.query(use_extension_schemas(true)));
  const std::string order = TRY(order_of(session, leaf, key.columns, key.collated));
  std::vector<Bound> bounds = TRY(sample_bounds(session, leaf, key, ways, blocks));
  bounds = TRY(ascending(session, leaf, key, std::move(bounds)));
  if (bounds.empty()) return whole;
  return ranges_between(key, order, bounds).value_or(whole);
}

// The key's type has no comparison that can be named, or none that takes its own text.
bool cannot_compare(const Error& error) {
  return error.sqlstate == "42883" || error.sqlstate == "42804" || error.sqlstate == "42725" ||
         error.sqlstate == "0A000" || error.sqlstate.starts_with("22");
}

}  // namespace

Result<std::vector<std::string>> cut_by_key(Connection& session, const TableRef& leaf, uint64_t ways,
                                            uint64_t blocks) {
  TRY(session.run("BEGIN READ ONLY"));
  auto ranges = cut(session, leaf, ways, blocks);
  if (!session.broken()) TRY(session.run("ROLLBACK"));
  if (ranges || !cannot_compare(ranges.error())) return ranges;
  log_info(Component::source_unload, "Table {} is read in one piece: its key cannot be cut ({})", log_name(leaf),
           ranges.error().message);
  return std::vector<std::string>{""};
}

Result<std::string> condition_of_key(Connection& session, const TableRange& range) {
  const std::optional<KeyBounds> bounds = parse_key_bounds(range.bounds);
  if (!bounds) return Failure(errors::bad_bounds(range.leaf, range.bounds));
  TRY(session.query(use_extension_schemas(true)));
  const auto order = order_of(session, range.leaf, bounds->columns, bounds->collated);
  // 42703: a column is gone; 42804: it has no collation any more.
  const bool gone = !order && (order.error().sqlstate == "42703" || order.error().sqlstate == "42804");
  if (!order && !gone) return Failure(order.error());
  if (gone || *order != bounds->order) return Failure(errors::rewritten(range.table, range.leaf));
  // Names in values (regclass, regtype) are written by the path too: it stays only where the comparison needs it.
  if (!TRY(has_extension_types(session, range.leaf, bounds->columns))) TRY(session.run("SET LOCAL search_path = ''"));
  return key_condition(*bounds);
}

}  // namespace godwit::postgres
