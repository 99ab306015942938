#include "engines/memory/object_builder.h"

#include <algorithm>

#include "engines/memory/catalog.h"
#include "engines/memory/errors.h"

namespace godwit::memory {
namespace {

const TargetTable* find_plan(const TableRef& source, std::span<const TargetTable> tables) {
  const auto at = std::ranges::find_if(tables, [&](const TargetTable& table) { return table.source->ref == source; });
  return at == tables.end() ? nullptr : &*at;
}

bool build_table(State& state, const TargetTable& plan) {
  const TableRef& ref = plan.layout->ref;
  if (state.tables.contains(ref)) return false;
  TableDef def = *plan.layout;
  def.key.reset();
  def.identity = RowIdentity::none;
  def.partitioned = false;
  def.leaves.clear();
  for (ColumnDef& column : def.columns) column.not_null = false;
  for (size_t i = 0; i < def.columns.size(); ++i) def.columns[i].not_null = plan.layout->columns[i].not_null;
  Table table{TableContent(std::make_shared<const TableDef>(std::move(def)), {}), state.next_number++,
              state.next_number++, 0, 0};
  state.tables.emplace(ref, std::move(table));
  return true;
}

// The object's columns under their target names, as indexes into the target table.
Result<KeyDef> target_key(const ObjectDef& object, const TargetTable& plan, const TableDef& def) {
  KeyDef key{object.name, {}};
  for (const SqlPiece& piece : object.create) {
    const auto read = find_column(*plan.read, piece.text);
    const auto at = read ? find_column(def, plan.layout->columns[*read].name) : std::nullopt;
    if (!at) return Failure(errors::no_column(def.ref, piece.text));
    key.columns.push_back(*at);
  }
  return key;
}

Result<bool> build_key(State& state, const ObjectDef& object, const TargetTable& plan) {
  Table& table = *TRY(state.find_table(plan.layout->ref));
  const TableDef& def = *table.content.def();
  const bool primary = object.kind == primary_key_kind;
  const std::vector<KeyDef> unique = table.content.unique_keys();
  const bool there =
      primary ? def.key.has_value() : std::ranges::find(unique, object.name, &KeyDef::name) != unique.end();
  if (there) return false;
  KeyDef key = TRY(target_key(object, plan, def));
  if (primary)
    TRY(table.content.add_primary_key(std::move(key)));
  else
    TRY(table.content.add_unique_key(std::move(key)));
  table.version = state.next_number++;
  return true;
}

}  // namespace

Result<bool> build_object(State& state, const ObjectDef& object, std::span<const TargetTable> tables) {
  const TargetTable* plan = find_plan(object.table, tables);
  if (plan == nullptr) return Failure(errors::wrong_object(object.kind, object.name));
  if (object.kind == table_kind) return build_table(state, *plan);
  if (object.kind == primary_key_kind || object.kind == unique_key_kind) return build_key(state, object, *plan);
  return Failure(errors::wrong_object(object.kind, object.name));
}

}  // namespace godwit::memory
