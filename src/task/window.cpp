#include "task/window.h"

namespace godwit {

void Window::add(ChangeBatch batch) {
  schema_.insert(schema_.end(), batch.schema.begin(), batch.schema.end());
  if (batch.parts.empty()) return;
  batches_.push_back(std::move(batch));
  const ChangeBatch& kept = batches_.back();
  bytes_ += kept.memory_bytes();
  for (const TxnPart& txn : kept.parts) {
    parts_.push_back({&kept, txn});
    changes_ += txn.count;
    if (txn.kind == TxnPart::Kind::commit) complete_ = parts_.size();
  }
}

std::vector<SchemaEvent> Window::take_schema() {
  return std::exchange(schema_, {});
}

void Window::count() {
  changes_ = complete_ = 0;
  for (size_t i = 0; i < parts_.size(); ++i) {
    changes_ += parts_[i].txn.count;
    if (parts_[i].txn.kind == TxnPart::Kind::commit) complete_ = i + 1;
  }
}

void Window::drop(size_t parts) {
  parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(parts));
  while (!batches_.empty() && (parts_.empty() || parts_.front().batch != &batches_.front())) {
    bytes_ -= batches_.front().memory_bytes();
    batches_.pop_front();
  }
  count();
}

void Window::clear() {
  drop(parts_.size());
  schema_.clear();
}

}  // namespace godwit
