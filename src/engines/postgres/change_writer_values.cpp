// Set statements where there is no temporary table to stage in: keys and values are literals of the statements.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "engines/postgres/change_writer.h"
#include "engines/postgres/copy_text.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

// A statement is parsed whole: it should stay small, and below what a server takes as one message.
constexpr size_t rows_per_statement = 500;
constexpr size_t statement_bytes = 1U << 20U;

// Types by whose name the text of a value is read; none for those that a text is assigned to. Never one with a
// length: a cast cuts to it in silence, where an assignment refuses.
constexpr std::string_view types_query =
    "SELECT a.attname, CASE WHEN t.typname IN ('text', 'varchar', 'bpchar', 'char', 'name') THEN '' WHEN t.typname = "
    "'bit' THEN 'varbit' WHEN t.typname = '_bit' THEN 'varbit[]' WHEN t.typname IN ('_varchar', '_bpchar', '_char') "
    "THEN 'text[]' ELSE pg_catalog.format_type(a.atttypid, -1) END FROM pg_catalog.pg_attribute a JOIN "
    "pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = $1::pg_catalog.regclass AND a.attnum > 0";

std::string literal(const ColumnDef& column, const Cell& cell, std::string_view bytes) {
  if (cell.length < 0) return "NULL";
  ByteBuffer text;
  append_text(text, column, bytes);
  return quote_literal(text.view());
}

std::string key_literals(const TargetTable& table, const ChangeView& change) {
  std::string out;
  for (const uint32_t c : table.layout->key->columns)
    out += (out.empty() ? "" : ", ") + literal(table.layout->columns[c], change.finder(c), change.finder_bytes(c));
  return out;
}

// Collects the rows of one statement; tells when it is large enough.
class Literals {
 public:
  void add(std::string row) {
    bytes_ += row.size();
    rows_.push_back(std::move(row));
  }
  bool full() const { return rows_.size() >= rows_per_statement || bytes_ >= statement_bytes; }
  const std::vector<std::string>& rows() const { return rows_; }
  void clear() {
    rows_.clear();
    bytes_ = 0;
  }

 private:
  std::vector<std::string> rows_;
  size_t bytes_ = 0;
};

}  // namespace

Result<const std::vector<std::string>*> PostgresChangeWriter::literal_types(const TargetTable& table) {
  if (const auto known = literal_types_.find(&table); known != literal_types_.end()) return &known->second;
  std::vector<std::string> types(table.layout->columns.size());
  const Rows rows = TRY(session_.query(std::string(types_query), {quote_name(table.layout->ref)}));
  for (int row = 0; row < rows.size(); ++row)
    if (const auto column = find_column(*table.layout, rows.get(row, 0))) types[*column] = rows.text(row, 1);
  return &(literal_types_[&table] = std::move(types));
}

Result<uint64_t> PostgresChangeWriter::erase_by_values(const TargetTable& table,
                                                       std::span<const ChangeView> changes) {
  uint64_t erased = 0;
  Literals keys;
  for (size_t i = 0; i < changes.size(); ++i) {
    keys.add(key_literals(table, changes[i]));
    if (!keys.full() && i + 1 < changes.size()) continue;
    const Rows done = TRY(session_.query(values_erase(table, keys.rows())));
    erased += done.affected();
    keys.clear();
  }
  return erased;
}

Result<uint64_t> PostgresChangeWriter::update_by_values(const TargetTable& table,
                                                        std::span<const ChangeView* const> changes,
                                                        const ColumnMask& mask) {
  const std::vector<std::string>* types = TRY(literal_types(table));
  uint64_t updated = 0;
  Literals rows;
  for (size_t i = 0; i < changes.size(); ++i) {
    const ChangeView& change = *changes[i];
    std::string row = key_literals(table, change);
    for (uint32_t c = 0; c < mask.size(); ++c) {
      if (!mask[c]) continue;
      const Cell& cell = change.after->cell(change.after_row, c);
      row += ", " + literal(table.layout->columns[c], cell, change.after->bytes(cell));
    }
    rows.add(std::move(row));
    if (!rows.full() && i + 1 < changes.size()) continue;
    const Rows done = TRY(session_.query(values_update(table, rows.rows(), mask, *types)));
    updated += done.affected();
    rows.clear();
  }
  return updated;
}

Result<bool> PostgresChangeWriter::try_values(const TargetTable& table, const NetChanges& net, std::string& why) {
  const auto wrong = [&](std::string_view what, uint64_t expected, uint64_t found) {
    why = fmt::format("{} of {} rows {}", found, expected, what);
    return false;
  };
  TRY(erase_by_values(table, net.erased_if_there));
  const uint64_t erased = TRY(erase_by_values(table, net.erased));
  if (erased != net.erased.size()) return wrong("to delete were there", net.erased.size(), erased);
  std::map<ColumnMask, std::vector<const ChangeView*>> groups;
  for (const ChangeView& change : net.updated) {
    ColumnMask mask = written_columns(table, *change.after, change.after_row);
    for (const uint32_t c : table.layout->key->columns) mask[c] = false;
    groups[mask].push_back(&change);
  }
  for (const auto& [mask, changes] : groups) {
    if (std::ranges::find(mask, true) == mask.end()) continue;
    const uint64_t updated = TRY(update_by_values(table, changes, mask));
    if (updated != changes.size()) return wrong("to update were there", changes.size(), updated);
  }
  if (net.inserted.empty()) return true;
  const uint64_t inserted = TRY(copy_inserts(table, net.inserted));
  if (inserted != net.inserted.size()) return wrong("were inserted", net.inserted.size(), inserted);
  return true;
}

}  // namespace godwit::postgres
