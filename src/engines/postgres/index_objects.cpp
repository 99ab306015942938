#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "engines/postgres/catalog_query.h"
#include "engines/postgres/object_readers.h"
#include "engines/postgres/server_version.h"

namespace godwit::postgres {
namespace {

using Kind = SqlPiece::Kind;

struct Index {
  uint32_t oid = 0, table_oid = 0, parent_oid = 0;  // parent: the index of the parent table it is attached to
  std::string name, definition;                     // definition: from USING on
  std::string constraint_name, constraint_body, constraint_suffix, constraint_options;
  char constraint_kind = '\0';  // p, u, x; none for a bare index
  bool unique = false, clustered = false, replica_identity = false;
  std::vector<std::string> columns;
  IndexMeaning meaning;

  bool is_constraint() const { return constraint_kind != '\0'; }
};

// A constraint's body ends before DEFERRABLE, so that its storage options fit between.
constexpr std::string_view indexes_sql = R"(
SELECT i.indexrelid, i.indrelid, coalesce((SELECT h.inhparent FROM pg_inherits h WHERE h.inhrelid = i.indexrelid), 0),
       c.relname, pg_get_indexdef(i.indexrelid),
       format('CREATE %sINDEX %I ON %s%s ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, c.relname,
              CASE WHEN t.relkind = 'p' THEN 'ONLY ' END, n.qualified),
       k.conname, pg_get_constraintdef(k.oid),
       concat(CASE WHEN k.condeferrable THEN ' DEFERRABLE' END,
              CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END),
       (SELECT string_agg(quote_ident(option_name) || '=' || quote_literal(option_value), ', ')
        FROM pg_options_to_table(c.reloptions)),
       k.contype, i.indisunique, i.indisclustered, i.indisreplident,
       (SELECT json_agg(DISTINCT a.attname) FROM pg_attribute a
        WHERE a.attrelid = i.indrelid AND a.attnum > 0 AND (a.attnum = ANY (i.indkey::int2[]) OR EXISTS (
          SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
            AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))),
       m.amname, i.indpred IS NOT NULL,
       (SELECT json_agg(coalesce(a.attname::text, '') ORDER BY p.position)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS p(number, position)
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.number AND p.number > 0
        WHERE p.position <= i.{}),
       (SELECT json_agg((p.flags & 1)::text ORDER BY p.position)
        FROM unnest(i.indoption::int2[]) WITH ORDINALITY AS p(flags, position))
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam JOIN pg_class t ON t.oid = i.indrelid
CROSS JOIN LATERAL (SELECT quote_ident(s.nspname) || '.' || quote_ident(t.relname) AS qualified
                    FROM pg_namespace s WHERE s.oid = t.relnamespace) n
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = ANY ($1::oid[]) AND i.indisvalid AND i.indisready
ORDER BY i.indrelid, i.indisprimary DESC, k.contype IS NULL, c.relname::text COLLATE "C")";

constexpr const char* unvalidated_checks_sql = R"(
SELECT k.conrelid, k.conname, pg_get_constraintdef(k.oid),
       (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))
FROM pg_constraint k
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'c' AND NOT k.convalidated AND (k.conislocal OR NOT EXISTS (
  SELECT FROM pg_class c WHERE c.oid = k.conrelid AND c.relispartition))
ORDER BY k.conrelid, k.conname::text COLLATE "C")";

constexpr std::string_view statistics_sql = R"(
SELECT s.stxrelid, s.stxname, n.nspname, pg_get_statisticsobjdef(s.oid),
       format('CREATE STATISTICS %I.%I', n.nspname, s.stxname),
       ' FROM ' || quote_ident(m.nspname) || '.' || quote_ident(t.relname), {},
       (SELECT json_agg(DISTINCT a.attname) FROM pg_depend d
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_statistic_ext'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_class'::regclass)
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
JOIN pg_class t ON t.oid = s.stxrelid JOIN pg_namespace m ON m.oid = t.relnamespace
WHERE s.stxrelid = ANY ($1::oid[])
ORDER BY s.stxrelid, s.stxname::text COLLATE "C")";

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix ? text.substr(prefix.size()) : text;
}

std::string_view without_suffix(std::string_view text, std::string_view suffix) {
  const bool has_it = text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
  return has_it ? text.substr(0, text.size() - suffix.size()) : text;
}

IndexMeaning meaning_at(const Rows& rows, int row, const Index& index) {
  IndexMeaning out;
  out.kind = index.constraint_kind == 'p' ? IndexMeaning::Kind::primary
             : index.unique               ? IndexMeaning::Kind::unique
                                          : IndexMeaning::Kind::plain;
  const std::string_view method = rows.get(row, 15);
  out.method = method == "btree"  ? IndexMeaning::Method::ordered
               : method == "hash" ? IndexMeaning::Method::hash
                                  : IndexMeaning::Method::other;
  out.is_partial = rows.boolean(row, 16);
  out.nulls_equal = index.definition.find("NULLS NOT DISTINCT") != std::string::npos ||
                    index.constraint_body.find("NULLS NOT DISTINCT") != std::string::npos;
  out.deferrable = index.constraint_suffix.find("DEFERRABLE") != std::string::npos;
  const std::vector<std::string> names = strings_at(rows, row, 17), descending = strings_at(rows, row, 18);
  for (size_t i = 0; i < names.size(); ++i)
    out.parts.push_back({names[i], std::nullopt, i < descending.size() && descending[i] == "1"});
  return out;
}

