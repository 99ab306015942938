#include "engines/postgres/dependency_walk.h"

#include <map>
#include <set>
#include <utility>

#include "engines/postgres/catalog_query.h"

namespace godwit::postgres {
namespace {

using Node = std::pair<uint32_t, uint32_t>;  // class oid, oid

// Where the walk starts: the relations and all that hangs on them.
constexpr const char* seeds_sql = R"(
SELECT 'pg_class'::regclass::oid, oid FROM unnest($1::oid[]) AS r(oid)
UNION ALL SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE adrelid = ANY ($1::oid[])
UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint
          WHERE conrelid = ANY ($1::oid[]) AND contype IN ('c', 'p', 'u', 'x')
UNION ALL SELECT 'pg_class'::regclass, indexrelid FROM pg_index WHERE indrelid = ANY ($1::oid[])
UNION ALL SELECT 'pg_trigger'::regclass, oid FROM pg_trigger WHERE tgrelid = ANY ($1::oid[]) AND NOT tgisinternal
UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxrelid = ANY ($1::oid[])
UNION ALL SELECT d.classid, d.objid FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
          WHERE d.classid = 'pg_class'::regclass AND d.refclassid = d.classid AND d.refobjid = ANY ($1::oid[])
            AND d.refobjsubid > 0 AND d.deptype = 'a')";

// One step from each of the given nodes. Beside pg_depend's own edges: a composite type needs its columns, a domain
// its checks. Columns: from, to, whether an extension owns `from`, the kind of a relation.
constexpr const char* step_sql = R"(
SELECT f.c, f.o, n.c, n.o, n.owned, k.relkind
FROM unnest($1::oid[], $2::oid[]) AS f(c, o) CROSS JOIN LATERAL (
  SELECT DISTINCT d.refclassid, d.refobjid, d.deptype = 'e' FROM pg_depend d WHERE d.classid = f.c AND d.objid = f.o
  UNION ALL
  SELECT 'pg_class'::regclass, t.typrelid, false FROM pg_type t
  WHERE f.c = 'pg_type'::regclass AND t.oid = f.o AND t.typtype = 'c'
  UNION ALL
  SELECT 'pg_constraint'::regclass, q.oid, false FROM pg_constraint q
  WHERE f.c = 'pg_type'::regclass AND q.contypid = f.o
) AS n(c, o, owned)
LEFT JOIN pg_class k ON n.c = 'pg_class'::regclass AND k.oid = n.o)";

class Graph {
 public:
  explicit Graph(const ObjectScope& scope) : scope_(scope) {}

  // True when the node is new.
  bool add(const Node& node) { return edges_.try_emplace(node).second; }

  // Takes the answer to step_sql; answers the nodes met for the first time.
  std::vector<Node> add_step(const Rows& rows) {
    std::set<Node> owned;
    for (int row = 0; row < rows.size(); ++row)
      if (rows.boolean(row, 4)) owned.insert({oid_at(rows, row, 0), oid_at(rows, row, 1)});
    std::vector<Node> found;
    for (int row = 0; row < rows.size(); ++row) {
      const Node from{oid_at(rows, row, 0), oid_at(rows, row, 1)}, to{oid_at(rows, row, 2), oid_at(rows, row, 3)};
      // What an extension owns leads to the extension alone.
      if (owned.contains(from) && !rows.boolean(row, 4)) continue;
      if (to.first == catalog_class::relation && !is_followed(from, to, char_at(rows, row, 5))) continue;
      edges_[from].insert(to);
      if (add(to)) found.push_back(to);
    }
    return found;
  }

  std::vector<Dependency> in_order() {
    for (const auto& [node, children] : edges_) visit(node);
    return std::move(order_);
  }

 private:
  bool is_table(const Node& node) const {
    return node.first == catalog_class::relation && scope_.find(node.second) != nullptr;
  }

  // Tables outside the task are not, nor is a sequence followed to the table that owns it.
  bool is_followed(const Node& from, const Node& to, char kind) const {
    const bool from_relation = from.first == catalog_class::relation && !is_table(from);
    if (is_table(to)) return !from_relation;
    return kind == 'S' || kind == 'c';
  }

  // True when the node needs a table of the task. A cycle is cut where it is met.
  bool visit(const Node& node) {
    if (const auto seen = needs_table_.find(node); seen != needs_table_.end()) return seen->second;
    needs_table_[node] = is_table(node);
    Dependency found{node.first, node.second, is_table(node), false};
    for (const Node& child : edges_[node]) {
      found.needs_table |= visit(child);
      found.by_extension |= child.first == catalog_class::extension && node.first != catalog_class::extension;
    }
    needs_table_[node] = found.needs_table;
    if (!is_table(node)) order_.push_back(found);
    return found.needs_table;
  }

  const ObjectScope& scope_;
  std::map<Node, std::set<Node>> edges_;
  std::map<Node, bool> needs_table_;
  std::vector<Dependency> order_;
};

}  // namespace

Result<std::vector<Dependency>> walk_dependencies(Connection& connection, const ObjectScope& scope) {
  Graph graph(scope);
  std::vector<Node> frontier;
  const Rows seeds = TRY(connection.query(seeds_sql, {scope.oids}));
  for (int row = 0; row < seeds.size(); ++row) {
    const Node node{oid_at(seeds, row, 0), oid_at(seeds, row, 1)};
    if (graph.add(node)) frontier.push_back(node);
  }
  while (!frontier.empty()) {
    std::vector<uint32_t> classes, oids;
    for (const auto& [class_oid, oid] : frontier) {
      classes.push_back(class_oid);
      oids.push_back(oid);
    }
    const Rows rows = TRY(connection.query(step_sql, {oid_array(classes), oid_array(oids)}));
    frontier = graph.add_step(rows);
  }
  return graph.in_order();
}

}  // namespace godwit::postgres
