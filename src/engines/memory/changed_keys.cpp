#include "engines/memory/changed_keys.h"

#include "engines/memory/errors.h"

namespace godwit::memory {
namespace {

constexpr size_t keys_per_batch = 100;

}  // namespace

MemoryChangedKeys::MemoryChangedKeys(State& state, std::shared_ptr<Session> session, std::string task_id,
                                     TargetTable table, std::shared_ptr<const TableDef> layout)
    : state_(state),
      session_(std::move(session)),
      task_id_(std::move(task_id)),
      table_(std::move(table)),
      layout_(std::move(layout)),
      next_(keys_.end()) {}

Result<void> MemoryChangedKeys::add(const RowBatch& keys) {
  for (size_t row = 0; row < keys.rows; ++row) {
    MemoryRow values;
    for (size_t c = 0; c < keys.width(); ++c) values.emplace_back(std::string(keys.bytes(keys.cell(row, c))));
    keys_.insert(std::move(values));
  }
  return {};
}

Result<std::unique_ptr<TableWriter>> MemoryChangedKeys::erase_rows(const TableRange& range, Encoding encoding) {
  if (encoding != Encoding::canonical) return Failure(errors::wrong_encoding(table_.layout->ref));
  const std::scoped_lock lock(state_.mutex);
  TRY(state_.check_session(*session_));
  auto writer = TRY(MemoryTableWriter::open(state_, session_, {task_id_, table_, range.index}, {.careful = true}));
  writer->erase_keys(keys_);
  next_ = keys_.begin();
  return std::unique_ptr<TableWriter>(std::move(writer));
}

Result<bool> MemoryChangedKeys::next(RowBatch& keys) {
  keys.clear();
  keys.layout = layout_;
  for (; next_ != keys_.end() && keys.rows < keys_per_batch; ++next_) {
    for (const auto& value : *next_) keys.append_value(*value);
    keys.end_row();
  }
  return keys.rows > 0;
}

}  // namespace godwit::memory
