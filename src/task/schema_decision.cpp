#include "task/schema_decision.h"

#include <algorithm>
#include <set>

namespace godwit {
namespace {

std::vector<int16_t> key_numbers(const TableDef& table) {
  std::vector<int16_t> out;
  if (table.key)
    for (const uint32_t c : table.key->columns) out.push_back(table.columns[c].number);
  return out;
}

std::set<uint32_t> leaf_ids(const TableDef& table) {
  std::set<uint32_t> out;
  for (const LeafDef& leaf : table.leaves) out.insert(leaf.log_id);
  return out;
}

bool same_column(const ColumnDef& a, const ColumnDef& b) {
  return a.number == b.number && a.name == b.name && a.type.log_id == b.type.log_id &&
         a.type.log_modifier == b.type.log_modifier && a.not_null == b.not_null && a.generated == b.generated &&
         a.identity_always == b.identity_always && a.when_absent == b.when_absent && a.absent_text == b.absent_text;
}

bool same_columns(const TableDef& a, const TableDef& b) {
  return std::ranges::equal(a.columns, b.columns, same_column);
}

// A column that is computed no longer keeps its values on the source; the target's, or those that it lacks, are
// others.
bool ends_computing(const TableDef& before, const TableDef& after) {
  return std::ranges::any_of(before.columns, [&](const ColumnDef& column) {
    const auto now = std::ranges::find(after.columns, column.number, &ColumnDef::number);
    return column.generated && now != after.columns.end() && !now->generated;
  });
}

}  // namespace

SchemaAction decide(const TableDef& before, const SchemaChange& change) {
  const TableDef& after = change.table;
  const bool found_alike = before.identity == after.identity && before.logged == after.logged &&
                           key_numbers(before) == key_numbers(after) && before.partitioned == after.partitioned;
  // Under its new name it could not be looked up by the one that is known.
  if (!found_alike || change.replaced)
    return before.ref == after.ref ? SchemaAction::reload : SchemaAction::alter_and_reload;
  const std::set<uint32_t> leaves_before = leaf_ids(before), leaves_after = leaf_ids(after);
  if (leaves_before != leaves_after) {
    // A partition that is made is empty; one that is attached or detached brings or takes rows.
    const bool only_new = std::ranges::includes(leaves_after, leaves_before) && change.command == "CREATE TABLE";
    if (!only_new) return SchemaAction::reload;
    return SchemaAction::alter;
  }
  if (change.rewritten || ends_computing(before, after)) return SchemaAction::alter_and_reload;
  const bool same_names =
      before.ref == after.ref && std::ranges::equal(before.leaves, after.leaves, {}, &LeafDef::ref, &LeafDef::ref);
  return same_names && before.collation == after.collation && same_columns(before, after) ? SchemaAction::none
                                                                                          : SchemaAction::alter;
}

TargetTable without_alteration(const TargetTable& before, const TargetTable& plan) {
  TableDef read = *plan.read, layout = *before.layout;
  read.columns.clear();
  layout.columns.clear();
  layout.key.reset();
  for (const ColumnDef& column : plan.read->columns) {
    const auto at = std::ranges::find(before.read->columns, column.number, &ColumnDef::number);
    if (at == before.read->columns.end()) continue;
    read.columns.push_back(column);
    layout.columns.push_back(before.layout->columns[static_cast<size_t>(at - before.read->columns.begin())]);
  }
  const auto key_of = [](const std::vector<int16_t>& numbers, const TableDef& table) -> std::optional<KeyDef> {
    KeyDef key;
    for (const int16_t number : numbers) {
      const auto at = std::ranges::find(table.columns, number, &ColumnDef::number);
      if (at == table.columns.end()) return std::nullopt;
      key.columns.push_back(static_cast<uint32_t>(at - table.columns.begin()));
    }
    return numbers.empty() ? std::nullopt : std::optional(key);
  };
  read.key = key_of(key_numbers(*plan.read), read);
  layout.key = key_of(key_numbers(*plan.read), read);  // the same columns in the same order
  TargetTable out = plan;
  out.read = std::make_shared<TableDef>(std::move(read));
  out.layout = std::make_shared<TableDef>(std::move(layout));
  return out;
}

TableDef renumbered(TableDef made_for, const TableDef& before, const TableDef& now) {
  for (ColumnDef& column : made_for.columns) {
    const auto at = std::ranges::find(before.columns, column.number, &ColumnDef::number);
    const auto place = static_cast<size_t>(at - before.columns.begin());
    column.number = place < now.columns.size() ? now.columns[place].number : int16_t{0};
  }
  made_for.last_number = now.last_number;
  return made_for;
}

}  // namespace godwit
