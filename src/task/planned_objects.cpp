#include "task/planned_objects.h"

#include <fmt/format.h>

#include <algorithm>

#include "mapping/row_shape.h"

namespace godwit {
namespace {

bool is_masked(const TargetTable& table, std::string_view name) {
  return std::ranges::any_of(table.shape->columns, [&](const ColumnShape& column) {
    return column.from == ColumnShape::From::read && column.mask && column.mask->action != MaskAction::hash_mask &&
           column.name == name;
  });
}

bool names_masked_column(const ObjectDef& object, const TargetTable& table) {
  if (!table.shape) return false;
  const auto masked = [&](std::string_view name) { return is_masked(table, name); };
  const auto* index = object.meaning ? std::get_if<IndexMeaning>(object.meaning.get()) : nullptr;
  if (index != nullptr && std::ranges::any_of(index->parts, masked, &IndexMeaning::Part::column)) return true;
  return std::ranges::any_of(object.create,
                             [&](const SqlPiece& piece) { return std::ranges::any_of(piece.columns, masked); });
}

}  // namespace

Result<std::vector<ObjectDef>> planned_objects(Source& source, Target& target, std::span<const TargetTable> tables,
                                               std::vector<std::string>& left_out) {
  std::vector<TableDef> definitions;
  for (const TargetTable& table : tables) definitions.push_back(*table.source);
  std::vector<ObjectDef> objects = TRY(source.catalog().read_objects(definitions));
  std::erase_if(objects, [&](const ObjectDef& object) {
    const auto table =
        std::ranges::find_if(tables, [&](const TargetTable& t) { return t.source->ref == object.table; });
    if (object.phase != ObjectPhase::keys || table == tables.end()) return false;
    if (object.kind == "primary key" && table->layout->key &&
        table->layout->key->origin == KeyDef::Origin::primary_key)
      return true;
    const bool masked = names_masked_column(object, *table);
    if (masked)
      left_out.push_back(fmt::format("Left out: {} {} on table {}, since a mask makes its values equal.", object.kind,
                                     object.name, to_string(object.table)));
    return masked;
  });
  for (ObjectDef& key : target.planned_objects(tables)) objects.push_back(std::move(key));
  return objects;
}

}  // namespace godwit
