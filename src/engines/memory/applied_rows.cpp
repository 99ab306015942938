#include "engines/memory/applied_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/text.h"
#include "engines/memory/errors.h"

namespace godwit::memory {
namespace {

std::optional<std::string> value_of(const RowBatch& batch, const Cell& cell) {
  if (cell.length < 0) return std::nullopt;
  return std::string(batch.bytes(cell));
}

// The value by which a change's row is found; nothing when the log carries none.
const Cell* finder_cell(const ChangeView& change, uint32_t column) {
  if (change.before == nullptr && change.after == nullptr) return nullptr;
  const bool only_before = change.after == nullptr;
  const Cell& cell = only_before ? change.before->cell(change.before_row, column) : change.finder(column);
  return cell.length == Cell::unchanged ? nullptr : &cell;
}

std::optional<std::string> finder_value(const ChangeView& change, uint32_t column) {
  const Cell* cell = finder_cell(change, column);
  if (cell == nullptr || cell->length == Cell::null) return std::nullopt;
  return std::string(change.finder_bytes(column));
}

std::vector<uint32_t> every_column(const TableDef& layout) {
  std::vector<uint32_t> columns(layout.columns.size());
  std::iota(columns.begin(), columns.end(), 0U);
  return columns;
}

// The columns of the layout by which a change's row is found: its key, else every one of the old row that the log
// carries.
std::vector<uint32_t> finder_columns(const ChangeView& change) {
  const TableDef& layout = *change.table->layout;
  std::vector<uint32_t> columns = layout.key ? layout.key->columns : every_column(layout);
  std::erase_if(columns, [&](uint32_t column) { return finder_cell(change, column) == nullptr; });
  return columns;
}

StoredRow locate(const WorkingTable& table, std::span<const uint32_t> columns, const ChangeView& change) {
  std::vector<uint32_t> stored_columns;
  MemoryRow values;
  for (const uint32_t column : finder_columns(change)) {
    stored_columns.push_back(columns[column]);
    values.push_back(finder_value(change, column));
  }
  if (values.empty()) return nullptr;  // the log names no row: none may be picked at random
  return table.content.find(stored_columns, values);
}

std::string quote_text(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

std::string literal(const std::optional<std::string>& value) {
  return value ? quote_text(*value, '\'') : "NULL";
}

std::string assignment(const TableDef& layout, uint32_t column, const std::optional<std::string>& value) {
  return quote_text(layout.columns[column].name, '"') + " = " + literal(value);
}

std::string values_json(const TableDef& layout, const RowBatch& batch, size_t row) {
  auto values = nlohmann::json::object();
  for (uint32_t i = 0; i < layout.columns.size(); ++i) {
    const Cell& cell = batch.cell(row, i);
    if (cell.length == Cell::unchanged) continue;
    const auto value = value_of(batch, cell);
    values[layout.columns[i].name] = value ? nlohmann::json(*value) : nlohmann::json();
  }
  return values.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string insert_values(const TableDef& layout, const RowBatch& batch, size_t row) {
  std::vector<std::string> names, values;
  for (uint32_t i = 0; i < layout.columns.size(); ++i) {
    names.push_back(quote_text(layout.columns[i].name, '"'));
    values.push_back(literal(value_of(batch, batch.cell(row, i))));
  }
  return fmt::format("({}) VALUES ({})", join(names, ", "), join(values, ", "));
}

std::string set_clause(const TableDef& layout, const RowBatch& batch, size_t row) {
  std::vector<std::string> parts;
  for (uint32_t i = 0; i < layout.columns.size(); ++i) {
    const Cell& cell = batch.cell(row, i);
    if (cell.length != Cell::unchanged) parts.push_back(assignment(layout, i, value_of(batch, cell)));
  }
  return join(parts, ", ");
}

std::string where_clause(const TableDef& layout, const ChangeView& change) {
  std::vector<std::string> parts;
  for (const uint32_t column : finder_columns(change))
    parts.push_back(assignment(layout, column, finder_value(change, column)));
  return join(parts, " AND ");
}

std::string statement_of(const TableDef& layout, const ChangeView& change) {
  const std::string name = quote_text(layout.ref.schema, '"') + "." + quote_text(layout.ref.name, '"');
  if (change.op == Op::insert)
    return fmt::format("INSERT INTO {} {}", name, insert_values(layout, *change.after, change.after_row));
  const std::string where = where_clause(layout, change);
  if (change.op == Op::erase) return fmt::format("DELETE FROM {} WHERE {}", name, where);
  return fmt::format("UPDATE {} SET {} WHERE {}", name, set_clause(layout, *change.after, change.after_row), where);
}

}  // namespace

Result<WorkingTable> copy_table(State& state, const TableRef& ref) {
  const Table& table = *TRY(state.find_table(ref));
  const auto refusal = state.refusals.find(ref);
  return WorkingTable{table.content, table.version, refusal == state.refusals.end() ? RowFilter() : refusal->second};
}

Result<MemoryRow> stored_row(const WorkingTable& table, std::span<const uint32_t> columns, const RowBatch& batch,
                             size_t row, const MemoryRow* old) {
  const TableDef& def = *table.content.def();
  MemoryRow out = old != nullptr ? *old : MemoryRow(def.columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    const Cell& cell = batch.cell(row, i);
    if (cell.length == Cell::unchanged && old == nullptr)
      return Failure(errors::missing_value(def.ref, def.columns[columns[i]].name));
    if (cell.length != Cell::unchanged) out[columns[i]] = value_of(batch, cell);
  }
  if (table.refuse && table.refuse(out)) return Failure(errors::refused(def.ref));
  return out;
}

Result<void> insert_row(WorkingTable& table, MemoryRow row) {
  return table.content.insert(std::make_shared<const MemoryRow>(std::move(row)));
}

Result<bool> apply_change(WorkingTable& table, std::span<const uint32_t> columns, const ChangeView& change) {
  if (change.op == Op::insert) {
    MemoryRow row = TRY(stored_row(table, columns, *change.after, change.after_row, nullptr));
    TRY(insert_row(table, std::move(row)));
    return true;
  }
  const StoredRow old = locate(table, columns, change);
  if (!old) return false;
  if (change.op == Op::erase) {
    table.content.erase(old);
    return true;
  }
  MemoryRow row = TRY(stored_row(table, columns, *change.after, change.after_row, old.get()));
  TRY(table.content.replace(old, std::make_shared<const MemoryRow>(std::move(row))));
  return true;
}

bool changes_key(const ChangeView& change) {
  const TableDef& layout = *change.table->layout;
  if (change.op != Op::update || change.before == nullptr || !layout.key) return false;
  return std::ranges::any_of(layout.key->columns, [&](uint32_t column) {
    const Cell& after = change.after->cell(change.after_row, column);
    return after.length != Cell::unchanged && finder_value(change, column) != value_of(*change.after, after);
  });
}

ParkedRow describe_row(const ChangeView& change) {
  const TableDef& layout = *change.table->layout;
  ParkedRow parked;
  parked.source_table = change.table->source->ref;
  parked.target_table = layout.ref;
  parked.operation = std::string(to_string(change.op));
  std::vector<std::string> key;
  for (const uint32_t column : layout.key ? layout.key->columns : std::vector<uint32_t>())
    key.push_back(layout.columns[column].name + "=" + finder_value(change, column).value_or("NULL"));
  parked.key = join(key, ", ");
  parked.values = change.after != nullptr ? values_json(layout, *change.after, change.after_row)
                                          : values_json(layout, *change.before, change.before_row);
  parked.statement = statement_of(layout, change);
  return parked;
}

}  // namespace godwit::memory
