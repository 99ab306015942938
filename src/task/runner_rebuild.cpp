// Indexes and foreign keys of tables made beforehand: dropped for the load, made again after it. The record holds
// each from before it is dropped until it is back.

#include <algorithm>

#include "base/failpoint.h"
#include "base/log.h"
#include "task/dropped_objects.h"
#include "task/runner.h"

namespace godwit {
// What may be dropped now of the tables that the user made.
Result<std::vector<DroppedObject>> TaskRunner::droppable(const TaskDocument& document) {
  if (!loads() || options_.settings.godwit.target_indexes != TargetIndexes::rebuild)
    return std::vector<DroppedObject>();
  std::vector<TargetTable> tables;
  std::vector<bool> held_rows;
  for (const PlannedTable& table : context_.tables) {
    const auto known = std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table);
    if (known == document.tables.end() || known->created) continue;
    tables.push_back(table.target);
    held_rows.push_back(!known->was_empty);
  }
  const Interrupter::Busy busy(context_.interrupter, nullptr, target_.get());
  return target_->plan_rebuild(tables, held_rows);
}

Result<void> TaskRunner::plan_rebuild(TaskDocument& document) {
  document.dropped = TRY(droppable(document));
  // What an earlier life of this task could not put back.
  for (const DroppedObject& object : not_restored_)
    if (std::ranges::find(document.dropped, object) == document.dropped.end()) document.dropped.push_back(object);
  not_restored_.clear();
  return {};
}

// Only what is still as the record has it: somebody may have changed it since.
Result<void> TaskRunner::drop_for_load() {
  const TaskDocument document = record_->document();
  if (!document.dropped.empty()) {
    std::vector<DroppedObject> now = TRY(droppable(document));
    std::erase_if(now, [&](const DroppedObject& object) {
      return std::ranges::find(document.dropped, object) == document.dropped.end();
    });
    const Interrupter::Busy busy(context_.interrupter, nullptr, target_.get());
    TRY(target_->drop_objects(now));
    for (const DroppedObject& object : now)
      log_info(Component::target_load, "Dropped {} {} of table {} for the load; it is made again after it",
               object.kind, object.name, log_name(object.table));
  }
  failpoint(failpoints::objects_dropped);
  return {};
}

// Of what the record holds, foreign keys or the others. What is refused stays in the record; it is tried once a run.
Result<void> TaskRunner::restore_dropped(bool foreign_keys) {
  const std::vector<DroppedObject> objects = record_->document().dropped;
  if (objects.empty()) return {};
  const auto wanted = [&](const DroppedObject& object) {
    return object.is_foreign_key() == foreign_keys && std::ranges::find(not_restored_, object) == not_restored_.end();
  };
  Restored outcome = TRY(restore_objects(*target_, objects, wanted));
  for (const std::string& failure : outcome.failures) remark(failure);
  for (const DroppedObject& object : outcome.left)
    if (wanted(object)) not_restored_.push_back(object);
  if (!not_restored_.empty()) objects_failed_ = true;
  if (outcome.left.size() == objects.size()) return {};
  return record_->update([&](std::string&, TaskDocument& document) { document.dropped = outcome.left; });
}

// Before the record goes. What is refused is carried into the next record.
Result<void> TaskRunner::restore_before_restart() {
  Restored outcome = TRY(restore_all_objects(*target_, record_->document().dropped));
  for (const std::string& failure : outcome.failures) remark(failure);
  not_restored_ = std::move(outcome.left);
  return {};
}

// A start that failed leaves everything as it found it, or its record.
Result<void> TaskRunner::restore_after_failed_start() {
  const Restored outcome = TRY(restore_all_objects(*target_, record_->document().dropped));
  if (outcome.left.empty()) return {};
  return Failure(Error{ErrorKind::prerequisite, "task.not_restored", outcome.failures.front(), ""});
}

}  // namespace godwit
