#include "engines/postgres/untold_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "engines/postgres/catalog_query.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

// Of each table: its root's oid, then oid, schema, name and filenode of all that hold its rows now.
constexpr const char* storage_sql = R"(
WITH RECURSIVE tree AS (
  SELECT w.oid AS root, w.oid FROM unnest($1::oid[]) AS w(oid)
  UNION ALL
  SELECT t.root, i.inhrelid
  FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid JOIN pg_class p ON p.oid = t.oid AND p.relkind = 'p'
)
SELECT t.root, c.oid, n.nspname, c.relname, pg_relation_filenode(c.oid)
FROM tree t JOIN pg_class c ON c.oid = t.oid AND c.relkind <> 'p' JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY t.root, c.oid)";

bool is_known(const TableDef& table, uint32_t oid) {
  return oid == table.log_id || std::ranges::find(table.leaves, oid, &LeafDef::log_id) != table.leaves.end();
}

std::string untold(const FollowedTable& followed, const Rows& rows, int row, int server) {
  const TableDef& table = *followed.table;
  const TableRef leaf{rows.text(row, 2), rows.text(row, 3)};
  if (!is_known(table, oid_at(rows, row, 1)))
    return version::publishes_partitioned_tables(server)
               ? ""
               : fmt::format("it has a new partition {}, whose rows are not published", to_string(leaf));
  if (version::publishes_truncate(server)) return "";
  const auto slice = std::ranges::find(followed.slices, leaf, &TableRange::leaf);
  if (slice == followed.slices.end() || slice->storage_id == rows.get(row, 4)) return "";
  return fmt::format("{} has new storage: TRUNCATE, VACUUM FULL, CLUSTER or an ALTER TABLE that rewrites",
                     leaf == table.ref ? "it" : to_string(leaf));
}

}  // namespace

bool log_tells_all(int server) {
  return version::publishes_truncate(server) && version::publishes_partitioned_tables(server);
}

Result<std::vector<UntoldChange>> find_untold_changes(Connection& session, std::span<const FollowedTable> tables) {
  std::vector<UntoldChange> out;
  if (log_tells_all(session.server_version())) return out;
  std::unordered_map<uint32_t, const FollowedTable*> by_root;
  std::vector<uint32_t> roots;
  for (const FollowedTable& followed : tables) {
    if (!followed.table->logged) continue;
    by_root[followed.table->log_id] = &followed;
    roots.push_back(followed.table->log_id);
  }
  const Rows rows = TRY(session.query(storage_sql, {oid_array(roots)}));
  for (int row = 0; row < rows.size(); ++row) {
    const FollowedTable& followed = *by_root[oid_at(rows, row, 0)];
    std::string what = untold(followed, rows, row, session.server_version());
    const bool told_before = !out.empty() && out.back().table == followed.table->ref;
    if (!what.empty() && !told_before) out.push_back({followed.table->ref, std::move(what)});
  }
  return out;
}

}  // namespace godwit::postgres
