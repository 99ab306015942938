#include "engines/mysql/key_building.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engines/mysql/constraints.h"
#include "engines/mysql/create_table.h"
#include "engines/mysql/structure.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

Result<Rows> columns_of_index(Connection& session, const TableRef& table, std::string_view index) {
  return session.query(
      fmt::format("SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} "
                  "AND INDEX_NAME = {} ORDER BY SEQ_IN_INDEX",
                  quote_literal(table.schema), quote_literal(table.name), quote_literal(index)));
}

std::string parts_of(const CarriedIndex& index) {
  std::vector<std::string> out;
  for (const CarriedIndex::Part& part : index.parts)
    out.push_back(fmt::format("{}{}{}", quote_name(part.column->name),
                              part.prefix ? fmt::format("({})", *part.prefix) : "", part.descending ? " DESC" : ""));
  return join(out, ", ");
}

std::string_view action_name(ForeignKeyMeaning::Action action) {
  switch (action) {
    case ForeignKeyMeaning::Action::cascade:
      return "CASCADE";
    case ForeignKeyMeaning::Action::set_null:
      return "SET NULL";
    case ForeignKeyMeaning::Action::restrict:
      return "RESTRICT";
    default:
      return "NO ACTION";
  }
}

std::string names_of(const std::vector<const ColumnDef*>& columns) {
  std::vector<std::string> out;
  for (const ColumnDef* column : columns) out.push_back(quote_name(column->name));
  return join(out, ", ");
}

bool has_no_end(const ColumnDef& column) {
  const std::string type = lower_ascii(column.type.native), word = type.substr(0, type.find_first_of(" ("));
  return word.ends_with("text") || word.ends_with("blob");
}

// The name under which the constraint stands, or is to; empty: it is there. Names belong to the whole database.
Result<std::string> free_name(Connection& session, const TableRef& table, std::string_view wanted,
                              std::string_view type) {
  const std::string names[] = {fitting_name(wanted), fitting_name(fmt::format("{}_{}", table.name, wanted))};
  for (const std::string& name : names) {
    const Rows rows = TRY(session.query(
        fmt::format("SELECT TABLE_NAME, @@lower_case_table_names FROM information_schema.TABLE_CONSTRAINTS WHERE "
                    "CONSTRAINT_SCHEMA = {} AND CONSTRAINT_NAME = {} AND CONSTRAINT_TYPE = '{}'",
                    quote_literal(table.schema), quote_literal(name), type)));
    if (rows.empty()) return name;
    // MariaDB's checks are their tables' own: there may be others of the name.
    for (size_t row = 0; row < rows.size(); ++row)
      if (rows.get(row, 0) == table.name ||
          (rows.integer(row, 1) != 0 && lower_utf8(rows.get(row, 0)) == lower_utf8(table.name)))
        return std::string();
  }
  return names[1];  // and the server says that it is taken
}

}  // namespace

Result<bool> build_primary_key(Connection& session, const CarriedIndex& index) {
  const TableRef& table = index.table->layout->ref;
  const Rows rows = TRY(columns_of_index(session, table, "PRIMARY"));
  bool same = rows.size() == index.parts.size();
  for (size_t i = 0; i < rows.size() && same; ++i)
    same = lower_utf8(rows.get(i, 0)) == lower_utf8(index.parts[i].column->name);
  if (same) return false;
  if (rows.empty()) {
    TRY(session.run(fmt::format("ALTER TABLE {} ADD PRIMARY KEY ({})", quote_name(table), parts_of(index))));
    return true;
  }
  // Rows are found by another key, in whose order they lie: this one is as good as a unique one.
  const bool nameless = lower_utf8(index.name) == "primary";  // of the family: no other key may have the name
  const std::string name = fitting_name(nameless ? table.name + "_primary" : index.name);
  const Rows own = TRY(columns_of_index(session, table, name));
  if (!own.empty()) return false;
  TRY(session.run(
      fmt::format("ALTER TABLE {} ADD UNIQUE INDEX {} ({})", quote_name(table), quote_name(name), parts_of(index))));
  return true;
}

Result<bool> build_index(Connection& session, const CarriedIndex& index) {
  if (index.kind == IndexMeaning::Kind::primary) return build_primary_key(session, index);
  const TableRef& table = index.table->layout->ref;
  const std::string name = fitting_name(index.name);
  const Rows there = TRY(columns_of_index(session, table, name));
  if (!there.empty()) return false;
  const std::string_view kind = index.kind == IndexMeaning::Kind::unique         ? "UNIQUE "
                                : index.method == IndexMeaning::Method::fulltext ? "FULLTEXT "
                                : index.method == IndexMeaning::Method::spatial  ? "SPATIAL "
                                                                                 : "";
  TRY(session.run(
      fmt::format("ALTER TABLE {} ADD {}INDEX {} ({})", quote_name(table), kind, quote_name(name), parts_of(index))));
  return true;
}

// The session does not enforce keys, so the server looks at no row: that is done here, by a query, and the key is
// added without a copy of the table.
Result<bool> build_foreign_key(Connection& session, const CarriedForeignKey& key) {
  const std::string name = TRY(free_name(session, key.table->layout->ref, key.name, "FOREIGN KEY"));
  if (name.empty()) return false;
  const TableRef &table = key.table->layout->ref, &other = key.other->layout->ref;
  // A key's own columns get a length that keys may have; those that refer to it are planned without a look at it.
  for (size_t i = 0; i < key.columns.size(); ++i)
    if (has_no_end(*key.columns[i]))
      return Failure(errors::key_without_length(name, table, *key.columns[i], *key.other_columns[i]));
  KeyColumns columns{name, table, other, {}, {}};
  for (const ColumnDef* column : key.columns) columns.columns.push_back(column->name);
  for (const ColumnDef* column : key.other_columns) columns.other_columns.push_back(column->name);
  const uint64_t orphans = TRY(count_orphans_of(session, columns));
  if (orphans > 0) return Failure(errors::orphans_in_the_way(name, table, orphans));
  TRY(session.run(
      fmt::format("ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {} ON UPDATE {}",
                  quote_name(table), quote_name(name), names_of(key.columns), quote_name(other),
                  names_of(key.other_columns), action_name(key.on_delete), action_name(key.on_update))));
  return true;
}

Result<bool> build_check(Connection& session, const CarriedCheck& check) {
  if (!has_checks(session.traits())) return false;
  const TableRef& table = check.table->layout->ref;
  const std::string name = TRY(free_name(session, table, check.name, "CHECK"));
  if (name.empty()) return false;
  TRY(session.run(fmt::format("ALTER TABLE {} ADD CONSTRAINT {} CHECK ({})", quote_name(table), quote_name(name),
                              check.condition)));
  return true;
}

}  // namespace godwit::mysql
