#include "engines/mysql/target_catalog.h"

#include <fmt/format.h>

#include "engines/mysql/type_class.h"

namespace godwit::mysql {

Result<std::vector<TableRef>> TargetCatalog::list_tables() {
  const Rows rows =
      TRY(session_.query("SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE "
                         "TABLE' AND TABLE_SCHEMA "
                         "NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1, 2"));
  std::vector<TableRef> out;
  for (size_t row = 0; row < rows.size(); ++row) out.push_back({rows.text(row, 0), rows.text(row, 1)});
  return out;
}

Result<std::vector<TableDef>> TargetCatalog::describe(std::span<const TableRef> tables) {
  std::vector<TableDef> out;
  for (const TableRef& table : tables) {
    const Rows rows = TRY(session_.query(fmt::format(
        "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, "
        "DATETIME_PRECISION, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE FROM information_schema.COLUMNS WHERE "
        "TABLE_SCHEMA = {} AND TABLE_NAME = {} ORDER BY ORDINAL_POSITION",
        quote_literal(table.schema), quote_literal(table.name))));
    if (rows.empty()) continue;
    TableDef definition;
    definition.ref = table;
    for (size_t row = 0; row < rows.size(); ++row) {
      const auto number = [&](size_t column) {
        return rows.is_null(row, column) ? std::nullopt : std::optional<uint64_t>(rows.unsigned_integer(row, column));
      };
      ColumnDef column;
      column.name = rows.text(row, 0);
      column.type = type_of({rows.text(row, 1), rows.text(row, 2), number(3), number(4), number(5), number(6),
                             rows.text(row, 7), rows.text(row, 8), std::nullopt});
      column.not_null = rows.get(row, 9) == "NO";
      column.number = static_cast<int16_t>(row + 1);
      definition.columns.push_back(std::move(column));
    }
    out.push_back(std::move(definition));
  }
  return out;
}

}  // namespace godwit::mysql
