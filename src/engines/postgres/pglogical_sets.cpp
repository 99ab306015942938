#include "engines/postgres/pglogical_sets.h"

#include <fmt/format.h>

#include <map>

#include "engines/postgres/catalog_query.h"
#include "engines/postgres/catalog_watch.h"
#include "engines/postgres/ddl_capture.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

// The node that Godwit makes where there is none; its tasks in the database share it.
constexpr const char* own_node = "godwit";
// Of this number all tasks of a database wait for one another while they make or remove the node.
constexpr const char* node_lock = "SELECT pg_catalog.pg_advisory_xact_lock(7161737430)";

struct Carrier {
  uint32_t oid = 0;
  TableRef name;  // in the plan, which stands at a position in the log: it may be another by now
};

// What is published of a table: itself, or the partitions that hold its rows.
std::vector<Carrier> carriers(const TableDef& table) {
  if (!table.partitioned) return {{table.log_id, table.ref}};
  std::vector<Carrier> out;
  for (const LeafDef& leaf : table.leaves) out.push_back({leaf.log_id, leaf.ref});
  return out;
}

struct Membership {
  std::string set;
  uint32_t table = 0;  // its oid
  auto operator<=>(const Membership&) const = default;
};

// With the tables' names in the plan.
std::map<Membership, TableRef> wanted_members(std::string_view slot, std::span<const TableDef* const> tables) {
  const std::vector<std::string> sets = replication_sets(slot);
  std::map<Membership, TableRef> out;
  for (const TableDef* table : tables) {
    if (!table->logged) continue;
    for (const Carrier& carrier : carriers(*table)) {
      out[{sets[1], carrier.oid}] = carrier.name;
      if (table->identity != RowIdentity::none) out[{sets[0], carrier.oid}] = carrier.name;
    }
  }
  return out;
}

// Of the wanted ones, those whose table is still there.
Result<std::map<Membership, TableRef>> present_members(Connection& session, std::string_view slot,
                                                       std::span<const TableDef* const> tables) {
  std::map<Membership, TableRef> out = wanted_members(slot, tables);
  std::vector<uint32_t> oids;
  for (const auto& [member, name] : out) oids.push_back(member.table);
  const std::map<uint32_t, TableRef> there = TRY(names_now(session, oids));
  std::erase_if(out, [&](const auto& member) { return !there.contains(member.first.table); });
  return out;
}

struct Member {
  std::string table;      // its name, unqualified
  bool filtered = false;  // by rows or columns
};

Result<std::map<Membership, Member>> members(Connection& session, std::string_view slot) {
  const Rows rows = TRY(
      session.query("SELECT s.set_name, c.oid, c.relname, t.set_att_list IS NOT NULL OR t.set_row_filter IS NOT NULL "
                    "FROM pglogical.replication_set s JOIN pglogical.local_node l ON l.node_id = s.set_nodeid JOIN "
                    "pglogical.replication_set_table t ON t.set_id = s.set_id JOIN pg_catalog.pg_class c ON c.oid = "
                    "t.set_reloid WHERE s.set_name = ANY ($1)",
                    {array_text(replication_sets(slot))}));
  std::map<Membership, Member> out;
  for (int i = 0; i < rows.size(); ++i)
    out[{rows.text(i, 0), oid_at(rows, i, 1)}] = {rows.text(i, 2), rows.boolean(i, 3)};
  return out;
}

Result<void> set_members(Connection& session, std::string_view slot, std::span<const TableDef* const> tables) {
  const std::map<Membership, TableRef> wanted = TRY(present_members(session, slot, tables));
  const std::map<Membership, Member> there = TRY(members(session, slot));
  for (const auto& [member, how] : there)
    if (!wanted.contains(member) && how.table != ddl_audit_name)
      TRY(session.run("SELECT pglogical.replication_set_remove_table($1, $2::oid::pg_catalog.regclass)",
                      {member.set, std::to_string(member.table)}));
  for (const auto& [member, name] : wanted)
    if (!there.contains(member))
      TRY(session.run("SELECT pglogical.replication_set_add_table($1, $2::oid::pg_catalog.regclass, false)",
                      {member.set, std::to_string(member.table)}));
  return {};
}

Result<void> create(Connection& session, std::string_view slot, std::span<const TableDef* const> tables,
                    const TableRef* audit) {
  TRY(session.run(node_lock));
  const Rows node = TRY(session.query("SELECT 1 FROM pglogical.local_node"));
  if (node.empty())
    TRY(
        session.run("SELECT pglogical.create_node($1, pg_catalog.format('dbname=%L', "
                    "pg_catalog.current_database()))",
                    {own_node}));
  const std::vector<std::string> sets = replication_sets(slot);
  TRY(session.run("SELECT pglogical.create_replication_set($1, false, true, true, false)", {sets[0]}));
  TRY(session.run("SELECT pglogical.create_replication_set($1, true, false, false, true)", {sets[1]}));
  if (audit != nullptr)
    TRY(session.run("SELECT pglogical.replication_set_add_table($1, pg_catalog.to_regclass($2), false)",
                    {sets[1], quote_name(*audit)}));
  return set_members(session, slot, tables);
}

