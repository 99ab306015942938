#include "engines/memory/catalog.h"

#include <algorithm>
#include <set>

namespace godwit::memory {
namespace {

bool is_ours(const TableRef& table) {
  return table.name.starts_with("awsdms_") || table.name.starts_with("godwit_");
}

uint64_t bytes_of(const std::vector<StoredRow>& rows) {
  uint64_t bytes = 0;
  for (const StoredRow& row : rows)
    for (const auto& value : *row) bytes += value ? value->size() : 1;
  return bytes;
}

ObjectDef object_of(ObjectPhase phase, std::string_view kind, const std::string& name, const TableRef& table) {
  ObjectDef object;
  object.phase = phase;
  object.kind = std::string(kind);
  object.name = name;
  object.table = table;
  object.dialect = std::string(dialect);
  return object;
}

ObjectDef table_object(const TableRef& table) {
  ObjectDef object = object_of(ObjectPhase::tables, table_kind, table.name, table);
  object.create.push_back({SqlPiece::Kind::table, "", table, {}});
  return object;
}

SurveyedIndex surveyed(const TableDef& table, const KeyDef& key, bool primary) {
  SurveyedIndex index;
  index.name = key.name;
  index.primary = primary;
  index.unique = index.constraint = true;
  for (const uint32_t column : key.columns) {
    index.columns.push_back(table.columns[column].name);
    index.nullable = index.nullable || !table.columns[column].not_null;
  }
  return index;
}

ObjectDef key_object(const TableDef& table, std::string_view kind, const KeyDef& key) {
  ObjectDef object = object_of(ObjectPhase::keys, kind, key.name, table.ref);
  for (const uint32_t column : key.columns)
    object.create.push_back({SqlPiece::Kind::column, table.columns[column].name, table.ref, {}});
  return object;
}

}  // namespace

Result<std::vector<TableRef>> MemoryCatalog::list_tables() {
  const std::scoped_lock lock(state_.mutex);
  TRY(state_.check_session(*session_));
  std::set<TableRef> leaves;
  for (const auto& [ref, table] : state_.tables)
    for (const LeafDef& leaf : table.content.def()->leaves) leaves.insert(leaf.ref);
  std::vector<TableRef> names;
  for (const auto& [ref, table] : state_.tables)
    if (!leaves.contains(ref) && !is_ours(ref)) names.push_back(ref);
  return names;
}

Result<std::vector<TableDef>> MemoryCatalog::describe(std::span<const TableRef> tables) {
  const std::scoped_lock lock(state_.mutex);
  TRY(state_.check_session(*session_));
  std::vector<TableDef> defs;
  for (const TableRef& ref : tables) {
    const auto at = state_.tables.find(ref);
    if (at == state_.tables.end()) continue;
    const std::vector<StoredRow> rows = State::visible_rows(state_.tables, ref);
    defs.push_back(*at->second.content.def());
    defs.back().estimated_rows = rows.size();
    defs.back().estimated_bytes = bytes_of(rows);
  }
  return defs;
}

Result<std::vector<ObjectDef>> MemoryCatalog::read_objects(std::span<const TableDef> tables) {
  const std::scoped_lock lock(state_.mutex);
  TRY(state_.check_session(*session_));
  std::vector<ObjectDef> objects;
  for (const TableDef& table : tables) objects.push_back(table_object(table.ref));
  for (const TableDef& table : tables) {
    if (table.key) objects.push_back(key_object(table, primary_key_kind, *table.key));
    const auto at = state_.tables.find(table.ref);
    if (at == state_.tables.end()) continue;
    const TableDef& current = *at->second.content.def();
    for (const KeyDef& key : at->second.content.unique_keys())
      objects.push_back(key_object(current, unique_key_kind, key));
  }
  return objects;
}

Result<std::vector<TableSurvey>> MemoryCatalog::survey(std::span<const TableRef> tables) {
  const std::scoped_lock lock(state_.mutex);
  TRY(state_.check_session(*session_));
  std::vector<TableSurvey> found;
  for (const TableRef& ref : tables) {
    TableSurvey& survey = found.emplace_back();
    survey.table = ref;
    const auto at = state_.tables.find(ref);
    if (at == state_.tables.end()) continue;
    const TableDef& table = *at->second.content.def();
    survey.exists = true;
    survey.partitioned = !table.leaves.empty();
    for (const ColumnDef& column : table.columns) {
      if (column.generated) survey.generated_columns.push_back(column.name);
      if (column.not_null) survey.not_null_columns.push_back(column.name);
    }
    if (table.key) survey.indexes.push_back(surveyed(table, *table.key, true));
    for (const KeyDef& key : at->second.content.unique_keys()) survey.indexes.push_back(surveyed(table, key, false));
  }
  return found;
}

Result<std::vector<SequenceState>> MemoryCatalog::read_sequences(std::span<const TableDef> tables) {
  const std::scoped_lock lock(state_.mutex);
  TRY(state_.check_session(*session_));
  std::vector<SequenceState> found;
  for (const SequenceState& sequence : state_.sequences)
    if (std::ranges::any_of(tables, [&](const TableDef& table) { return table.ref == sequence.owner; }))
      found.push_back(sequence);
  return found;
}

}  // namespace godwit::memory
