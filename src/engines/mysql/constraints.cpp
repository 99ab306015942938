#include "engines/mysql/constraints.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace godwit::mysql {

TableRef same_name(const TableRef& table, bool folds) {
  return folds ? TableRef{lower_utf8(table.schema), lower_utf8(table.name)} : table;
}

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

namespace {

std::string action_of(std::string_view rule) {
  return rule == "RESTRICT" || rule == "NO ACTION" ? std::string() : std::string(rule);
}

// Tables by what the server takes for the same name.
class Names {
 public:
  Names(std::span<const TableRef> tables, bool folded) : folded_(folded) {
    for (const TableRef& table : tables) names_[same_name(table, folded_)] = table;
  }
  TableRef own(TableRef table) const {
    const auto known = names_.find(same_name(table, folded_));
    return known == names_.end() ? table : known->second;
  }
  bool has(const TableRef& table) const { return names_.contains(same_name(table, folded_)); }
  std::string fold(std::string_view name) const { return folded_ ? lower_utf8(name) : std::string(name); }

 private:
  bool folded_;
  std::map<TableRef, TableRef> names_;
};

// Two plain questions: as a join old servers open every table again for each row.
Result<void> read_keys_of(Connection& session, std::string_view schema, const Names& names,
                          std::vector<ActingKey>& out) {
  const Rows rules = TRY(session.query(
      fmt::format("SELECT TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE FROM "
                  "information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = {} ORDER BY 1, 2",
                  quote_literal(schema))));
  if (rules.empty()) return {};
  const Rows columns = TRY(session.query(
      fmt::format("SELECT TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, COLUMN_NAME, "
                  "REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = {} AND "
                  "REFERENCED_TABLE_NAME IS NOT NULL ORDER BY 1, 2, ORDINAL_POSITION",
                  quote_literal(schema))));
  std::map<std::pair<std::string, std::string>, ActingKey> keys;
  for (size_t row = 0; row < columns.size(); ++row) {
    ActingKey& key = keys[{names.fold(columns.get(row, 0)), lower_utf8(columns.get(row, 1))}];
    key.parent = names.own({columns.text(row, 2), columns.text(row, 3)});
    key.columns.emplace_back(columns.text(row, 4), columns.text(row, 5));
  }
  for (size_t row = 0; row < rules.size(); ++row) {
    const TableRef child{std::string(schema), rules.text(row, 0)};
    const auto known = keys.find({names.fold(child.name), lower_utf8(rules.get(row, 1))});
    if (known == keys.end() || !names.has(child)) continue;
    ActingKey key = known->second;
    key.child = names.own(child);
    key.on_delete = action_of(rules.get(row, 2));
    key.on_update = action_of(rules.get(row, 3));
    key.name = rules.text(row, 1);
    out.push_back(std::move(key));
  }
  return {};
}

}  // namespace

Result<std::vector<ActingKey>> keys_on(Connection& session, std::span<const TableRef> tables) {
  const Rows setting = TRY(session.query("SELECT @@lower_case_table_names"));
  const Names names(tables, setting.integer(0, 0) != 0);
  std::map<std::string, std::string> schemas;
  for (const TableRef& table : tables) schemas.emplace(names.fold(table.schema), table.schema);
  std::vector<ActingKey> out;
  for (const auto& [folded, schema] : schemas) TRY(read_keys_of(session, schema, names, out));
  return out;
}

Result<std::vector<ActingKey>> keys_between(Connection& session, std::span<const TableRef> tables) {
  std::vector<ActingKey> out = TRY(keys_on(session, tables));
  std::erase_if(out, [&](const ActingKey& key) { return std::ranges::find(tables, key.parent) == tables.end(); });
  return out;
}

}  // namespace godwit::mysql
