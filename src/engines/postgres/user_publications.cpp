#include "engines/postgres/user_publications.h"

#include <algorithm>
#include <array>
#include <map>

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

}  // namespace

Result<void> check_user_publications(Connection& session, std::span<const std::string> publications,
                                     std::span<const TableDef* const> tables, std::vector<Finding>& out) {
  const std::map<std::string, Published> known = TRY(read_publications(session, publications, out));
  TRY(check_filters(session, publications, out));
  const Rows rows = TRY(
      session.query("SELECT pubname, schemaname, tablename FROM pg_catalog.pg_publication_tables WHERE pubname = ANY "
                    "($1)",
                    {array_text(publications)}));
  std::map<TableRef, Published> carried;
  for (int i = 0; i < rows.size(); ++i) {
    const Published& by_this = known.at(rows.text(i, 0));
    Published& all = carried[{rows.text(i, 1), rows.text(i, 2)}];
    for (size_t o = 0; o < operations.size(); ++o) all[o] = all[o] || by_this[o];
  }
  for (const TableDef* table : tables) {
    if (!table->logged) continue;
    std::vector<TableRef> carriers = {table->ref};
    if (table->partitioned) {
      carriers.clear();
      for (const LeafDef& leaf : table->leaves) carriers.push_back(leaf.ref);
    }
    const auto missing = std::ranges::find_if(carriers, [&](const TableRef& c) { return !carried.contains(c); });
    if (missing != carriers.end()) {
      out.push_back({true, errors::not_in_publication(table->ref, publications.front())});
      continue;
    }
    for (size_t o = 0; o < operations.size(); ++o) {
      const bool needed = table->identity != RowIdentity::none || operations[o] == "insert";
      const bool lacks = std::ranges::any_of(carriers, [&](const TableRef& c) { return !carried[c][o]; });
      if (needed && lacks)
        out.push_back({operations[o] != "truncate", errors::not_published(table->ref, operations[o])});
    }
  }
  return {};
}

}  // namespace godwit::postgres