Index index_of(const Rows& rows, int row) {
  Index index;
  index.oid = oid_at(rows, row, 0);
  index.table_oid = oid_at(rows, row, 1);
  index.parent_oid = oid_at(rows, row, 2);
  index.name = rows.text(row, 3);
  index.definition = without_prefix(rows.get(row, 4), rows.get(row, 5));
  index.constraint_name = rows.text(row, 6);
  index.constraint_suffix = rows.text(row, 8);
  index.constraint_body = without_suffix(rows.get(row, 7), index.constraint_suffix);
  index.constraint_options = rows.text(row, 9);
  index.constraint_kind = char_at(rows, row, 10);
  index.unique = rows.boolean(row, 11);
  index.clustered = rows.boolean(row, 12);
  index.replica_identity = rows.boolean(row, 13);
  index.columns = strings_at(rows, row, 14);
  index.meaning = meaning_at(rows, row, index);
  return index;
}

void append_constraint(Statement& statement, const Relation& relation, const Index& index) {
  statement.text(relation.is_partitioned() ? "ALTER TABLE ONLY " : "ALTER TABLE ");
  append_relation(statement, relation);
  statement.text(" ADD CONSTRAINT ").name(index.constraint_name).text(" ");
  statement.clause(Kind::constraint, index.constraint_body, relation.root, index.columns);
  const bool with_here = !index.constraint_options.empty() && index.constraint_kind != 'x';
  if (with_here) statement.text(" WITH (" + index.constraint_options + ")");
  statement.text(index.constraint_suffix);
  if (index.constraint_options.empty() || with_here) return;
  // Within EXCLUDE the options stand in the middle of the body.
  statement.text("; ALTER INDEX ").add(Kind::relation, index.name, schema_anchor(relation));
  statement.text(" SET (" + index.constraint_options + ")");
}

