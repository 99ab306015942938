#include "engines/memory/change_writer.h"

#include <fmt/format.h>

#include "engines/memory/errors.h"
#include "engines/memory/table_reader.h"

namespace godwit::memory {
namespace {

using Lock = std::scoped_lock<std::mutex>;

// Applies one of the three sets; false, with a reason, at the first change that does not fit.
Result<bool> apply_set(WorkingTable& working, std::span<const uint32_t> columns, std::span<const ChangeView> changes,
                       std::string& why) {
  for (const ChangeView& change : changes) {
    if (changes_key(change)) {
      why = "an update changes a key";
      return false;
    }
    const Result<bool> applied = apply_change(working, columns, change);
    if (applied && *applied) continue;
    why =
        applied ? fmt::format("{} matched fewer rows than it should", to_string(change.op)) : applied.error().message;
    return false;
  }
  return true;
}

}  // namespace

MemoryChangeWriter::MemoryChangeWriter(State& state, std::shared_ptr<Session> session, std::string task_id)
    : state_(state), session_(std::move(session)), task_id_(std::move(task_id)) {}

Result<void> MemoryChangeWriter::check_open() {
  if (!window_) return Failure(errors::no_transaction());
  const Lock lock(state_.mutex);
  return state_.check_session(*session_);
}

Result<void> MemoryChangeWriter::check_fence() const {
  if (state_.tasks[task_id_].position != expected_) return Failure(errors::superseded(task_id_));
  return {};
}

Result<void> MemoryChangeWriter::begin(const Position& expected) {
  const Lock lock(state_.mutex);
  TRY(state_.check_session(*session_));
  expected_ = expected;
  TRY(check_fence());
  window_.emplace();
  savepoint_.reset();
  return {};
}

Result<WorkingTable*> MemoryChangeWriter::working(const TableRef& ref) {
  const auto at = window_->tables.find(ref);
  if (at != window_->tables.end()) return &at->second;
  const Lock lock(state_.mutex);
  WorkingTable copy = TRY(copy_table(state_, ref));
  return &window_->tables.emplace(ref, std::move(copy)).first->second;
}

Result<bool> MemoryChangeWriter::apply_sets(const TargetTable& table, const NetChanges& net, std::string& why) {
  TRY(check_open());
  WorkingTable& current = *TRY(working(table.layout->ref));
  const std::vector<uint32_t> columns = TRY(columns_of(*table.layout, *current.content.def()));
  WorkingTable tried = current;
  for (const ChangeView& change : net.erased_if_there) {
    const Result<bool> erased = apply_change(tried, columns, change);
    if (!erased) return Failure(erased.error());
  }
  for (const auto* set : {&net.erased, &net.updated, &net.inserted}) {
    const bool fits = TRY(apply_set(tried, columns, *set, why));
    if (!fits) return false;
  }
  current = std::move(tried);
  return true;
}

ParkedRow MemoryChangeWriter::describe(const ChangeView& change) const {
  return describe_row(change);
}

Result<bool> MemoryChangeWriter::apply_one(const ChangeView& change) {
  WorkingTable& table = *TRY(working(change.table->layout->ref));
  const std::vector<uint32_t> columns = TRY(columns_of(*change.table->layout, *table.content.def()));
  return apply_change(table, columns, change);
}

Result<ChangeWriter::Progress> MemoryChangeWriter::apply_in_order(std::span<const ChangeView> changes) {
  TRY(check_open());
  Progress progress;
  for (const ChangeView& change : changes) {
    const Result<bool> applied = apply_one(change);
    if (!applied && applied.error().kind != ErrorKind::data && applied.error().kind != ErrorKind::conflict)
      return Failure(applied.error());
    if (!applied)
      progress.stopped_at = {ChangeOutcome::Kind::refused, applied.error()};
    else if (!*applied && !(change.op == Op::erase && change.when_missing == WhenMissing::ignore))
      progress.stopped_at = {ChangeOutcome::Kind::no_row, {}};
    if (progress.stopped_at.kind != ChangeOutcome::Kind::applied) return progress;
    ++progress.done;
  }
  return progress;
}

// Every key is immediate: there is nothing left to check.
Result<void> MemoryChangeWriter::check_constraints() {
  return check_open();
}

Result<void> MemoryChangeWriter::set_savepoint() {
  TRY(check_open());
  savepoint_ = window_;
  return {};
}

Result<void> MemoryChangeWriter::undo_to_savepoint() {
  TRY(check_open());
  if (!savepoint_) return Failure(errors::no_transaction());
  window_ = savepoint_;
  return {};
}

Result<void> MemoryChangeWriter::truncate(std::span<const TableRef> tables) {
  TRY(check_open());
  for (const TableRef& ref : tables) {
    WorkingTable* table = TRY(working(ref));
    table->content.clear();
  }
  return {};
}

Result<void> MemoryChangeWriter::park(std::span<const ParkedRow> rows) {
  TRY(check_open());
  window_->parked.insert(window_->parked.end(), rows.begin(), rows.end());
  return {};
}

Result<void> MemoryChangeWriter::note(std::span<const ParkedRow> rows) {
  TRY(check_open());
  window_->noted.insert(window_->noted.end(), rows.begin(), rows.end());
  return {};
}

Result<void> MemoryChangeWriter::commit_window() {
  TRY(state_.before_commit(*session_));
  TRY(check_fence());
  for (const auto& [ref, working] : window_->tables) {
    const Table& table = *TRY(state_.find_table(ref));
    if (table.version != working.base_version) return Failure(errors::write_conflict(ref));
  }
  for (auto& [ref, working] : window_->tables) {
    Table& table = state_.tables.at(ref);
    table.content = std::move(working.content);
    table.version = state_.next_number++;
  }
  for (ParkedRow& row : window_->parked) state_.parked.push_back({task_id_, std::move(row)});
  for (ParkedRow& row : window_->noted) state_.noted.push_back({task_id_, std::move(row)});
  return {};
}

Result<void> MemoryChangeWriter::commit(const Position& next) {
  TRY(check_open());
  const Lock lock(state_.mutex);
  TRY(commit_window());
  rollback();
  TaskState& task = state_.tasks[task_id_];
  task.position = next;
  if (!state_.flush_delayed) task.flushed = next;
  return state_.after_commit(*session_);
}

void MemoryChangeWriter::rollback() {
  window_.reset();
  savepoint_.reset();
}

Result<Position> MemoryChangeWriter::durable(bool force) {
  const Lock lock(state_.mutex);
  TRY(state_.check_session(*session_));
  TaskState& task = state_.tasks[task_id_];
  if (force || !state_.flush_delayed) task.flushed = task.position.value_or(Position());
  return task.flushed;
}

}  // namespace godwit::memory
