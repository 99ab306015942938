#include "engine/kept_columns.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace godwit {

KeptMisfits kept_misfits(const TargetTable& table, std::span<const KeptColumn> columns, bool folds_names) {
  KeptMisfits out;
  const auto same = [&](const std::string& a, const std::string& b) {
    return folds_names ? lower_utf8(a) == lower_utf8(b) : a == b;
  };
  for (const KeptColumn& column : columns) {
    if (column.computed) continue;
    const auto& written = table.layout->columns;
    const auto to = std::ranges::find_if(written, [&](const ColumnDef& one) { return same(one.name, column.name); });
    if (to != written.end()) {
      if (column.not_null && !to->not_null) out.refuse_nulls.push_back(column.name);
    } else if (std::ranges::any_of(table.unwritten,
                                   [&](const std::string& name) { return same(name, column.name); })) {
      out.stay_null.push_back(column.name);
    } else if (column.not_null && !column.fills_itself) {
      out.want_values.push_back(column.name);
    }
  }
  return out;
}

namespace errors {

Error columns_stay_null(const TableRef& table, std::span<const std::string> columns) {
  return {ErrorKind::prerequisite, "target.columns_stay_null",
          fmt::format("the source computes {0}, and in the target's table {1} these are plain columns, which nothing "
                      "would write: they would stay empty. Have the target compute them (GENERATED ALWAYS AS), or "
                      "drop them there, or leave them out by remove-column rules.",
                      fmt::join(columns, ", "), to_string(table)),
          ""};
}
Error columns_want_values(const TableRef& table, std::span<const std::string> columns) {
  return {
      ErrorKind::prerequisite, "target.columns_want_values",
      fmt::format("the target's table {} would refuse every row: {} NOT NULL without a default, and the task "
                  "writes nothing there. Give each a default, or drop NOT NULL, or have a rule add a value "
                  "(add-column).",
                  to_string(table),
                  columns.size() == 1 ? columns.front() + " is" : fmt::format("{} are", fmt::join(columns, ", "))),
      ""};
}
Error columns_refuse_nulls(const TableRef& table, std::span<const std::string> columns) {
  return {
      ErrorKind::prerequisite, "target.columns_refuse_nulls",
      fmt::format("the target's table {} would refuse rows that the source may hold: {} NOT NULL there, and may "
                  "be NULL on the source. Such rows are parked, or fail the load; where there are any, drop NOT "
                  "NULL on the target.",
                  to_string(table),
                  columns.size() == 1 ? columns.front() + " is" : fmt::format("{} are", fmt::join(columns, ", "))),
      ""};
}

}  // namespace errors
}  // namespace godwit