void append_bare_index(Statement& statement, const Relation& relation, const Index& index) {
  statement.text(index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ").name(index.name);
  statement.text(relation.is_partitioned() ? " ON ONLY " : " ON ");
  append_relation(statement, relation);
  statement.text(" ").clause(Kind::index, index.definition, relation.root, index.columns);
}

void append_marks(Statement& statement, const Relation& relation, const Index& index) {
  if (index.clustered && !relation.is_partitioned()) {
    append_relation(statement.text("; ALTER TABLE "), relation);
    statement.text(" CLUSTER ON ").name(index.name);
  }
  if (index.replica_identity && relation.replica_identity == 'i') {
    append_relation(statement.text("; ALTER TABLE ONLY "), relation);
    statement.text(" REPLICA IDENTITY USING INDEX ").name(index.name);
  }
}

class IndexFamily {
 public:
  IndexFamily(const ObjectScope& scope, std::vector<Index> indexes) : scope_(scope), indexes_(std::move(indexes)) {
    std::unordered_set<uint32_t> known;
    for (const Index& index : indexes_) known.insert(index.oid);
    for (size_t i = 0; i < indexes_.size(); ++i) {
      // A parent that is not there is invalid, or the table's own parent is no table of the task.
      const bool has_parent = known.contains(indexes_[i].parent_oid);
      if (!has_parent) indexes_[i].parent_oid = 0;
      if (has_parent) children_[indexes_[i].parent_oid].push_back(i);
    }
  }

  // One object for an index and all that are attached to it: they come in one transaction, each with its own name.
  void add_objects(const Relation& relation, Objects& out) const {
    for (const Index& index : indexes_) {
      if (index.table_oid != relation.oid || index.parent_oid != 0) continue;
      Statement statement;
      append_tree(statement, index);
      const bool key = index.is_constraint() || index.unique;
      ObjectDef object =
          object_of(key ? ObjectPhase::keys : ObjectPhase::indexes, kind_of(index), index.name, relation.root);
      object.create = statement.take();
      if (!relation.is_partition() && index.constraint_kind != 'x') object.meaning = meaning_of(index.meaning);
      out.push_back(std::move(object));
    }
  }

 private:
  static std::string_view kind_of(const Index& index) {
    switch (index.constraint_kind) {
      case 'p':
        return "primary key";
      case 'u':
        return "unique constraint";
      case 'x':
        return "exclusion constraint";
      default:
        return index.unique ? "unique index" : "index";
    }
  }

  void append_tree(Statement& statement, const Index& index) const {
    const Relation& relation = *scope_.find(index.table_oid);
    if (index.is_constraint())
      append_constraint(statement, relation, index);
    else
      append_bare_index(statement, relation, index);
    append_marks(statement, relation, index);
    const auto children = children_.find(index.oid);
    if (children == children_.end()) return;
    for (const size_t child : children->second) {
      statement.text("; ");
      append_tree(statement, indexes_[child]);
      statement.text("; ALTER INDEX ").add(Kind::relation, index.name, schema_anchor(relation));
      statement.text(" ATTACH PARTITION ");
      statement.add(Kind::relation, indexes_[child].name, schema_anchor(*scope_.find(indexes_[child].table_oid)));
    }
  }

  const ObjectScope& scope_;
  std::vector<Index> indexes_;
  std::unordered_map<uint32_t, std::vector<size_t>> children_;
};

void add_replica_identity(const Relation& relation, Objects& out) {
  const bool full = relation.replica_identity == 'f';
  if (!full && relation.replica_identity != 'n') return;
  Statement statement;
  append_relation(statement.text("ALTER TABLE ONLY "), relation);
  statement.text(full ? " REPLICA IDENTITY FULL" : " REPLICA IDENTITY NOTHING");
  ObjectDef object = object_of(ObjectPhase::keys, "replica identity", relation.ref.name, relation.root);
  object.create = statement.take();
  object.meaning = meaning_of(ImplicitMeaning{});
  out.push_back(std::move(object));
}

// After the rows: rows that break the check may be there.
Result<void> add_unvalidated_checks(Connection& connection, const ObjectScope& scope, Objects& out) {
  const Rows rows = TRY(connection.query(unvalidated_checks_sql, {scope.oids}));
  for (int row = 0; row < rows.size(); ++row) {
    const Relation& relation = *scope.find(oid_at(rows, row, 0));
    Statement statement;
    append_relation(statement.text("ALTER TABLE "), relation);
    statement.text(" ADD CONSTRAINT ").name(rows.get(row, 1)).text(" ");
    const std::string_view body = rows.get(row, 2);
    const std::string_view bare = without_suffix(body, " NOT VALID");
    statement.clause(Kind::constraint, bare, relation.root, strings_at(rows, row, 3));
    statement.text(body.substr(bare.size()));
    ObjectDef object = object_of(ObjectPhase::indexes, "check", rows.get(row, 1), relation.root);
    object.create = statement.take();
    out.push_back(std::move(object));
  }
  return {};
}

Result<void> add_statistics(Connection& connection, const ObjectScope& scope, Objects& out) {
  const Rows rows = TRY(connection.query(
      fmt::format(statistics_sql,
                  version::has_statistics_targets(connection.server_version()) ? "s.stxstattarget" : "-1"),
      {scope.oids}));
  for (int row = 0; row < rows.size(); ++row) {
    const Relation& relation = *scope.find(oid_at(rows, row, 0));
    const std::string_view rest = without_prefix(rows.get(row, 3), rows.get(row, 4));
    const std::string schema = rows.text(row, 2);
    const TableRef anchor = schema == relation.root.schema ? relation.root : TableRef{schema, ""};
    Statement statement;
    statement.text("CREATE STATISTICS ").add(Kind::relation, rows.get(row, 1), anchor);
    statement.clause(Kind::fixed, without_suffix(rest, rows.get(row, 5)), relation.root, strings_at(rows, row, 7));
    append_relation(statement.text(" FROM "), relation);
    if (rows.integer(row, 6) > 0) {
      statement.text("; ALTER STATISTICS ").add(Kind::relation, rows.get(row, 1), anchor);
      statement.text(" SET STATISTICS " + rows.text(row, 6));
    }
    ObjectDef object = object_of(ObjectPhase::indexes, "statistics", rows.get(row, 1), relation.root);
    object.create = statement.take();
    object.optional = true;
    object.meaning = meaning_of(ImplicitMeaning{});
    out.push_back(std::move(object));
  }
  return {};
}

}  // namespace

Result<void> read_index_objects(Connection& connection, const ObjectScope& scope, Objects& out) {
  const Rows rows = TRY(connection.query(
      fmt::format(indexes_sql,
                  version::has_included_columns(connection.server_version()) ? "indnkeyatts" : "indnatts"),
      {scope.oids}));
  std::vector<Index> indexes;
  for (int row = 0; row < rows.size(); ++row) indexes.push_back(index_of(rows, row));
  std::unordered_map<uint32_t, std::vector<Index>> by_root;  // an index and those attached to it belong to one root
  std::unordered_map<std::string, uint32_t> root_oids;
  for (const Relation& relation : scope.relations)
    if (!relation.is_partition()) root_oids[quote_name(relation.ref)] = relation.oid;
  for (Index& index : indexes)
    by_root[root_oids[quote_name(scope.find(index.table_oid)->root)]].push_back(std::move(index));
  const Relation* root = nullptr;
  std::unordered_map<uint32_t, IndexFamily> families;
  for (auto& [oid, members] : by_root) families.emplace(oid, IndexFamily(scope, std::move(members)));
  for (const Relation& relation : scope.relations) {
    if (!relation.is_partition()) root = &relation;
    if (const auto family = families.find(root->oid); family != families.end())
      family->second.add_objects(relation, out);
    add_replica_identity(relation, out);
  }
  TRY(add_unvalidated_checks(connection, scope, out));
  return add_statistics(connection, scope, out);
}

}  // namespace godwit::postgres
