// A load that lost its snapshot: what was loaded stays where that can be proven right (engine.md §5).

#include <algorithm>

#include "base/log.h"
#include "task/errors.h"
#include "task/merge.h"
#include "task/runner.h"

namespace godwit {
namespace {

// So many changed keys are merged whatever the table's size: it takes seconds.
constexpr uint64_t keys_always_merged = 100000;

std::map<TableRef, std::string> storage_of(const std::vector<TableRange>& slices) {
  std::map<TableRef, std::string> out;
  for (const TableRange& slice : slices) out[slice.leaf] = slice.storage_id;
  return out;
}

std::vector<LedgerLine> lines_of(const std::vector<LedgerLine>& ledger, const TableRef& table) {
  std::vector<LedgerLine> out;
  std::ranges::copy_if(ledger, std::back_inserter(out), [&](const LedgerLine& line) { return line.table == table; });
  return out;
}

}  // namespace

// Of the tables that lost their snapshot: those with slices to keep, whose log names each changed row by a key, and
// whose storage is still the one the slices were cut from.
Result<std::set<size_t>> TaskRunner::mergeable(const Again& tables,
                                               const std::map<size_t, std::vector<TableRange>>& slices_now) {
  std::set<size_t> out;
  if (!follows() || tables.lost.empty() || !target_->gathers_keys()) return out;
  const TaskDocument document = record_->document();
  const std::vector<LedgerLine> ledger = TRY(target_->read_ledger(context_.task_id));
  for (const size_t t : tables.lost) {
    const TargetTable& table = context_.tables[t].target;
    const auto now = slices_now.find(t);
    const auto known = std::ranges::find(document.tables, table.source->ref, &TableRecord::table);
    if (now == slices_now.end() || known == document.tables.end() || tables.whole.contains(t)) continue;
    const bool logs_keys = table.layout->key && table.source->logged && table.source->identity != RowIdentity::none;
    const bool same_key = known->created || TRY(key_types_agree(table));
    if (logs_keys && same_key && known->was_empty && !lines_of(ledger, table.source->ref).empty() &&
        storage_of(known->slices) == storage_of(now->second))
      out.insert(t);
  }
  return out;
}

// Of a table the user made: a key of another type may take rows for equal that the source tells apart.
Result<bool> TaskRunner::key_types_agree(const TargetTable& table) {
  if (!table.layout->key) return false;
  const std::vector<TableDef> there = TRY(target_->catalog().describe(std::span(&table.layout->ref, 1)));
  if (there.empty()) return false;
  return std::ranges::all_of(table.layout->key->columns, [&](uint32_t c) {
    const std::optional<uint32_t> column = find_column(there[0], table.layout->columns[c].name);
    return column && there[0].columns[*column].type.native == table.read->columns[c].type.native;
  });
}

// Merges what changed into the tables that are recorded to go on under the held snapshot. Those that cannot are to be
// loaded whole.
Result<void> TaskRunner::merge_pending(Again& again, const std::stop_token& stop) {
  const TaskDocument document = record_->document();
  const std::vector<LedgerLine> ledger = TRY(target_->read_ledger(context_.task_id));
  MergePlan plan;
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    const TableRef& name = context_.tables[t].target.source->ref;
    const auto known = std::ranges::find(document.tables, name, &TableRecord::table);
    if (known == document.tables.end() || known->merges == 0 || !known->suspended.empty() || again.contains(t))
      continue;
    MergeTable table{t, {}, {}, known->slices, keys_always_merged};
    table.line = {name, name, merge_line(*known), merge_line(*known) + 1, {}, {}};
    const std::vector<LedgerLine> lines = lines_of(ledger, name);
    if (std::ranges::find(lines, table.line.index, &LedgerLine::slice) != lines.end()) continue;
    uint64_t rows = 0;
    for (const LedgerLine& line : lines) {
      rows += line.rows_written;
      if (table.since.empty() || source_->compare(line.snapshot, table.since) < 0) table.since = line.snapshot;
    }
    table.keys_max = std::max(table.keys_max, rows);
    plan.tables.push_back(std::move(table));
  }
  if (plan.tables.empty()) return {};
  const std::optional<Position> stored = TRY(target_->read_position(context_.task_id));
  plan.stream_start = stored ? *stored : document.start;
  plan.snapshot_id = [this] { return keeper_->id(); };
  plan.snapshot = document.snapshot_position;
  plan.mark = TRY(source_->mark_now());
  for (const auto& [t, why] : TRY(merge_tables(context_, plan, *source_, stop))) {
    log_warning(Component::task_manager, "Table {} is loaded again whole, not from where its snapshot was lost: {}",
                log_name(context_.tables[t].target.source->ref), why);
    again.whole.insert(t);
  }
  return {};
}

}  // namespace godwit
