#include "task/load_board.h"

#include <algorithm>

namespace godwit {

LoadBoard::LoadBoard(const LoadPlan& plan) : plan_(plan), tables_(plan.tables.size()) {
  for (size_t t = 0; t < plan.tables.size(); ++t) {
    if (plan.tables[t].merging || plan.tables[t].to_do.empty())
      builds_.push_back({.kind = LoadJob::Kind::keys, .table = t});
    else
      add_slices(t);
  }
}

std::optional<LoadJob> LoadBoard::take() {
  std::unique_lock lock(mutex_);
  std::optional<LoadJob> job;
  changed_.wait(lock, [&] { return ended_ || (job = next()) || running_ == 0; });
  if (!job) return std::nullopt;
  ++running_;
  return job;
}

void LoadBoard::done(const LoadJob& job) {
  const std::lock_guard lock(mutex_);
  --running_;
  if (job.kind == LoadJob::Kind::slice) --tables_[job.table].running;
  if (job.alone) giant_running_ = false;
  const bool dropped = outcome_.whole.contains(index_of(job)) || outcome_.failed.contains(index_of(job));
  if (!dropped) follow(job);
  changed_.notify_all();
}

void LoadBoard::load_whole(const LoadJob& job) {
  const std::lock_guard lock(mutex_);
  outcome_.whole.insert(index_of(job));
  drop_table(job.table);
}

void LoadBoard::fail(const LoadJob& job, const Error& error) {
  const std::lock_guard lock(mutex_);
  if (outcome_.whole.contains(index_of(job))) return;
  if (!outcome_.failed.emplace(index_of(job), error).second) return;
  drop_table(job.table);
}

void LoadBoard::object_failed(std::string id, std::string what) {
  const std::lock_guard lock(mutex_);
  outcome_.failed_ids.push_back(std::move(id));
  outcome_.objects_failed.push_back(std::move(what));
}

void LoadBoard::not_restored(const DroppedObject& object, const std::string& why) {
  const std::lock_guard lock(mutex_);
  outcome_.objects_failed.push_back(why);
  outcome_.not_restored.push_back(object);
}

void LoadBoard::end(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!ended_) error_ = error;
  ended_ = true;
  changed_.notify_all();
}

void LoadBoard::has_giants(const LoadJob& job) {
  const std::lock_guard lock(mutex_);
  giants_.insert(job.table);
}

Result<LoadOutcome> LoadBoard::result() {
  const std::lock_guard lock(mutex_);
  if (ended_) return Failure(error_);
  return std::move(outcome_);
}

uint64_t LoadBoard::bytes_left(size_t t) const {
  return std::max<uint64_t>(1, plan_.tables[t].slice_bytes) * tables_[t].slices.size();
}

// Of those that are begun.
std::optional<size_t> LoadBoard::largest(bool idle_only) const {
  std::optional<size_t> found;
  for (const size_t t : begun_)
    if (is_free(t) && (!idle_only || tables_[t].running == 0) && (!found || bytes_left(t) > bytes_left(*found)))
      found = t;
  return found;
}

// One that no lane is on is gone on with first. Another is begun when it is no smaller than what is left of those, so
// that a large table has all lanes and its indexes are built while the small ones load.
std::optional<size_t> LoadBoard::next_table() const {
  if (const auto idle = largest(true)) return idle;
  const std::optional<size_t> shared = largest(false);
  const auto fresh = std::ranges::find_if(waiting_, [&](size_t t) { return is_free(t); });
  if (fresh == waiting_.end()) return shared;
  if (!shared) return *fresh;
  const bool its_turn = plan_.tables[*fresh].load_order >= plan_.tables[*shared].load_order;
  return its_turn && bytes_left(*fresh) >= bytes_left(*shared) ? *fresh : shared;
}

std::optional<LoadJob> LoadBoard::next() {
  if (!builds_.empty()) {
    LoadJob job = builds_.front();
    builds_.pop_front();
    return job;
  }
  const std::optional<size_t> t = next_table();
  if (!t) return std::nullopt;
  Progress& table = tables_[*t];
  LoadJob job{.kind = LoadJob::Kind::slice, .table = *t, .range = std::move(table.slices.front())};
  table.slices.pop_front();
  ++table.running;
  waiting_.erase(*t);
  if (table.slices.empty())
    begun_.erase(*t);
  else
    begun_.insert(*t);
  job.alone = giants_.contains(*t);
  giant_running_ |= job.alone;
  return job;
}

void LoadBoard::add_slices(size_t t) {
  const std::vector<TableRange>& slices = plan_.tables[t].to_do;
  tables_[t].open = slices.size();
  tables_[t].slices.assign(slices.begin(), slices.end());
  waiting_.insert(t);
}

void LoadBoard::add_indexes(size_t t) {
  const LoadPlan::Table& table = plan_.tables[t];
  tables_[t].open = table.indexes.size() + table.dropped.size();
  for (const ObjectDef* index : table.indexes)
    builds_.push_front({.kind = LoadJob::Kind::index, .table = t, .object = index});
  for (const DroppedObject& index : table.dropped)
    builds_.push_front({.kind = LoadJob::Kind::index, .table = t, .dropped = &index});
  if (tables_[t].open == 0) builds_.push_front({.kind = LoadJob::Kind::finish, .table = t});
}

void LoadBoard::follow(const LoadJob& job) {
  const LoadPlan::Table& table = plan_.tables[job.table];
  switch (job.kind) {
    case LoadJob::Kind::slice:
      if (--tables_[job.table].open > 0) return;
      if (table.merging)
        add_indexes(job.table);
      else
        builds_.push_front({.kind = LoadJob::Kind::keys, .table = job.table});
      return;
    case LoadJob::Kind::keys:
      if (table.merging && !table.to_do.empty())
        add_slices(job.table);
      else
        add_indexes(job.table);
      return;
    case LoadJob::Kind::index:
      if (--tables_[job.table].open == 0) builds_.push_front({.kind = LoadJob::Kind::finish, .table = job.table});
      return;
    case LoadJob::Kind::finish:
      return;
  }
}

void LoadBoard::drop_table(size_t t) {
  tables_[t].slices.clear();
  waiting_.erase(t);
  begun_.erase(t);
  std::erase_if(builds_, [&](const LoadJob& job) { return job.table == t; });
}

}  // namespace godwit
