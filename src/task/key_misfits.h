#pragma once
// Whether the target's foreign keys will do what the source's did and its log does not hold. Knows no server.

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "data/acting_key.h"
#include "task/context.h"

namespace godwit {

// The source's silent cascades in terms of the task's tables.
struct TiedTables {
  std::set<size_t> tables;
  std::vector<std::vector<uint32_t>> children;  // by table: those whose rows its deletes and updates change
  bool empty() const { return tables.empty(); }
};
TiedTables tied_tables(std::span<const PlannedTable> tables, const SilentCascades& source);

// The tables that would silently come to differ, and why: a key that acts on the source is missing on the target, or
// acts otherwise, or one acts there alone, with all tables that acting keys tie to it; and what hangs by its keys on
// a suspended table. `target`: the keys that act there.
std::map<size_t, std::string> key_misfits(std::span<const PlannedTable> tables, const std::vector<bool>& suspended,
                                          const SilentCascades& source, std::span<const ActingKey> target);

}  // namespace godwit
