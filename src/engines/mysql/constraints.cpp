#include "engines/mysql/constraints.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/text.h"

namespace godwit::mysql {

Result<std::vector<KeyColumns>> foreign_keys_of(Connection& session, const TableRef& table) {
  const Rows rows = TRY(session.query(fmt::format(
      "SELECT CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME "
      "FROM "
      "information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} AND REFERENCED_TABLE_NAME IS "
      "NOT NULL ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION",
      quote_literal(table.schema), quote_literal(table.name))));
  std::vector<KeyColumns> out;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (out.empty() || out.back().name != rows.get(row, 0))
      out.push_back({rows.text(row, 0), table, {rows.text(row, 2), rows.text(row, 3)}, {}, {}});
    out.back().columns.push_back(rows.text(row, 1));
    out.back().other_columns.push_back(rows.text(row, 4));
  }
  return out;
}

Result<uint64_t> count_orphans_of(Connection& session, const KeyColumns& key) {
  std::vector<std::string> no_null, equal;
  for (size_t i = 0; i < key.columns.size(); ++i) {
    no_null.push_back(fmt::format("f.{} IS NOT NULL", quote_name(key.columns[i])));
    equal.push_back(fmt::format("p.{} = f.{}", quote_name(key.other_columns[i]), quote_name(key.columns[i])));
  }
  const Rows rows = TRY(session.query(
      fmt::format("SELECT count(*) FROM {} f WHERE {} AND NOT EXISTS (SELECT 1 FROM {} p WHERE {})",
                  quote_name(key.table), join(no_null, " AND "), quote_name(key.other), join(equal, " AND "))));
  return rows.unsigned_integer(0, 0);
}

Result<std::vector<std::pair<std::string, uint64_t>>> count_orphans(Connection& session,
                                                                    std::span<const TargetTable> tables) {
  std::vector<std::pair<std::string, uint64_t>> out;
  for (const TargetTable& table : tables)
    for (const KeyColumns& key : TRY(foreign_keys_of(session, table.layout->ref))) {
      const uint64_t count = TRY(count_orphans_of(session, key));
      if (count > 0) out.emplace_back(key.name + " on " + to_string(key.table), count);
    }
  return out;
}

Result<std::vector<size_t>> tables_of_acting_keys(Connection& session, std::span<const TargetTable> tables) {
  std::map<std::string, size_t> places;
  std::set<std::string> schemas;
  for (size_t i = 0; i < tables.size(); ++i) {
    places[quote_name(tables[i].layout->ref)] = i;
    schemas.insert(quote_literal(tables[i].layout->ref.schema));
  }
  std::vector<size_t> out;
  if (schemas.empty()) return out;
  const std::vector<std::string> list(schemas.begin(), schemas.end());
  const Rows rows = TRY(session.query(fmt::format(
      "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME, UPDATE_RULE IN "
      "('CASCADE', 'SET NULL') OR DELETE_RULE IN ('CASCADE', 'SET NULL') FROM "
      "information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA IN ({})",
      join(list, ", "))));
  std::vector<std::pair<size_t, size_t>> edges;
  std::vector<bool> touched(tables.size(), false);
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto from = places.find(quote_name(TableRef{rows.text(row, 0), rows.text(row, 1)}));
    const auto to = places.find(quote_name(TableRef{rows.text(row, 2), rows.text(row, 3)}));
    if (from == places.end() || to == places.end()) continue;
    edges.emplace_back(from->second, to->second);
    if (rows.integer(row, 4) == 1) touched[from->second] = touched[to->second] = true;
  }
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [from, to] : edges) {
      if (touched[from] == touched[to]) continue;
      touched[from] = touched[to] = grown = true;
    }
  }
  for (size_t i = 0; i < touched.size(); ++i)
    if (touched[i]) out.push_back(i);
  return out;
}

}  // namespace godwit::mysql
