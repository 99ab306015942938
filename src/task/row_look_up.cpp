#include "task/row_look_up.h"

#include <stop_token>

#include "base/clock.h"
#include "mapping/row_shape.h"
#include "task/errors.h"

namespace godwit {

std::optional<std::vector<uint32_t>> source_key(const TargetTable& table) {
  if (!table.layout->key) return std::nullopt;
  std::vector<uint32_t> out;
  for (const uint32_t c : table.layout->key->columns) {
    if (!table.shape) {
      out.push_back(c);
      continue;
    }
    const ColumnShape& column = table.shape->columns[c];
    if (column.from != ColumnShape::From::read || !column.plain) return std::nullopt;
    out.push_back(column.column);
  }
  return out;
}

Result<RowBatch> RowLookUp::find(uint32_t table, std::span<const ChangeView> changes, std::vector<uint64_t> xids,
                                 std::vector<ShapeFinding>& findings) {
  const TargetTable& plan = context_.tables[table].target;
  const std::optional<std::vector<uint32_t>> columns = source_key(plan);
  if (!columns) return Failure(errors::no_look_up(plan.source->ref));
  auto layout = std::make_shared<TableDef>();
  layout->ref = plan.source->ref;
  for (const uint32_t c : *columns) layout->columns.push_back(plan.read->columns[c]);
  RowBatch keys;
  keys.layout = layout;
  for (const ChangeView& change : changes) {
    for (const uint32_t c : plan.layout->key->columns) {
      const Cell& after = change.after->cell(change.after_row, c);
      const bool carried = after.length != Cell::unchanged || change.before == nullptr;
      keys.append_value(carried ? change.after->bytes(after)
                                : change.before->bytes(change.before->cell(change.before_row, c)));
    }
    keys.end_row();
  }
  if (!session_) session_ = TRY(context_.open_source("look-up"));
  if (plan.shape && !shapers_[table]) shapers_[table] = TRY(RowShaper::open(plan));
  const Interrupter::Busy busy(context_.interrupter, session_.get(), nullptr);
  ReadOptions options;
  options.filter = plan.filter.get();
  options.long_values = true;
  options.sees = std::move(xids);
  constexpr Encoding canonical = Encoding::canonical;
  // The source is asked as it is now: the table may be gone, altered, or another one under this name.
  const auto explained = [&](Error error) {
    return Failure(error.kind == ErrorKind::table ? errors::look_up_failed(plan.source->ref, error)
                                                  : std::move(error));
  };
  auto opened = session_->read_keys(keys, {}, *plan.source, plan.read, std::span(&canonical, 1), options);
  if (!opened) return explained(std::move(opened.error()));
  const std::unique_ptr<TableReader> reader = std::move(*opened);
  RowBatch out, rows;
  out.layout = plan.layout;
  for (;;) {
    auto more = reader->read(rows, std::stop_token());
    if (!more) return explained(std::move(more.error()));
    if (!*more) return out;
    TRY(shapers_.at(table)->shape_rows(rows, out, now_us(), findings));
  }
}

}  // namespace godwit
