#include "data/acting_key.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace godwit {
namespace {

bool means_the_same(ActingKey a, const ActingKey& b) {
  a.name = b.name;
  return a == b;
}

void rename_column(std::string& name, const TableDef& before, const TableDef& after) {
  const auto was = std::ranges::find_if(
      before.columns, [&](const ColumnDef& column) { return lower_utf8(column.name) == lower_utf8(name); });
  if (was == before.columns.end()) return;
  const auto now = std::ranges::find(after.columns, was->number, &ColumnDef::number);
  if (now != after.columns.end()) name = now->name;
}

}  // namespace

SilentCascades silent_cascades_of(std::span<const ActingKey> keys) {
  std::set<TableRef> touched;
  SilentCascades out;
  for (const ActingKey& key : keys) {
    if (!key.acts()) continue;
    out.keys.push_back(key);
    touched.insert({key.child, key.parent});
  }
  for (bool grown = true; grown;) {
    grown = false;
    for (const ActingKey& key : keys) {
      if (touched.contains(key.child) == touched.contains(key.parent)) continue;
      touched.insert({key.child, key.parent});
      grown = true;
    }
  }
  out.tied.assign(touched.begin(), touched.end());
  return out;
}

std::vector<ActingKey> keys_after(std::vector<ActingKey> keys, const TableRef& child, const KeyChanges& changes) {
  const auto erase_named = [&](std::string_view name) {
    return std::erase_if(keys, [&](const ActingKey& key) {
             return key.child == child && lower_utf8(key.name) == lower_utf8(name);
           }) > 0;
  };
  for (const std::string& name : changes.dropped)
    if (!erase_named(name)) erase_named("");
  for (const ActingKey& made : changes.made) {
    if (!made.name.empty()) erase_named(made.name);
    if (std::ranges::none_of(keys, [&](const ActingKey& key) { return means_the_same(key, made); }))
      keys.push_back(made);
  }
  return keys;
}

void rename_in_keys(std::vector<ActingKey>& keys, const TableDef& before, const TableDef& after) {
  for (ActingKey& key : keys) {
    const bool is_child = key.child == before.ref, is_parent = key.parent == before.ref;
    for (auto& [own, other] : key.columns) {
      if (is_child) rename_column(own, before, after);
      if (is_parent) rename_column(other, before, after);
    }
    if (is_child) key.child = after.ref;
    if (is_parent) key.parent = after.ref;
  }
}

}  // namespace godwit
