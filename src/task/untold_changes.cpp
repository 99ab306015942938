#include "task/untold_changes.h"

#include <algorithm>

namespace godwit {

Result<std::map<size_t, std::string>> untold_changes(const TaskContext& context, const TaskDocument& document,
                                                     Source& source) {
  std::map<size_t, std::string> out;
  if (source.log_tells_all()) return out;
  std::vector<FollowedTable> followed;
  std::map<TableRef, size_t> places;
  for (size_t t = 0; t < context.tables.size(); ++t) {
    const TableDef& table = *context.tables[t].target.source;
    const auto known = std::ranges::find(document.tables, table.ref, &TableRecord::table);
    if (known == document.tables.end() || !known->suspended.empty()) continue;
    followed.push_back({&table, known->slices});
    places[table.ref] = t;
  }
  for (UntoldChange& change : TRY(source.untold_changes(followed))) out.emplace(places.at(change.table), change.what);
  return out;
}

}  // namespace godwit
