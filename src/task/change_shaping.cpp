#include "task/change_shaping.h"

#include <algorithm>

#include "base/clock.h"

namespace godwit {

ChangeShaping::ChangeShaping(const TaskContext& context, FindingLog& log)
    : log_(log), sequence_(static_cast<uint64_t>(now_us())) {
  for (const PlannedTable& table : context.tables) tables_.push_back(table.target);
}

Result<std::unique_ptr<ChangeShaping>> ChangeShaping::open(const TaskContext& context, FindingLog& log) {
  const bool any =
      std::ranges::any_of(context.tables, [](const PlannedTable& t) { return t.target.shape != nullptr; });
  if (!any) return std::unique_ptr<ChangeShaping>();
  std::unique_ptr<ChangeShaping> out(new ChangeShaping(context, log));
  for (const TargetTable& table : out->tables_) {
    std::unique_ptr<RowShaper>& shaper = out->shapers_.emplace_back();
    if (table.shape) shaper = TRY(RowShaper::open(table));
  }
  return out;
}

Result<void> ChangeShaping::shape_part(const TxnPart& part, ChangeBatch& batch, std::vector<RowBatch>& out) {
  for (uint32_t i = part.first; i < part.first + part.count; ++i) {
    Change& change = batch.changes[i];
    const uint32_t table = change.table;
    ++sequence_;
    if (!shapers_[table] || change.op == Op::truncate) continue;
    findings_.clear();
    const std::optional<Change> shaped = TRY(shapers_[table]->shape_change(
        change, batch.images[table], {part.commit, part.commit_us, sequence_}, out[table], findings_));
    if (!shaped) {
      change.filtered = true;
      change.before_row = change.after_row = Change::no_row;
      continue;
    }
    change = *shaped;
    change.table = table;
    for (const ShapeFinding& finding : findings_) {
      batch.notes.push_back(note_of(tables_[table].source->ref, finding, i));
      log_.write(Component::source_capture, tables_[table].source->ref, batch.notes.back());
    }
  }
  return {};
}

Result<void> ChangeShaping::shape(ChangeBatch& batch) {
  batch.notes.clear();
  std::vector<RowBatch> out(batch.images.size());
  for (size_t t = 0; t < out.size(); ++t) out[t].layout = tables_[t].layout;
  for (const TxnPart& part : batch.parts) TRY(shape_part(part, batch, out));
  for (size_t t = 0; t < out.size(); ++t)
    if (shapers_[t]) batch.images[t] = std::move(out[t]);
  return {};
}

}  // namespace godwit
