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

TableDef carried_out(TableDef made_for, const TableDef& before, const TableDef& after) {
  const auto in = [](const TableDef& table, int16_t number) {
    const auto at = std::ranges::find(table.columns, number, &ColumnDef::number);
    return at == table.columns.end() ? nullptr : &*at;
  };
  std::erase_if(made_for.columns, [&](const ColumnDef& column) { return in(after, column.number) == nullptr; });
  for (ColumnDef& column : made_for.columns) {
    const ColumnDef *was = in(before, column.number), *is = in(after, column.number);
    if (was == nullptr || !same_column(*was, *is)) column = *is;
  }
  for (const ColumnDef& column : after.columns)
    if (in(before, column.number) == nullptr) made_for.columns.push_back(column);
  if (before.ref != after.ref) made_for.ref = after.ref;
  if (before.collation != after.collation) made_for.collation = after.collation;
  const auto leaf_in = [](const TableDef& table, uint32_t log_id) {
    const auto at = std::ranges::find(table.leaves, log_id, &LeafDef::log_id);
    return at == table.leaves.end() ? nullptr : &*at;
  };
  std::vector<LeafDef> leaves;
  for (const LeafDef& leaf : after.leaves) {
    const LeafDef *was = leaf_in(before, leaf.log_id), *kept = leaf_in(made_for, leaf.log_id);
    leaves.push_back(kept != nullptr && was != nullptr && was->ref == leaf.ref ? *kept : leaf);
  }
  made_for.leaves = std::move(leaves);
  made_for.last_number = after.last_number;
  made_for.key.reset();
  if (!after.key) return made_for;
  made_for.key = KeyDef{after.key->name, {}};
  for (const uint32_t c : after.key->columns) {
    const auto at = std::ranges::find(made_for.columns, after.columns[c].number, &ColumnDef::number);
    made_for.key->columns.push_back(static_cast<uint32_t>(at - made_for.columns.begin()));
    if (at == made_for.columns.end()) return made_for.key.reset(), made_for;
  }
  return made_for;
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
