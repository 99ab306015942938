#pragma once
// Foreign keys that change or delete rows by themselves, as their own server names tables and columns.

#include <string>
#include <utility>
#include <vector>

#include "data/table_def.h"

namespace godwit {

struct ActingKey {
  TableRef child, parent;                                    // the table it stands on, and the one that it points to
  std::vector<std::pair<std::string, std::string>> columns;  // the child's and the parent's, in the key's order
  // "CASCADE", "SET NULL", "SET DEFAULT", or empty: nothing is done (RESTRICT, NO ACTION).
  std::string on_delete, on_update;

  bool acts() const { return !on_delete.empty() || !on_update.empty(); }
  bool operator==(const ActingKey&) const = default;
};

// What a source's log is silent about (MySQL: what foreign keys did).
struct SilentCascades {
  std::vector<TableRef> tied;   // the tables that such keys, and keys between those, tie together
  std::vector<ActingKey> keys;  // those that act, between two of the tables asked about
};

}  // namespace godwit
