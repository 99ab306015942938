// By which key changes are applied.

#include <fmt/format.h>

#include <algorithm>

#include "mapping/errors.h"
#include "mapping/table_draft.h"

namespace godwit {
namespace {

std::vector<std::string> names_of(const TableDef& table, const std::vector<uint32_t>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const uint32_t column : columns) names.push_back(table.columns[column].name);
  return names;
}

// Masks that make different values equal, or one value different each time, leave no key.
bool hides(const ColumnShape& shape) {
  return shape.mask && shape.mask->action != MaskAction::hash_mask;
}

const KeyRule* key_rule(TableDraft& draft) {
  const KeyRule* first = nullptr;
  for (const KeyRule& rule : draft.rules.keys) {
    if (rule.table != draft.source.ref) continue;
    if (first != nullptr)
      draft.warn(
          fmt::format("transformation rule {} (define-primary-key) has no effect: rule {} is for the same table "
                      "{}, and the lowest rule-id counts",
                      rule.id, first->id, to_string(rule.table)));
    else
      first = &rule;
  }
  return first;
}

// What the log says of an old row must suffice to find it.
bool is_in_log(const TableDef& source, uint32_t column) {
  return source.identity != RowIdentity::key ||
         (source.key && std::ranges::find(source.key->columns, column) != source.key->columns.end());
}

Result<void> plan_defined_key(TableDraft& draft, const KeyRule& rule) {
  KeyDef key{rule.name, {}, rule.origin};
  for (const std::string& name : rule.columns) {
    const std::optional<uint32_t> column = find_column(draft.source, name);
    const std::optional<uint32_t> index = column ? draft.moved_index(*column) : std::nullopt;
    if (!index) return Failure(key_column_missing(draft.source.ref, name, rule.id));
    if (draft.options.follows_changes && !is_in_log(draft.source, *column))
      return Failure(key_not_in_log(
          draft.source.ref, name, rule.id,
          names_of(draft.source, draft.source.key ? draft.source.key->columns : std::vector<uint32_t>())));
    key.columns.push_back(*index);
    draft.columns[*index].not_null = true;
  }
  draft.key = std::move(key);
  return {};
}

void plan_source_key(TableDraft& draft) {
  if (!draft.source.key) return;
  KeyDef key{draft.source.key->name, {}};
  std::vector<uint32_t> lost;
  for (const uint32_t column : draft.source.key->columns) {
    const std::optional<uint32_t> index = draft.moved_index(column);
    if (index)
      key.columns.push_back(*index);
    else
      lost.push_back(column);
  }
  if (lost.empty()) {
    draft.key = std::move(key);
    return;
  }
  draft.warn(fmt::format("table {}: key column {} is not moved, so the target has no key; {}",
                         to_string(draft.source.ref), fmt::join(names_of(draft.source, lost), ", "),
                         draft.source.identity == RowIdentity::full
                             ? "updates and deletes are matched by all moved columns, which is slow"
                             : "updates and deletes cannot be applied. Keep the column to have them applied"));
}

void drop_masked_key(TableDraft& draft) {
  if (!draft.key) return;
  std::vector<std::string> masked;
  for (const uint32_t column : draft.key->columns)
    if (hides(draft.shape.columns[column])) masked.push_back(draft.shape.columns[column].name);
  if (masked.empty()) return;
  draft.key = std::nullopt;
  draft.warn(
      fmt::format("table {}: key column {} is masked so that rows cannot be told apart by it any more, so the "
                  "target has no key; {}. Mask it with data-masking-hash-mask to keep the key",
                  to_string(draft.source.ref), fmt::join(masked, ", "),
                  draft.source.identity == RowIdentity::full
                      ? "updates and deletes are matched by all columns whose masks are not random"
                      : "updates and deletes cannot be applied"));
}

}  // namespace

Result<void> plan_key(TableDraft& draft) {
  if (const KeyRule* rule = key_rule(draft))
    TRY(plan_defined_key(draft, *rule));
  else
    plan_source_key(draft);
  drop_masked_key(draft);
  if (draft.key)
    for (const uint32_t column : draft.key->columns)
      draft.shape.columns[column].names_rows = draft.shape.columns[column].converts;
  draft.identity = draft.source.identity;
  if (!draft.key && draft.identity == RowIdentity::key) draft.identity = RowIdentity::none;
  return {};
}

}  // namespace godwit
