#include "engines/postgres/rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/object_readers.h"
#include "engines/postgres/plan_names.h"
#include "engines/postgres/rendering.h"
#include "engines/postgres/structure_errors.h"

namespace godwit::postgres {
namespace {

// Indexes that stand by themselves or head a tree of partition indexes, but for primary keys; oids: of all of them.
// "Owned" is asked of the table; "rested on" by a foreign key of a table that is none of the task's. The last column:
// statements that give the tree what its definition does not say.
constexpr const char* indexes_sql = R"(
SELECT c.relname, i.indrelid, quote_ident(n.nspname) || '.' || quote_ident(t.relname),
       quote_ident(n.nspname) || '.' || quote_ident(c.relname), coalesce(k.contype::text, ''), i.indisunique,
       pg_has_role(t.relowner, 'USAGE'),
       EXISTS (SELECT FROM pg_index x WHERE x.indexrelid = ANY (tree.oids) AND x.indisreplident),
       EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = ANY (tree.oids)
               AND f.conrelid <> ALL ($1::oid[])),
       (SELECT json_agg(a.attname ORDER BY p.position)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS p(number, position)
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.number AND p.number > 0
        WHERE p.position <= i.indnkeyatts),
       coalesce((SELECT string_agg(e.sql, '' ORDER BY e.sql) FROM (
         SELECT format('; COMMENT ON INDEX %s IS %L', d.objoid::regclass, d.description) AS sql
         FROM pg_description d
         WHERE d.classoid = 'pg_class'::regclass AND d.objoid = ANY (tree.oids) AND d.objsubid = 0
         UNION ALL
         SELECT format('; COMMENT ON CONSTRAINT %I ON %s IS %L', o.conname, o.conrelid::regclass, d.description)
         FROM pg_constraint o
         JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = o.oid
         WHERE o.conindid = ANY (tree.oids) AND o.contype IN ('u', 'x')
         UNION ALL
         SELECT format('; ALTER INDEX %s SET TABLESPACE %I', x.oid::regclass, s.spcname)
         FROM pg_class x JOIN pg_tablespace s ON s.oid = x.reltablespace WHERE x.oid = ANY (tree.oids)
         UNION ALL
         SELECT format('; ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', a.attrelid::regclass, a.attnum,
                       a.attstattarget)
         FROM pg_attribute a WHERE a.attrelid = ANY (tree.oids) AND a.attnum > 0 AND a.attstattarget >= 0
       ) e), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
CROSS JOIN LATERAL (SELECT array_agg(u.oid) AS oids FROM (
  WITH RECURSIVE down AS (
    SELECT i.indexrelid AS oid UNION ALL
    SELECT h.inhrelid FROM down JOIN pg_inherits h ON h.inhparent = down.oid)
  SELECT down.oid FROM down) u) tree
WHERE i.indrelid = ANY ($1::oid[]) AND i.indisvalid AND i.indisready AND NOT i.indisprimary
  AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
ORDER BY 3, 1)";

constexpr const char* keys_sql = R"(
SELECT k.conname, k.conrelid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), pg_get_constraintdef(k.oid),
       k.convalidated, c.relkind = 'p', pg_has_role(c.relowner, 'USAGE'),
       coalesce((SELECT format('; COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass, d.description)
                 FROM pg_description d WHERE d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid), '')
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY ($1::oid[])
ORDER BY 3, 1)";

class RebuildPlanner {
 public:
  RebuildPlanner(const ObjectScope& scope, std::span<const TargetTable> tables, const std::vector<bool>& held_rows)
      : scope_(scope), tables_(tables), held_rows_(held_rows) {}

  void add_key(const Rows& rows, int row) {
    DroppedObject object = object_on(rows, row, "foreign key");
    const bool in_two_steps = rows.boolean(row, 4) && !rows.boolean(row, 5);
    object.drop = fmt::format("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}", object.on, quote_name(object.name));
    object.restore.push_back(fmt::format("ALTER TABLE {} ADD CONSTRAINT {} {}{}{}", object.on,
                                         quote_name(object.name), rows.get(row, 3), in_two_steps ? " NOT VALID" : "",
                                         rows.get(row, 7)));
    if (in_two_steps)
      object.restore.push_back(
          fmt::format("ALTER TABLE {} VALIDATE CONSTRAINT {}", object.on, quote_name(object.name)));
    note_owner(object.on, rows.boolean(row, 6));
    out_.push_back(std::move(object));
  }

  void add_index(const Rows& rows, int row, std::span<const ObjectDef> definitions) {
    const char constraint = char_at(rows, row, 4);
    const bool unique = rows.boolean(row, 5);
    const std::string_view kind = constraint == 'u'   ? "unique constraint"
                                  : constraint == 'x' ? "exclusion constraint"
                                  : unique            ? "unique index"
                                                      : "index";
    DroppedObject object = object_on(rows, row, kind);
    if (rows.boolean(row, 7)) return keep(object, "it is the replica identity");
    if (rows.boolean(row, 8)) return keep(object, "a foreign key of a table outside the task rests on it");
    const bool restricts = unique || constraint == 'x';
    if (restricts && held_rows_[root_of(rows, row)])
      return keep(object, "the table held rows before, which must not be doubled");
    if (unique && is_apply_key(rows, row)) return keep(object, "changes are applied by it");
    const auto is_it = [&](const ObjectDef& d) {
      return d.kind == kind && d.name == object.name && d.table == object.table;
    };
    if (std::ranges::count_if(definitions, is_it) != 1) return keep(object, "its definition could not be told apart");
    object.drop = constraint != '\0'
                      ? fmt::format("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}", object.on, quote_name(object.name))
                      : fmt::format("DROP INDEX IF EXISTS {}", rows.get(row, 3));
    object.restore.push_back(print(std::ranges::find_if(definitions, is_it)->create, PlanNames({})) +
                             rows.text(row, 10));
    note_owner(object.on, rows.boolean(row, 6));
    out_.push_back(std::move(object));
  }

