#include "engines/postgres/apply_statements.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {
namespace {

bool in_key(const TargetTable& table, uint32_t column) {
  return table.layout->key &&
         std::ranges::find(table.layout->key->columns, column) != table.layout->key->columns.end();
}

std::string column_name(const TargetTable& table, uint32_t column) {
  return quote_name(table.layout->columns[column].name);
}

// "a" = $3 AND …; parameters numbered from `first`.
std::string condition(const TargetTable& table, const RowFinder& finder, size_t first) {
  std::vector<std::string> terms;
  for (size_t i = 0; i < finder.columns.size(); ++i) {
    const std::string name = column_name(table, finder.columns[i]);
    const size_t number = first + i;
    if (finder.comparisons.empty()) {
      terms.push_back(fmt::format("{} = ${}", name, number));
      continue;
    }
    // The cast names the column's type, so that the parameter is read as one whatever the operator would prefer.
    const std::string value = fmt::format("${}::{}", number, finder.types[i]);
    if (finder.comparisons[i] != Comparison::text)
      terms.push_back(fmt::format("{} IS NOT DISTINCT FROM {}", name, value));
    if (finder.comparisons[i] != Comparison::native)
      terms.push_back(fmt::format("{}::text IS NOT DISTINCT FROM {}::text", name, value));
  }
  return join(terms, " AND ");
}

// Without a key several rows may match: one source row is one target row.
std::string where(const TargetTable& table, const RowFinder& finder, size_t first) {
  if (finder.comparisons.empty()) return condition(table, finder, first);
  const std::string name = quote_name(table.layout->ref);
  const std::string match = condition(table, finder, first);
  std::vector<std::string> address = finder.address;
  if (address.empty() && table.layout->partitioned) address.emplace_back("tableoid");
  if (finder.address.empty()) address.emplace_back("ctid");
  const std::string list = join(address, ", ");
  return fmt::format("{} = (SELECT {} FROM {} WHERE {} LIMIT 1)", address.size() == 1 ? list : "(" + list + ")", list,
                     name, match);
}

std::string key_join(const TargetTable& table) {
  std::vector<std::string> terms;
  const std::vector<uint32_t>& key = table.layout->key->columns;
  for (size_t i = 0; i < key.size(); ++i) terms.push_back(fmt::format("t.{} = s.k{}", column_name(table, key[i]), i));
  return join(terms, " AND ");
}

}  // namespace

std::string insert_statement(const TargetTable& table, const ColumnMask& mask, bool override_identity) {
  std::vector<std::string> names, values;
  for (uint32_t c = 0; c < mask.size(); ++c) {
    if (!mask[c]) continue;
    names.push_back(column_name(table, c));
    values.push_back(fmt::format("${}", values.size() + 1));
  }
  if (names.empty()) return fmt::format("INSERT INTO {} DEFAULT VALUES", quote_name(table.layout->ref));
  return fmt::format("INSERT INTO {} ({}){} VALUES ({})", quote_name(table.layout->ref), join(names, ", "),
                     override_identity ? " OVERRIDING SYSTEM VALUE" : "", join(values, ", "));
}

std::string update_statement(const TargetTable& table, const ColumnMask& mask, const RowFinder& finder) {
  std::vector<std::string> sets;
  for (uint32_t c = 0; c < mask.size(); ++c)
    if (mask[c]) sets.push_back(fmt::format("{} = ${}", column_name(table, c), sets.size() + 1));
  return fmt::format("UPDATE {} SET {} WHERE {}", quote_name(table.layout->ref), join(sets, ", "),
                     where(table, finder, sets.size() + 1));
}

std::string erase_statement(const TargetTable& table, const RowFinder& finder) {
  return fmt::format("DELETE FROM {} WHERE {}", quote_name(table.layout->ref), where(table, finder, 1));
}

