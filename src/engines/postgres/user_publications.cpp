#include "engines/postgres/user_publications.h"

#include <algorithm>
#include <array>
#include <map>

#include "engines/postgres/catalog_query.h"
#include "engines/postgres/catalog_watch.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

constexpr std::array<std::string_view, 4> operations = {"insert", "update", "delete", "truncate"};
using Published = std::array<bool, 4>;

// What each publication publishes; those that do not exist or may not be used are findings.
Result<std::map<std::string, Published>> read_publications(Connection& session, std::span<const std::string> wanted,
                                                           std::vector<Finding>& out) {
  // As JSON, since servers before 11 and 13 know fewer columns.
  const Rows rows = TRY(session.query(
      "SELECT pubname, pubinsert, pubupdate, pubdelete, coalesce((to_jsonb(p) ->> 'pubtruncate')::boolean, true), "
      "coalesce((to_jsonb(p) ->> 'pubviaroot')::boolean, false) FROM pg_catalog.pg_publication p WHERE pubname = ANY "
      "($1)",
      {array_text(wanted)}));
  std::map<std::string, Published> found;
  for (int i = 0; i < rows.size(); ++i) {
    found[rows.text(i, 0)] = {rows.boolean(i, 1), rows.boolean(i, 2), rows.boolean(i, 3), rows.boolean(i, 4)};
    if (rows.boolean(i, 5)) out.push_back({true, errors::publishes_via_root(rows.get(i, 0))});
  }
  for (const std::string& name : wanted)
    if (!found.contains(name)) out.push_back({true, errors::no_publication(name)});
  return found;
}

// Rows and columns that a publication leaves out would be missing on the target without a word.
Result<void> check_filters(Connection& session, std::span<const std::string> publications,
                           std::vector<Finding>& out) {
  const Rows rows = TRY(session.query(
      "SELECT p.pubname, n.nspname, c.relname FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_rel r "
      "ON r.prpubid = p.oid JOIN pg_catalog.pg_class c ON c.oid = r.prrelid JOIN pg_catalog.pg_namespace n ON n.oid "
      "= "
      "c.relnamespace WHERE p.pubname = ANY ($1) AND coalesce(to_jsonb(r) ->> 'prqual', to_jsonb(r) ->> 'prattrs') "
      "IS "
      "NOT NULL",
      {array_text(publications)}));
  for (int i = 0; i < rows.size(); ++i)
    out.push_back({true, errors::filtered_in_set({rows.text(i, 1), rows.text(i, 2)}, rows.get(i, 0))});
  return {};
}

// The relations that hold its rows.
std::vector<uint32_t> carriers_of(const TableDef& table) {
  std::vector<uint32_t> out;
  if (!table.partitioned) out.push_back(table.log_id);
  for (const LeafDef& leaf : table.leaves) out.push_back(leaf.log_id);
  return out;
}

}  // namespace

Result<void> check_user_publications(Connection& session, std::span<const std::string> publications,
                                     std::span<const TableDef* const> tables, std::vector<Finding>& out) {
  const std::map<std::string, Published> known = TRY(read_publications(session, publications, out));
  TRY(check_filters(session, publications, out));
  // By oid: the tables are planned at a position in the log, and may have another name by now.
  const Rows rows = TRY(session.query(
      "SELECT p.pubname, c.oid FROM pg_catalog.pg_publication_tables p JOIN pg_catalog.pg_namespace n ON n.nspname = "
      "p.schemaname JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename WHERE p.pubname "
      "= "
      "ANY ($1)",
      {array_text(publications)}));
  std::map<uint32_t, Published> carried;
  for (int i = 0; i < rows.size(); ++i) {
    const Published& by_this = known.at(rows.text(i, 0));
    Published& all = carried[oid_at(rows, i, 1)];
    for (size_t o = 0; o < operations.size(); ++o) all[o] = all[o] || by_this[o];
  }
  std::vector<uint32_t> oids;
  for (const TableDef* table : tables)
    for (const uint32_t carrier : carriers_of(*table)) oids.push_back(carrier);
  const std::map<uint32_t, TableRef> there = TRY(names_now(session, oids));
  for (const TableDef* table : tables) {
    if (!table->logged) continue;
    std::vector<uint32_t> carriers = carriers_of(*table);
    std::erase_if(carriers, [&](uint32_t carrier) { return !there.contains(carrier); });
    const auto missing = std::ranges::find_if(carriers, [&](uint32_t c) { return !carried.contains(c); });
    if (missing != carriers.end()) {
      out.push_back({true, errors::not_in_publication(table->ref, publications.front())});
      continue;
    }
    for (size_t o = 0; o < operations.size(); ++o) {
      const bool needed = table->identity != RowIdentity::none || operations[o] == "insert";
      const bool lacks = std::ranges::any_of(carriers, [&](uint32_t c) { return !carried[c][o]; });
      if (needed && lacks)
        out.push_back({operations[o] != "truncate", errors::not_published(table->ref, operations[o])});
    }
  }
  return {};
}

}  // namespace godwit::postgres
