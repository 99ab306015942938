#include "engines/postgres/replica_identity.h"

#include <algorithm>

namespace godwit::postgres {
namespace {

bool finds_rows(const IndexFacts& index) {
  return index.valid && index.unique && index.immediate && !index.partial && index.all_not_null &&
         !index.columns.empty();
}

template <class Condition>
IdentityFacts by_index(RowIdentity identity, std::span<const IndexFacts> indexes, Condition wanted) {
  const IndexFacts* best = nullptr;
  for (const IndexFacts& index : indexes)
    if (finds_rows(index) && wanted(index) && (best == nullptr || index.name < best->name)) best = &index;
  if (best == nullptr) return {};
  return {identity, best->name, best->columns};
}

}  // namespace

IdentityFacts identity_of(char setting, std::span<const IndexFacts> indexes) {
  const auto is_primary = [](const IndexFacts& index) { return index.primary; };
  if (setting == 'd') return by_index(RowIdentity::key, indexes, is_primary);
  if (setting == 'i')
    return by_index(RowIdentity::key, indexes, [](const IndexFacts& index) { return index.replica_identity; });
  if (setting != 'f') return {};
  IdentityFacts facts = by_index(RowIdentity::full, indexes, is_primary);
  if (facts.key_columns.empty()) facts = by_index(RowIdentity::full, indexes, [](const IndexFacts&) { return true; });
  facts.identity = RowIdentity::full;
  return facts;
}

IdentityFacts identity_of_leaves(std::span<const IdentityFacts> leaves) {
  if (leaves.empty()) return {};
  const auto all = [&](auto condition) { return std::ranges::all_of(leaves, condition); };
  const std::vector<std::string>& columns = leaves.front().key_columns;
  const bool same_key =
      !columns.empty() && all([&](const IdentityFacts& leaf) { return leaf.key_columns == columns; });
  const bool all_full = all([](const IdentityFacts& leaf) { return leaf.identity == RowIdentity::full; });
  const bool none_missing = all([](const IdentityFacts& leaf) { return leaf.identity != RowIdentity::none; });
  if (all_full) return same_key ? leaves.front() : IdentityFacts{RowIdentity::full, "", {}};
  if (none_missing && same_key) return {RowIdentity::key, leaves.front().key_name, columns};
  return {};
}

void set_identity(TableDef& table, const std::unordered_map<uint32_t, IdentityFacts>& facts) {
  const IdentityFacts& own = facts.at(table.log_id);
  IdentityFacts found = own;
  if (table.partitioned && !table.leaves.empty()) {
    std::vector<IdentityFacts> leaves;
    for (const LeafDef& leaf : table.leaves) leaves.push_back(facts.at(leaf.log_id));
    found = identity_of_leaves(leaves);
    if (found.key_columns == own.key_columns) found.key_name = own.key_name;  // people know the root's index
  }
  table.identity = found.identity;
  if (found.key_columns.empty()) return;
  KeyDef key{found.key_name, {}};
  for (const std::string& name : found.key_columns)
    if (const auto column = find_column(table, name)) key.columns.push_back(*column);
  if (key.columns.size() == found.key_columns.size()) table.key = std::move(key);
}

}  // namespace godwit::postgres