Result<void> drop(Connection& session, std::string_view slot) {
  TRY(session.run(node_lock));
  TRY(
      session.run("SELECT pglogical.drop_replication_set(s.set_name) FROM pglogical.replication_set s JOIN "
                  "pglogical.local_node l ON l.node_id = s.set_nodeid WHERE s.set_name = ANY ($1)",
                  {array_text(replication_sets(slot))}));
  return session.run(
      "SELECT pglogical.drop_node(n.node_name) FROM pglogical.local_node l JOIN pglogical.node n ON n.node_id = "
      "l.node_id WHERE n.node_name = $1 AND NOT EXISTS (SELECT FROM pglogical.replication_set s WHERE s.set_nodeid = "
      "n.node_id AND s.set_name <> ALL ('{default,default_insert_only,ddl_sql}')) AND NOT EXISTS (SELECT FROM "
      "pglogical.replication_set s JOIN pglogical.replication_set_table t ON t.set_id = s.set_id WHERE s.set_nodeid "
      "= "
      "n.node_id) AND NOT EXISTS (SELECT FROM pglogical.subscription s WHERE n.node_id IN (s.sub_origin, "
      "s.sub_target))",
      {own_node});
}

// All of it or nothing.
template <class Work>
Result<void> in_transaction(Connection& session, const Work& work) {
  TRY(session.run("BEGIN"));
  auto done = work();
  if (done) return session.run("COMMIT");
  if (!session.broken()) TRY(session.run("ROLLBACK"));
  return Failure(errors::replication_sets_failed(done.error()));
}

Result<bool> has_pglogical(Connection& session) {
  const Rows rows = TRY(session.query("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'pglogical'"));
  return !rows.empty();
}

}  // namespace

std::vector<std::string> replication_sets(std::string_view slot) {
  return {std::string(slot), "i" + std::string(slot)};
}

Result<void> create_replication_sets(Connection& session, std::string_view slot,
                                     std::span<const TableDef* const> tables, const TableRef* audit) {
  return in_transaction(session, [&] { return create(session, slot, tables, audit); });
}

Result<void> update_replication_sets(Connection& session, std::string_view slot,
                                     std::span<const TableDef* const> tables) {
  return in_transaction(session, [&] { return set_members(session, slot, tables); });
}

Result<void> drop_replication_sets(Connection& session, std::string_view slot) {
  if (!TRY(has_pglogical(session))) return {};
  const Rows mine =
      TRY(session.query("SELECT pg_catalog.has_schema_privilege('pglogical', 'USAGE') AND "
                        "pg_catalog.has_table_privilege('pglogical.replication_set', 'SELECT')"));
  // Who may not look into the extension has made nothing in it.
  if (!mine.boolean(0, 0)) return {};
  const Rows there = TRY(session.query("SELECT 1 FROM pglogical.replication_set WHERE set_name = ANY ($1)",
                                       {array_text(replication_sets(slot))}));
  if (there.empty()) return {};
  return in_transaction(session, [&] { return drop(session, slot); });
}

Result<void> check_pglogical(Connection& session, std::span<const TableDef* const> tables,
                             std::vector<Finding>& out) {
  const Rows encoding =
      TRY(session.query("SELECT pg_catalog.getdatabaseencoding(), current_setting('shared_preload_libraries')"));
  if (encoding.get(0, 0) != "UTF8")
    out.push_back({true, errors::database_encoding("pglogical_output", encoding.get(0, 0))});
  if (!TRY(has_pglogical(session))) out.push_back({true, errors::no_pglogical(encoding.get(0, 1))});
  for (const TableDef* table : tables)
    if (table->identity == RowIdentity::full) out.push_back({true, errors::full_identity_unsupported(table->ref)});
  return {};
}

Result<void> check_replication_sets(Connection& session, std::string_view slot,
                                    std::span<const TableDef* const> tables, std::vector<Finding>& out) {
  if (!TRY(has_pglogical(session))) return {};
  const Rows sets = TRY(session.query(
      "SELECT s.set_name, s.replicate_insert, s.replicate_update, s.replicate_delete, s.replicate_truncate FROM "
      "pglogical.replication_set s JOIN pglogical.local_node l ON l.node_id = s.set_nodeid WHERE s.set_name = ANY "
      "($1)",
      {array_text(replication_sets(slot))}));
  for (const std::string& set : replication_sets(slot)) {
    bool found = false;
    for (int i = 0; i < sets.size(); ++i) found = found || sets.get(i, 0) == set;
    if (!found) out.push_back({true, errors::no_replication_set(set, slot)});
  }
  if (sets.size() < 2) return {};
  bool all_operations[4] = {};
  for (int i = 0; i < sets.size(); ++i)
    for (int operation = 0; operation < 4; ++operation)
      all_operations[operation] = all_operations[operation] || sets.boolean(i, operation + 1);
  constexpr std::string_view operations[] = {"inserts", "updates", "deletes", "truncations"};
  for (size_t operation = 0; operation < 4; ++operation)
    if (!all_operations[operation])
      out.push_back({operation < 3, errors::sets_lack_operation(slot, operations[operation])});
  const std::map<Membership, Member> there = TRY(members(session, slot));
  for (const auto& [member, name] : TRY(present_members(session, slot, tables))) {
    const auto held = there.find(member);
    if (held == there.end())
      out.push_back({true, errors::not_in_replication_set(name, member.set)});
    else if (held->second.filtered)
      out.push_back({true, errors::filtered_in_set(name, member.set)});
  }
  return {};
}

}  // namespace godwit::postgres
