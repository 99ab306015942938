#include "engines/postgres/segments.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/filter_sql.h"

namespace godwit::postgres {
namespace {

// ((c1 < v1) OR (c1 = v1 AND c2 < v2) …)
std::string below(const std::vector<Comparable>& columns, const std::vector<std::string>& boundary) {
  std::vector<std::string> ways;
  std::string equal_so_far;
  for (size_t c = 0; c < columns.size(); ++c) {
    const std::string column = columns[c].column + columns[c].collate;
    const std::string value = typed_literal(columns[c], boundary[c]);
    ways.push_back(fmt::format("({}{} < {})", equal_so_far, column, value));
    equal_so_far += fmt::format("{} = {} AND ", column, value);
  }
  return "(" + join(ways, " OR ") + ")";
}

}  // namespace

Result<std::vector<std::string>> segment_bounds(const TableDef& table, const ParallelLoad& how) {
  std::vector<Comparable> columns;
  std::string present;
  for (const std::string& name : how.columns) {
    const auto at = find_column(table, name);
    if (!at) return Failure(errors::segment_column_missing(table.ref, name));
    columns.push_back(comparable(table.columns[*at], ""));
    if (!table.columns[*at].not_null) present += fmt::format(" AND {} IS NOT NULL", quote_name(name));
  }
  std::vector<std::string> out;
  for (size_t i = 0; i <= how.boundaries.size(); ++i) {
    std::string condition = "true";
    if (i > 0) condition = "NOT " + below(columns, how.boundaries[i - 1]);
    if (i < how.boundaries.size()) condition += " AND " + below(columns, how.boundaries[i]);
    out.push_back("?" + condition + present);
  }
  return out;
}

}  // namespace godwit::postgres
