#include "engines/mysql/update_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/text.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/table_writer.h"

namespace godwit::mysql {

Result<const UpdateStages::Stage*> UpdateStages::find(const TargetTable& table) {
  auto known = stages_.find(&table);
  if (known == stages_.end() && may_make_ && !only_outside_) {
    TRY(make(table));
    known = stages_.find(&table);
  }
  if (known != stages_.end()) return known->second.name.empty() ? nullptr : &known->second;
  if (may_make_ && std::ranges::find(wanted_, &table) == wanted_.end()) wanted_.push_back(&table);
  return nullptr;
}

Result<void> UpdateStages::make_wanted() {
  for (const TargetTable* table : std::exchange(wanted_, {})) TRY(make(*table));
  return {};
}

void UpdateStages::forget() {
  stages_.clear();
  wanted_.clear();
}

// A join with nothing makes every column take NULL, and leaves its type.
Result<void> UpdateStages::make(const TargetTable& table) {
  const TableDef& layout = *table.layout;
  Stage stage;
  const std::string index = TRY(unique_index_of(session_, layout, layout.key->columns));
  if (index.empty()) {
    stages_[&table] = {};
    return {};
  }
  stage.index = quote_name(index);
  // A session may have had other writers, whose stages are still there.
  static std::atomic<uint64_t> made_in_all = 0;
  stage.name = quote_name(TableRef{database_, fmt::format("godwit_stage_{}", ++made_in_all)});
  std::vector<std::string> parts;
  const std::vector<uint32_t>& key = layout.key->columns;
  for (size_t i = 0; i < key.size(); ++i)
    parts.push_back(fmt::format("t.{} AS k{}", quote_name(layout.columns[key[i]].name), i));
  for (uint32_t c = 0; c < layout.columns.size(); ++c)
    if (std::ranges::find(key, c) == key.end())
      parts.push_back(fmt::format("t.{} AS c{}", quote_name(layout.columns[c].name), c));
  auto made =
      session_.run(fmt::format("CREATE TEMPORARY TABLE {} ENGINE=InnoDB AS SELECT {} FROM (SELECT 1 AS one) AS x "
                               "LEFT JOIN {} AS t ON FALSE WHERE "
                               "FALSE",
                               stage.name, join(parts, ", "), quote_name(layout.ref)));
  // 1787: not in a transaction.
  if (!made && made.error().code == "mysql.1787" && !only_outside_) {
    only_outside_ = true;
    return {};
  }
  if (!made && (session_.broken() || is_recoverable(made.error()))) return Failure(made.error());
  if (!made) {
    may_make_ = made.error().kind == ErrorKind::table && made.error().code != "mysql.1142";
    stage = {};
  }
  stages_[&table] = std::move(stage);
  return {};
}

Result<uint64_t> UpdateStages::update(const Stage& stage, const TargetTable& table, const RowLoading& loading,
                                      std::span<const ChangeView* const> changes, const std::vector<bool>& mask) {
  const std::vector<uint32_t>& key = table.layout->key->columns;
  std::vector<TargetColumn> columns;
  std::vector<std::string> terms, sets;
  for (size_t i = 0; i < key.size(); ++i) {
    columns.push_back(loading.columns()[key[i]]);
    columns.back().name = fmt::format("k{}", i);
    const TargetColumn& column = loading.columns()[key[i]];
    terms.push_back(fmt::format("t.{} = s.k{}", column.name, i));
    if (column.loose)
      terms.push_back(fmt::format("{} = {}", bytes_of("t." + column.name), bytes_of(fmt::format("s.k{}", i))));
  }
  // Every column is written: MariaDB's stage has none with a default.
  std::vector<uint32_t> others;
  for (uint32_t c = 0; c < mask.size(); ++c) {
    if (std::ranges::find(key, c) != key.end()) continue;
    others.push_back(c);
    columns.push_back(loading.columns()[c]);
    columns.back().name = fmt::format("c{}", c);
    if (mask[c]) sets.push_back(fmt::format("t.{} = s.c{}", loading.columns()[c].name, c));
  }
  lines_.clear();
  for (const ChangeView* change : changes) {
    for (size_t i = 0; i < key.size(); ++i) {
      if (i > 0) lines_.push_back('\t');
      append_field(lines_, columns[i], change->finder_bytes(key[i]));
    }
    for (const uint32_t c : others) {
      lines_.push_back('\t');
      const Cell& cell = change->after->cell(change->after_row, c);
      if (cell.length < 0)
        append_null_field(lines_);
      else
        append_field(lines_, loading.columns()[c], change->after->bytes(cell));
    }
    lines_.push_back('\n');
  }
  RowLoading into(session_, stage.name, std::move(columns), loading.packet_bytes());
  TRY(into.load(lines_.view(), changes.size()));
  const auto done =
      session_.run(fmt::format("UPDATE {} AS s STRAIGHT_JOIN {} AS t FORCE INDEX ({}) ON {} SET {}", stage.name,
                               quote_name(table.layout->ref), stage.index, join(terms, " AND "), join(sets, ", ")));
  if (!done) return Failure(of_row(done.error()));
  TRY(session_.run("DELETE FROM " + stage.name));
  return done->affected;
}

}  // namespace godwit::mysql
