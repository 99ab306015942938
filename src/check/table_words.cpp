#include "check/table_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mapping/row_shape.h"

namespace godwit {
namespace {

const ColumnDef* layout_column(const CheckedTable& table, std::string_view source_column) {
  const auto at = find_column(*table.plan.source, source_column);
  if (!at) return nullptr;
  const int16_t number = table.plan.source->columns[*at].number;
  for (const ColumnDef& column : table.plan.layout->columns)
    if (column.number != 0 && column.number == number) return &column;
  return nullptr;
}

bool is_secondary(const SurveyedIndex& index) {
  return !index.primary && index.valid;
}

bool same_columns(const CheckedTable& table, const SurveyedIndex& ours, const SurveyedIndex& theirs) {
  if (ours.columns.size() != theirs.columns.size() || ours.unique != theirs.unique) return false;
  for (size_t i = 0; i < ours.columns.size(); ++i)
    if (lower_utf8(target_name(table, ours.columns[i])) != lower_utf8(theirs.columns[i])) return false;
  return true;
}

std::string counted(int64_t count, std::string_view one, std::string_view many) {
  return count == 1 ? fmt::format("1 {}", one) : fmt::format("{} {}", count, many);
}

}  // namespace

bool has_key(const TableSurvey& table) {
  return std::ranges::any_of(table.indexes, [](const SurveyedIndex& index) {
    return index.unique && index.valid && index.whole && (index.primary || !index.nullable);
  });
}

bool has_primary_key(const TableSurvey& table) {
  return std::ranges::any_of(table.indexes, [](const SurveyedIndex& index) { return index.primary; });
}

std::string lacking_key(const TableSurvey& table) {
  std::vector<std::string> unfit;
  for (const SurveyedIndex& index : table.indexes)
    if (index.unique) unfit.push_back(index.name);
  if (unfit.empty()) return "no primary key and no unique constraint";
  return fmt::format(
      "no primary key, and no unique constraint that tells all of its rows apart ({}: a column may be "
      "NULL, or the constraint is not over every row and whole columns)",
      join(unfit, ", "));
}

bool in_unique_index(const TableSurvey& table, std::string_view column) {
  return std::ranges::any_of(table.indexes, [&](const SurveyedIndex& index) {
    return index.unique && std::ranges::find(index.columns, column) != index.columns.end();
  });
}

std::vector<const SurveyedIndex*> further_unique(const TableSurvey& table) {
  std::vector<const SurveyedIndex*> out;
  const SurveyedIndex* key = nullptr;
  for (const SurveyedIndex& index : table.indexes)
    if (index.unique && index.valid && (key == nullptr || (index.primary && !key->primary))) key = &index;
  for (const SurveyedIndex& index : table.indexes)
    if (index.unique && index.valid && &index != key) out.push_back(&index);
  return out;
}

std::vector<const SurveyedIndex*> secondary_indexes(const TableSurvey& table) {
  std::vector<const SurveyedIndex*> out;
  for (const SurveyedIndex& index : table.indexes)
    if (is_secondary(index)) out.push_back(&index);
  return out;
}

bool is_moved(const CheckedTable& table, const ColumnDef& column) {
  if (column.generated) return false;
  return column.number == 0 || layout_column(table, column.name) != nullptr;
}

std::string target_name(const CheckedTable& table, std::string_view source_column) {
  const ColumnDef* column = layout_column(table, source_column);
  if (column != nullptr) return column->name;
  // Computed columns do not move; the target may compute them too.
  const auto at = find_column(*table.plan.source, source_column);
  return at && table.plan.source->columns[*at].generated ? std::string(source_column) : std::string();
}

std::string computed_name(const CheckedTable& table, std::string_view source_column) {
  const auto at = find_column(*table.plan.source, source_column);
  if (!at) return std::string(source_column);
  const int16_t number = table.plan.source->columns[*at].number;
  const auto computed = std::ranges::find(table.plan.computed, number, &ColumnDef::number);
  return number == 0 || computed == table.plan.computed.end() ? std::string(source_column) : computed->name;
}

bool cut_is_value(const CheckedTable& table, std::string_view source_column) {
  const ColumnDef* column = layout_column(table, source_column);
  if (column == nullptr) return true;
  return column->type.form == ValueForm::text || column->type.form == ValueForm::bytes;
}

std::vector<std::string> key_columns(const TableDef& table) {
  std::vector<std::string> out;
  if (table.key)
    for (const uint32_t column : table.key->columns) out.push_back(table.columns[column].name);
  return out;
}

bool has_lob_rule(const TaskFacts& facts, const CheckedTable& table) {
  return std::ranges::any_of(facts.rules.table_settings, [&](const TableSettingsRule& rule) {
    return rule.table == table.plan.source->ref && rule.lobs;
  });
}

std::optional<uint64_t> lob_limit(const TaskFacts& facts, const CheckedTable& table) {
  for (const TableSettingsRule& rule : facts.rules.table_settings)
    if (rule.table == table.plan.source->ref && rule.lobs) return rule.lobs->limit_bytes;
  return plan_options(facts.settings).lob_limit_bytes;
}

std::vector<const ColumnDef*> lob_columns(const CheckedTable& table) {
  std::vector<const ColumnDef*> out;
  for (const ColumnDef& column : table.plan.source->columns)
    if (is_lob(column.type) && is_moved(table, column)) out.push_back(&column);
  return out;
}

std::vector<std::string> lacking_objects(const CheckedTable& table, const TableSurvey& there) {
  std::vector<std::string> out;
  for (const SurveyedIndex* index : secondary_indexes(table.source)) {
    // One over a column that does not move has no like there.
    const bool moves = std::ranges::none_of(
        index->columns, [&](const std::string& column) { return target_name(table, column).empty(); });
    const bool found = std::ranges::any_of(
        there.indexes, [&](const SurveyedIndex& other) { return same_columns(table, *index, other); });
    if (moves && !found) out.push_back((index->unique ? "unique index " : "index ") + index->name);
  }
  const auto keys =
      static_cast<int64_t>(table.source.foreign_keys.size()) - static_cast<int64_t>(there.foreign_keys.size());
  if (keys > 0) out.push_back(counted(keys, "foreign key", "foreign keys"));
  if (table.source.checks > there.checks)
    out.push_back(counted(table.source.checks - there.checks, "check", "checks"));
  return out;
}

}  // namespace godwit
