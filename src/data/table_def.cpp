#include "data/table_def.h"

namespace godwit {

std::string to_string(const TableRef& table) { return table.schema + "." + table.name; }

std::string log_name(const TableRef& table) { return "'" + table.schema + "'.'" + table.name + "'"; }

std::optional<uint32_t> find_column(const TableDef& table, std::string_view name) {
  for (uint32_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i].name == name) return i;
  return std::nullopt;
}

}  // namespace godwit
