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
  const auto number = [&](size_t column) {
    return table.last_number == 0 ? static_cast<size_t>(table.columns[column].number) : column + 1;
  };
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const ColumnDef& column = table.columns[c];
    text += fmt::format("{}:{}:{}:{}:{}|", number(c), column.name, column.type.log_id, column.type.log_modifier,
                        column.generated);
  }
  if (table.key)
    for (const uint32_t column : table.key->columns) text += fmt::format("k{}|", number(column));
  std::vector<uint32_t> leaves;
  for (const LeafDef& leaf : table.leaves) leaves.push_back(leaf.log_id);
  std::ranges::sort(leaves);
  for (const uint32_t leaf : leaves) text += fmt::format("{},", leaf);
  return hex64(fnv1a(text));
}

bool same_absent_values(const TableDef& a, const TableDef& b) {
  return std::ranges::equal(a.columns, b.columns, [](const ColumnDef& left, const ColumnDef& right) {
    return left.when_absent == right.when_absent && left.absent_text == right.absent_text;
  });
}

std::optional<uint32_t> find_column(const TableDef& table, std::string_view name) {
  for (uint32_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i].name == name) return i;
  return std::nullopt;
}

}  // namespace godwit
