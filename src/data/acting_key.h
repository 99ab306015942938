#pragma once
// Foreign keys that change or delete rows by themselves, as their own server names tables and columns. Pure.

#include <span>
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
  std::string name = {};  // empty: not known

  bool acts() const { return !on_delete.empty() || !on_update.empty(); }
  bool operator==(const ActingKey&) const = default;
};

// What a source's log is silent about (MySQL: what foreign keys did).
struct SilentCascades {
  std::vector<TableRef> tied;   // the tables that such keys, and keys between those, tie together
  std::vector<ActingKey> keys;  // those that act
};

SilentCascades silent_cascades_of(std::span<const ActingKey> keys);

// What a command did to the foreign keys of a table.
struct KeyChanges {
  std::vector<std::string> dropped;  // by name; constraints of other kinds may be among them
  std::vector<ActingKey> made;
  bool empty() const { return dropped.empty() && made.empty(); }
};

// `keys` behind the command. A name that is not among them is taken for one that nobody told (ActingKey::name).
std::vector<ActingKey> keys_after(std::vector<ActingKey> keys, const TableRef& child, const KeyChanges& changes);

// `keys` in the names that a table and its columns have behind a structure change; columns are matched by number.
void rename_in_keys(std::vector<ActingKey>& keys, const TableDef& before, const TableDef& after);

}  // namespace godwit