  const std::string& not_owned() const { return not_owned_; }
  std::vector<DroppedObject> take() { return std::move(out_); }

 private:
  DroppedObject object_on(const Rows& rows, int row, std::string_view kind) const {
    DroppedObject object;
    object.table = scope_.find(oid_at(rows, row, 1))->root;
    object.on = rows.text(row, 2);
    object.kind = kind;
    object.name = rows.text(row, 0);
    return object;
  }
  size_t root_of(const Rows& rows, int row) const {
    const TableRef& root = scope_.find(oid_at(rows, row, 1))->root;
    const auto at =
        std::ranges::find_if(tables_, [&](const TargetTable& table) { return table.layout->ref == root; });
    return static_cast<size_t>(at - tables_.begin());
  }
  bool is_apply_key(const Rows& rows, int row) const {
    const TableDef& layout = *tables_[root_of(rows, row)].layout;
    if (!layout.key) return false;
    std::set<std::string> wanted;
    for (const uint32_t column : layout.key->columns) wanted.insert(layout.columns[column].name);
    const std::vector<std::string> there = strings_at(rows, row, 9);
    return wanted == std::set<std::string>(there.begin(), there.end());
  }
  static void keep(const DroppedObject& object, std::string_view why) {
    log_info(Component::metadata_manager, "{} {} on {} is kept through the load: {}", object.kind, object.name,
             object.on, why);
  }
  void note_owner(const std::string& table, bool owned) {
    if (owned || not_owned_.find(table) != std::string::npos) return;
    not_owned_ += (not_owned_.empty() ? "" : ", ") + table;
  }

  const ObjectScope& scope_;
  const std::span<const TargetTable> tables_;
  const std::vector<bool>& held_rows_;
  std::vector<DroppedObject> out_;
  std::string not_owned_;
};

enum class State { gone, absent, half_made, made };  // gone: with its table

Result<State> state_of(Connection& connection, const DroppedObject& object) {
  const Rows rows = TRY(connection.query(
      object.is_foreign_key()
          ? "SELECT to_regclass($1) IS NOT NULL, (SELECT convalidated FROM pg_constraint WHERE conrelid = "
            "to_regclass($1) AND conname = $2)"
          : "SELECT to_regclass($1) IS NOT NULL, (SELECT true FROM pg_index i JOIN pg_class c ON c.oid = "
            "i.indexrelid "
            "WHERE i.indrelid = to_regclass($1) AND c.relname = $2)",
      {object.on, object.name}));
  if (!rows.boolean(0, 0)) return State::gone;
  if (rows.is_null(0, 1)) return State::absent;
  return rows.boolean(0, 1) || object.restore.size() == 1 ? State::made : State::half_made;
}

Result<void> run_alone(Connection& connection, const std::string& sql) {
  TRY(connection.run("BEGIN"));
  auto done = connection.run(sql);
  if (done) return connection.run("COMMIT");
  if (!connection.broken()) TRY(connection.run("ROLLBACK"));
  return done;
}

}  // namespace

Result<std::vector<DroppedObject>> plan_rebuild(Connection& connection, PostgresCatalog& catalog,
                                                std::span<const TargetTable> tables,
                                                const std::vector<bool>& held_rows) {
  std::vector<TableRef> names;
  for (const TargetTable& table : tables) names.push_back(table.layout->ref);
  const std::vector<TableDef> described = TRY(catalog.describe(names));
  if (described.empty()) return std::vector<DroppedObject>();
  const ObjectScope scope = TRY(read_scope(connection, described));
  Objects definitions;
  TRY(read_index_objects(connection, scope, definitions));
  RebuildPlanner planner(scope, tables, held_rows);
  const Rows keys = TRY(connection.query(keys_sql, {scope.oids}));
  for (int row = 0; row < keys.size(); ++row) planner.add_key(keys, row);
  const Rows indexes = TRY(connection.query(indexes_sql, {scope.oids}));
  for (int row = 0; row < indexes.size(); ++row) planner.add_index(indexes, row, definitions);
  if (planner.not_owned().empty()) return planner.take();
  const Rows role = TRY(connection.query("SELECT current_user"));
  return Failure(errors::not_owner_to_rebuild(role.get(0, 0), planner.not_owned()));
}

Result<void> drop_objects(Connection& connection, std::span<const DroppedObject> objects) {
  std::string sql;
  for (const DroppedObject& object : objects) sql += object.drop + ";\n";
  return sql.empty() ? Result<void>() : run_alone(connection, sql);
}

Result<bool> restore_object(Connection& connection, const DroppedObject& object) {
  const State state = TRY(state_of(connection, object));
  if (state == State::gone || state == State::made) return false;
  for (size_t step = state == State::half_made ? 1 : 0; step < object.restore.size(); ++step)
    if (auto done = run_alone(connection, object.restore[step]); !done)
      return Failure(errors::cannot_rebuild(object, done.error()));
  return true;
}

}  // namespace godwit::postgres
