#include "suite.h"

#include <algorithm>

namespace godwit::conformance {
namespace {

std::string shown(const Value& value) {
  if (!value) return "NULL";
  return value->size() > 200 ? value->substr(0, 200) + "… (" + std::to_string(value->size()) + " bytes)" : *value;
}

std::string shown(const Row& row) {
  std::string out;
  for (size_t i = 0; i < row.size() && i < 20; ++i) out += (i > 0 ? " | " : "") + shown(row[i]);
  return out;
}

}  // namespace

// Names the first row that differs instead of printing both tables.
void expect_equal(Pair& quirks, const TableSpec& table) {
  const std::vector<Row> wanted = quirks.comparable_rows(Side::source, table),
                         found = quirks.comparable_rows(Side::target, table);
  const auto [at, other] = std::ranges::mismatch(wanted, found);
  if (at == wanted.end() && other == found.end()) return;
  ADD_FAILURE() << "table " << to_string(table.ref) << ": " << wanted.size() << " rows on the source, "
                << found.size()
                << " on the target; first difference:\n  source: " << (at == wanted.end() ? "none" : shown(*at))
                << "\n  target: " << (other == found.end() ? "none" : shown(*other));
}

}  // namespace godwit::conformance
