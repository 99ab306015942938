#include <fmt/format.h>

#include "engines/postgres/rendering.h"

namespace godwit::postgres {
namespace {

using Kind = SqlPiece::Kind;

constexpr std::string_view twin = "godwit_scratch";

std::string twin_columns(const TableDef& table) {
  std::string sql;
  for (const ColumnDef& column : table.columns)
    sql += fmt::format("{}{} {}", sql.empty() ? "" : ", ", quote_name(column.name), column.type.native);
  return sql;
}

// Two steps, since names may be swapped, or taken over from a column that is left out.
std::string renamings(const TableDef& table, const PlanNames& names) {
  std::string aside, home;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const std::string& name = table.columns[i].name;
    const std::optional<std::string> wanted = names.column(table.ref, name);
    if (wanted == name) continue;
    aside += fmt::format("; ALTER TABLE {} RENAME COLUMN {} TO godwit_column_{}", twin, quote_name(name), i);
    if (wanted)
      home += fmt::format("; ALTER TABLE {} RENAME COLUMN godwit_column_{} TO {}", twin, i, quote_name(*wanted));
  }
  return aside + home;
}

struct Recipe {
  std::string create, read, prefix, suffix;  // prefix, suffix: around the clause in what is read back
};

Recipe recipe_for(const SqlPiece& piece, const TableDef& table) {
  const std::string bare = fmt::format("CREATE TEMPORARY TABLE {} ({})", twin, twin_columns(table));
  const std::string add = fmt::format("{}; ALTER TABLE {} ADD CONSTRAINT godwit_clause ", bare, twin);
  const std::string constraint =
      "FROM pg_constraint WHERE conname = 'godwit_clause' AND conrelid = 'pg_temp.godwit_scratch'::regclass";
  switch (piece.kind) {
    case Kind::expression:
      return {fmt::format("{}CHECK (({}) IS NOT NULL)", add, piece.text),
              "SELECT pg_get_expr(conbin, conrelid) " + constraint, "(", " IS NOT NULL)"};
    case Kind::constraint:
      return {add + piece.text, "SELECT pg_get_constraintdef(oid) " + constraint, "", ""};
    case Kind::index:
      return {
          fmt::format("{}; CREATE INDEX godwit_clause ON {} {}", bare, twin, piece.text),
          "SELECT substring(pg_get_indexdef('pg_temp.godwit_clause'::regclass) FROM 'godwit_scratch (USING .*)$')",
          "", ""};
    default:
      return {fmt::format("{} PARTITION BY {}", bare, piece.text),
              "SELECT pg_get_partkeydef('pg_temp.godwit_scratch'::regclass)", "", ""};
  }
}

Result<std::string> read_back(Connection& connection, const Recipe& recipe, const std::string& renaming) {
  TRY(connection.run("BEGIN"));
  const auto rewritten = [&]() -> Result<std::string> {
    TRY(connection.run(recipe.create + renaming));
    const Rows rows = TRY(connection.query(recipe.read));
    std::string text = rows.empty() ? "" : rows.text(0, 0);
    if (!text.starts_with(recipe.prefix) || !text.ends_with(recipe.suffix)) return text;
    text.resize(text.size() - recipe.suffix.size());
    return text.substr(recipe.prefix.size());
  }();
  TRY(connection.run("ROLLBACK"));
  return rewritten;
}

}  // namespace

Result<bool> rewrite(Connection& connection, std::vector<SqlPiece>& pieces, const PlanNames& names) {
  for (SqlPiece& piece : pieces) {
    if (!names_renamed_column(piece, names)) continue;
    if (piece.kind == Kind::fixed) return false;
    const TableDef& table = *names.find(piece.table)->source;
    piece.text = TRY(read_back(connection, recipe_for(piece, table), renamings(table, names)));
    piece.kind = Kind::text;
  }
  return true;
}

}  // namespace godwit::postgres
