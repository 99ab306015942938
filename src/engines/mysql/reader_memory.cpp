#include "engines/mysql/reader_memory.h"

#include <algorithm>

namespace godwit::mysql {
namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<ReaderMemory>> by_task;
};

// Never destroyed: readers may outlive static objects.
Registry& registry() {
  static Registry& own = *new Registry;
  return own;
}

}  // namespace

bool is_among(std::span<const UndoneRows> undone, uint64_t rows_event) {
  return std::ranges::any_of(
      undone, [&](const UndoneRows& rows) { return rows_event >= rows.first && rows_event < rows.end; });
}

std::shared_ptr<ReaderMemory> ReaderMemory::of(const std::string& task) {
  Registry& all = registry();
  const std::scoped_lock lock(all.mutex);
  std::shared_ptr<ReaderMemory>& memory = all.by_task[task];
  if (memory == nullptr) memory = std::make_shared<ReaderMemory>();
  return memory;
}

void ReaderMemory::note_undone(const std::string& transaction, UndoneRows rows) {
  const std::scoped_lock lock(mutex_);
  undone_[transaction].push_back(rows);
  any_undone_ = true;
}

std::vector<UndoneRows> ReaderMemory::undone(const std::string& transaction) const {
  const std::scoped_lock lock(mutex_);
  const auto found = undone_.find(transaction);
  return found == undone_.end() ? std::vector<UndoneRows>() : found->second;
}

}  // namespace godwit::mysql
