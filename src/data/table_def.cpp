#include "data/table_def.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace godwit {

std::string to_string(const TableRef& table) {
  return table.schema + "." + table.name;
}

std::string log_name(const TableRef& table) {
  return "'" + table.schema + "'.'" + table.name + "'";
}

std::string structure_fingerprint(const TableDef& table) {
  std::string text = fmt::format("{}|{}|", table.log_id, static_cast<int>(table.identity));
  for (const ColumnDef& column : table.columns)
    text += fmt::format("{}:{}:{}:{}:{}|", column.number, column.name, column.type.log_id, column.type.log_modifier,
                        column.generated);
  if (table.key)
    for (const uint32_t column : table.key->columns) text += fmt::format("k{}|", table.columns[column].number);
  std::vector<uint32_t> leaves;
  for (const LeafDef& leaf : table.leaves) leaves.push_back(leaf.log_id);
  std::ranges::sort(leaves);
  for (const uint32_t leaf : leaves) text += fmt::format("{},", leaf);
  return hex64(fnv1a(text));
}

std::optional<uint32_t> find_column(const TableDef& table, std::string_view name) {
  for (uint32_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i].name == name) return i;
  return std::nullopt;
}

}  // namespace godwit