std::string stage_definition(const TargetTable& table, const std::string& stage) {
  std::vector<std::string> columns = {"0::int AS g"};
  const std::vector<uint32_t>& key = table.layout->key->columns;
  for (size_t i = 0; i < key.size(); ++i) columns.push_back(fmt::format("{} AS k{}", column_name(table, key[i]), i));
  for (uint32_t c = 0; c < table.layout->columns.size(); ++c)
    if (!in_key(table, c)) columns.push_back(fmt::format("{} AS c{}", column_name(table, c), c));
  return fmt::format("CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS SELECT {} FROM {} WITH NO DATA",
                     stage, join(columns, ", "), quote_name(table.layout->ref));
}

std::string stage_erase(const TargetTable& table, const std::string& stage, uint32_t group) {
  return fmt::format("DELETE FROM {} AS t USING {} AS s WHERE s.g = {} AND {}", quote_name(table.layout->ref), stage,
                     group, key_join(table));
}

std::string stage_update(const TargetTable& table, const std::string& stage, uint32_t group, const ColumnMask& mask) {
  std::vector<std::string> sets;
  for (uint32_t c = 0; c < mask.size(); ++c)
    if (mask[c]) sets.push_back(fmt::format("{} = s.c{}", column_name(table, c), c));
  return fmt::format("UPDATE {} AS t SET {} FROM {} AS s WHERE s.g = {} AND {}", quote_name(table.layout->ref),
                     join(sets, ", "), stage, group, key_join(table));
}

std::string copy_columns(const TargetTable& table) {
  std::vector<std::string> names;
  for (uint32_t c = 0; c < table.layout->columns.size(); ++c) names.push_back(column_name(table, c));
  return join(names, ", ");
}

std::string values_erase(const TargetTable& table, const std::vector<std::string>& keys) {
  const std::vector<uint32_t>& key = table.layout->key->columns;
  std::vector<std::string> names;
  for (const uint32_t c : key) names.push_back(column_name(table, c));
  const bool one = key.size() == 1;
  const std::string name = one ? names.front() : "(" + join(names, ", ") + ")";
  return fmt::format("DELETE FROM {} WHERE {} IN ({})", quote_name(table.layout->ref), name,
                     one ? join(keys, ", ") : "(" + join(keys, "), (") + ")");
}

std::string values_update(const TargetTable& table, const std::vector<std::string>& rows, const ColumnMask& mask,
                          const std::vector<std::string>& types) {
  const auto typed = [&](std::string_view alias, uint32_t c) {
    return types[c].empty() ? std::string(alias) : fmt::format("CAST({} AS {})", alias, types[c]);
  };
  std::vector<std::string> aliases, sets, terms;
  const std::vector<uint32_t>& key = table.layout->key->columns;
  for (size_t i = 0; i < key.size(); ++i) {
    aliases.push_back(fmt::format("k{}", i));
    terms.push_back(fmt::format("t.{} = {}", column_name(table, key[i]), typed("s." + aliases.back(), key[i])));
  }
  for (uint32_t c = 0; c < mask.size(); ++c) {
    if (!mask[c]) continue;
    aliases.push_back(fmt::format("c{}", c));
    sets.push_back(fmt::format("{} = {}", column_name(table, c), typed("s." + aliases.back(), c)));
  }
  return fmt::format("UPDATE {} AS t SET {} FROM (VALUES ({})) AS s({}) WHERE {}", quote_name(table.layout->ref),
                     join(sets, ", "), join(rows, "), ("), join(aliases, ", "), join(terms, " AND "));
}

ColumnMask written_columns(const TargetTable& table, const RowBatch& rows, uint32_t row) {
  ColumnMask mask(table.layout->columns.size(), false);
  for (uint32_t c = 0; c < mask.size(); ++c)
    mask[c] = rows.cell(row, c).length != Cell::unchanged && !table.layout->columns[c].identity_always;
  return mask;
}

}  // namespace godwit::postgres
