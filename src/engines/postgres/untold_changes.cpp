#include "engines/postgres/untold_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engines/postgres/catalog_query.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

// Of each table: its root's oid, then oid, schema, name and filenode of all that hold its rows now. A root without
// partitions gives a line of its own, so that a table that is there differs from one that is gone.
constexpr const char* storage_sql = R"(
WITH RECURSIVE tree AS (
  SELECT w.oid AS root, w.oid FROM unnest($1::oid[]) AS w(oid)
  UNION ALL
  SELECT t.root, i.inhrelid
  FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid JOIN pg_class p ON p.oid = t.oid AND p.relkind = 'p'
)
SELECT t.root, c.oid, n.nspname, c.relname, pg_relation_filenode(c.oid), c.relkind = 'p'
FROM tree t JOIN pg_class c ON c.oid = t.oid AND (c.relkind <> 'p' OR c.oid = t.root)
JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY t.root, c.oid)";

// Tables that a publication holds as such, so that it takes their partitions from birth on: one that lists
// partitions takes no other.
constexpr std::string_view published_sql = R"(
SELECT c.oid FROM unnest($1::oid[]) AS w(oid) JOIN pg_class c ON c.oid = w.oid
WHERE EXISTS (SELECT FROM pg_publication p WHERE p.pubname = ANY ($2) AND p.pubinsert AND (p.puballtables
  OR EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid){})))";
constexpr std::string_view published_schema_sql =
    " OR EXISTS (SELECT FROM pg_publication_namespace s WHERE s.pnpubid = p.oid AND s.pnnspid = c.relnamespace)";

// Of these tables (by oid) those whose later partitions are in the log from their first row on.
Result<std::set<uint32_t>> with_published_partitions(Connection& session, const std::vector<uint32_t>& roots,
                                                     const CaptureWay& way) {
  if (way.plugin == OutputPlugin::test_decoding) return std::set<uint32_t>(roots.begin(), roots.end());
  std::set<uint32_t> out;
  if (way.plugin != OutputPlugin::pgoutput) return out;
  const bool schemas = version::publishes_schemas(session.server_version());
  const Rows rows = TRY(session.query(fmt::format(published_sql, schemas ? published_schema_sql : ""),
                                      {oid_array(roots), array_text(way.sets)}));
  for (int row = 0; row < rows.size(); ++row) out.insert(oid_at(rows, row, 0));
  return out;
}

// A table as its lines of storage_sql show it.
struct Storage {
  const Rows& rows;
  int first = 0, end = 0;

  TableRef name(int row) const { return {rows.text(row, 2), rows.text(row, 3)}; }
  bool is_parent(int row) const { return rows.boolean(row, 5); }
  bool holds(uint32_t oid) const {
    for (int row = first; row < end; ++row)
      if (oid_at(rows, row, 1) == oid) return true;
    return false;
  }
};

std::map<uint32_t, Storage> by_root(const Rows& rows) {
  std::map<uint32_t, Storage> out;
  for (int row = 0; row < rows.size(); ++row)
    out.try_emplace(oid_at(rows, row, 0), rows, row, row).first->second.end++;
  return out;
}

std::string new_partition(const TableDef& table, const Storage& now, bool told, bool published) {
  for (int row = now.first; row < now.end && !told; ++row) {
    const uint32_t oid = oid_at(now.rows, row, 1);
    if (now.is_parent(row) || oid == table.log_id ||
        std::ranges::find(table.leaves, oid, &LeafDef::log_id) != table.leaves.end())
      continue;
    return fmt::format("it has a new partition {}, {}", to_string(now.name(row)),
                       published ? "whose earlier rows the log does not hold" : "whose rows are not published");
  }
  return "";
}

std::string lost_partition(const TableDef& table, const Storage& now) {
  for (const LeafDef& leaf : table.leaves)
    if (!now.holds(leaf.log_id))
      return fmt::format("its partition {} is gone: it was detached or dropped", to_string(leaf.ref));
  return "";
}

std::string new_storage(const FollowedTable& followed, const Storage& now) {
  for (int row = now.first; row < now.end; ++row) {
    const TableRef leaf = now.name(row);
    const auto slice = std::ranges::find(followed.slices, leaf, &TableRange::leaf);
    if (now.is_parent(row) || slice == followed.slices.end() || slice->storage_id == now.rows.get(row, 4)) continue;
    return fmt::format("{} has new storage: TRUNCATE, VACUUM FULL, CLUSTER or an ALTER TABLE that rewrites",
                       leaf == followed.table->ref ? "it" : to_string(leaf));
  }
  return "";
}

}  // namespace

bool log_tells_all(int server, const std::optional<Following>& following) {
  const bool by_server = version::publishes_truncate(server) && version::publishes_partitioned_tables(server);
  if (!following || !by_server) return by_server;
  const bool tells_partitions = following->way.plugin == OutputPlugin::test_decoding ||
                                (following->way.plugin == OutputPlugin::pgoutput && following->way.owns_sets);
  return following->tells_structure && tells_partitions;
}

Result<std::vector<UntoldChange>> find_untold_changes(Connection& session, std::span<const FollowedTable> tables,
                                                      const std::optional<Following>& following) {
  std::vector<UntoldChange> out;
  const int server = session.server_version();
  if (log_tells_all(server, following)) return out;
  std::vector<uint32_t> roots;
  for (const FollowedTable& followed : tables)
    if (followed.table->logged) roots.push_back(followed.table->log_id);
  const CaptureWay way = following ? following->way : CaptureWay{};
  const bool structure_told = following && following->tells_structure;
  const std::set<uint32_t> published = TRY(with_published_partitions(session, roots, way));
  const Rows rows = TRY(session.query(storage_sql, {oid_array(roots)}));
  const std::map<uint32_t, Storage> storage = by_root(rows);
  for (const FollowedTable& followed : tables) {
    const TableDef& table = *followed.table;
    const auto found = storage.find(table.log_id);
    if (!table.logged || found == storage.end()) continue;
    const Storage& now = found->second;
    const bool takes_partitions = published.contains(table.log_id);
    std::string what = new_partition(table, now, structure_told && takes_partitions, takes_partitions);
    if (what.empty() && !structure_told) what = lost_partition(table, now);
    if (what.empty() && !version::publishes_truncate(server)) what = new_storage(followed, now);
    if (!what.empty()) out.push_back({table.ref, std::move(what)});
  }
  return out;
}

}  // namespace godwit::postgres
