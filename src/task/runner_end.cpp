// What stands around the rows once they are all there, and what a clean stop leaves behind.

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/foreign_objects.h"
#include "task/errors.h"
#include "task/runner.h"
#include "task/untold_changes.h"

namespace godwit {

Result<void> TaskRunner::build_phase(ObjectPhase phase) {
  if (options_.settings.godwit.secondary_objects == SecondaryObjects::none) return {};
  const std::vector<TargetTable> targets = context_.targets();
  const TaskDocument document = record_->document();
  for (const ObjectDef& object : context_.objects) {
    if (object.phase != phase) continue;
    const auto owner = std::ranges::find(document.tables, object.table, &TableRecord::table);
    if (!object.table.name.empty() &&
        (owner == document.tables.end() || !owner->created || !owner->suspended.empty()))
      continue;
    if (object.create.empty() && !object.meaning) {
      remark(fmt::format("Not carried over, left to you: {} {}.", object.kind, object.name));
      continue;
    }
    auto built = target_->build(object, targets);
    if (phase == ObjectPhase::foreign_keys) failpoint(failpoints::foreign_keys);
    if (built) {
      if (*built) log_info(Component::task_manager, "Created {} {}", object.kind, object.name);
      continue;
    }
    const Error error = errors::object_failed(object.kind, object.name, built.error());
    if (is_recoverable(error)) return Failure(error);
    log_error(Component::task_manager, "{}", error.message);
    remark(error.message);
    if (!object.optional) objects_failed_ = true;
  }
  return {};
}

Result<void> TaskRunner::build_foreign_keys() {
  if (!loads()) return {};
  TRY(restore_dropped(false));
  TRY(build_phase(ObjectPhase::foreign_keys));
  TRY(restore_dropped(true));
  TRY(build_phase(ObjectPhase::triggers));
  return build_phase(ObjectPhase::comments);
}

// The sequence's table and column as the target has them; a column that is left out leaves the sequence its name
// alone.
static void move_owner(SequenceState& sequence, const TargetTable& table) {
  const ColumnDef* moved = planned_column(table, sequence.column);
  sequence.owner = table.layout->ref;
  if (moved != nullptr)
    sequence.column = moved->name;
  else if (!find_column(*table.layout, sequence.column))
    sequence.owner = {};
}

// Sequences are neither logged nor transactional: they take the source's value, which is never behind an applied row.
Result<void> TaskRunner::set_sequences() {
  std::vector<TableDef> definitions;
  for (const PlannedTable& table : context_.tables) definitions.push_back(*table.target.source);
  for (SequenceState sequence : TRY(source_->catalog().read_sequences(definitions))) {
    for (const PlannedTable& table : context_.tables) {
      const bool owns = table.target.source->ref == sequence.owner;
      if (!owns && !(sequence.owner == TableRef{} && table.target.source->ref.schema == sequence.schema)) continue;
      sequence.schema = table.target.layout->ref.schema;
      if (owns) move_owner(sequence, table.target);
      break;
    }
    auto set = target_->set_sequence(sequence);
    if (set) continue;
    if (is_recoverable(set.error())) return set;
    log_warning(Component::task_manager, "{}", set.error().message);
  }
  return {};
}

// The log says nothing of updates and deletes of these tables; the server's counters do.
Result<void> TaskRunner::check_keyless_tables() {
  const TaskDocument document = record_->document();
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    const TableDef& source = *context_.tables[t].target.source;
    if (!source.logged) {
      remark(
          fmt::format("Table {} is UNLOGGED: changes made after its load were not captured.", to_string(source.ref)));
      continue;
    }
    if (source.identity != RowIdentity::none) continue;
    const auto known = std::ranges::find(document.tables, source.ref, &TableRecord::table);
    if (known == document.tables.end() || !known->suspended.empty()) continue;
    std::vector<TableRef> names = {source.ref};
    for (const LeafDef& leaf : source.leaves) names.push_back(leaf.ref);
    uint64_t updates = 0, deletes = 0;
    for (const ChangeCounters& counters : TRY(source_->count_changes(names))) {
      updates += counters.updates;
      deletes += counters.deletes;
    }
    // A crash of the server, or somebody, sets its counters to zero: then all that they show is new.
    const bool counted_anew = updates < known->updates || deletes < known->deletes;
    const uint64_t new_updates = updates - (counted_anew ? 0 : known->updates);
    const uint64_t new_deletes = deletes - (counted_anew ? 0 : known->deletes);
    if (new_updates == 0 && new_deletes == 0) continue;
    const std::string reason = fmt::format(
        "table {0} has no replica identity, and the source counted {1} updates and {2} deletes on it since the "
        "start, which the "
        "log does not carry. Run ALTER TABLE \"{3}\".\"{4}\" REPLICA IDENTITY FULL; and load the table anew "
        "(--restart)",
        to_string(source.ref), new_updates, new_deletes, source.ref.schema, source.ref.name);
    log_error(Component::source_capture, "{}", reason);
    progress_.fail_table(t, reason);
    context_.note_suspended(source.ref, "NO KEY");
    remark(reason + ".");
    untracked_changes_ = true;
  }
  return {};
}

// Rows whose foreign key was bypassed while they were written and points to nothing.
Result<void> TaskRunner::report_orphans(bool only_parked) {
  const TaskStatistics statistics = progress_.copy();
  std::vector<TargetTable> tables;
  for (size_t t = 0; t < context_.tables.size(); ++t)
    if (statistics.tables[t].parked > 0 || (!context_.tables[t].created && !only_parked))
      tables.push_back(context_.tables[t].target);
  if (tables.empty()) return {};
  for (const auto& [name, count] : TRY(target_->count_orphans(tables))) {
    if (count == 0) continue;
    orphans_found_ = true;
    const std::string text = fmt::format("{} rows break foreign key {}: the row they point to is not on the target.",
                                         human_count(count), name);
    log_error(Component::task_manager, "{}", text);
    remark(text);
  }
  return {};
}

Result<void> TaskRunner::end_cleanly() {
  const TaskStatistics statistics = progress_.copy();
  if (follows()) {
    capture_.reset();
    TRY(check_keyless_tables());
    const bool at_the_end = summary_.stop_reason == "STOPPED_AT_CAUGHT_UP";
    if (at_the_end || !context_.tells_schema)
      for (const auto& [t, what] : TRY(untold_changes(context_, record_->document(), *source_)))
        TRY(fail_table(t, errors::untold_change(context_.tables[t].target.source->ref, what).message));
    if (std::ranges::any_of(statistics.tables, [](const TableStatistics& t) { return t.parked > 0; }))
      TRY(report_orphans(true));
  }
  const std::optional<Position> reached = TRY(target_->read_position(context_.task_id));
  if (follows() && !constraints_by_session_ && reached && source_->compare(*reached, highest_snapshot()) >= 0)
    TRY(build_foreign_keys());
  TRY(set_sequences());
  const std::vector<TargetTable> targets = context_.targets();
  for (const ObjectDef& object : context_.objects)
    if (!object.at_stop.empty()) TRY(target_->finish(object, targets));
  const std::string script = record_->document().restore_script;
  if (!script.empty()) {
    TRY(target_->restore_constraints(script));
    TRY(record_->update([](std::string&, TaskDocument& document) { document.restore_script.clear(); }));
  }
  const std::optional<Position> stored = TRY(target_->read_position(context_.task_id));
  if (stored && follows()) summary_.checkpoint = source_->checkpoint(*stored);
  if (!follows()) TRY(record_->update([](std::string& phase, TaskDocument&) { phase = "finished"; }));
  summary_.parked_rows = TRY(target_->count_parked(context_.task_id));
  const bool at_an_end = !follows() || summary_.stop_reason == "STOPPED_AT_CAUGHT_UP";
  if (options_.finish && at_an_end && record_->document().dropped.empty()) return remove_traces();
  if (options_.finish && at_an_end) {
    remark(
        "--finish removed nothing: the record on the target holds the definitions of what could not be made again.");
    return {};
  }
  if (options_.finish) remark("--finish cleans up at a clean caught-up only; this run stopped before.");
  if (follows() && record_->document().users_slot)
    remark(
        fmt::format("Replication slot {} is yours and is kept on the source, which keeps its log from there on. Run "
                    "the same command to go on, or drop the slot when nobody needs it.",
                    record_->document().capture));
  else if (follows())
    remark(
        fmt::format("Replication slot {} is kept on the source, which keeps its log from there on. Run the same "
                    "command to go on, or "
                    "`godwit drop --task-id {} --source URI --target URI` to remove it.",
                    record_->document().capture, context_.task_id));
  return {};
}

Result<void> TaskRunner::remove_traces() {
  TRY(source_->end_leftover_sessions(true));
  // From here on the next run knows that only this is left to do.
  TRY(record_->update([](std::string& phase, TaskDocument&) { phase = "finished"; }));
  if (follows() && record_->document().users_slot)
    remark(
        fmt::format("Replication slot {} is yours and was not dropped; while it is there the source keeps its log.",
                    record_->document().capture));
  if (follows()) TRY(source_->drop_capture(context_.task_id, context_.target_system));
  return record_->forget();
}

void TaskRunner::summarize() {
  const TaskStatistics statistics = progress_.copy();
  summary_.elapsed_ms = monotonic_ms() - started_ms_;
  summary_.tables = statistics.tables.size();
  if (const size_t dropped = record_ ? record_->document().dropped.size() : 0; dropped > 0)
    remark(
        fmt::format("{} indexes, constraints and foreign keys of tables made beforehand are not on the target now; "
                    "they were dropped for the load. The next run makes them again, and so do --restart and `godwit "
                    "drop`.",
                    dropped));
  bool in_error = false;
  uint64_t parked = 0, mended = 0;
  for (const TableStatistics& table : statistics.tables) {
    const uint64_t captured = table.inserts + table.updates + table.deletes;
    const uint64_t applied = table.applied_inserts + table.applied_updates + table.applied_deletes;
    summary_.read_rows += table.full_load_rows + table.full_load_error_rows + captured + table.filtered;
    summary_.applied_rows += table.full_load_rows + applied;
    summary_.filtered_rows += table.dropped + table.ignored + table.filtered;
    parked += table.parked;
    mended += table.mended;
    if (const uint64_t missing = unaccounted(table); missing > 0) {
      in_error = true;
      const Error error = errors::counts_do_not_close(table.table, missing);
      log_error(Component::task_manager, "{}", error.message);
      remark(error.message);
    }
    in_error |= table.state == TableState::error;
    if (table.state == TableState::error)
      remark(fmt::format("Table {} is in error: {}", to_string(table.table), table.reason));
  }
  summary_.parked_rows = std::max(summary_.parked_rows, parked);
  if (summary_.parked_rows > 0)
    remark(fmt::format(
        "{} rows or changes are parked in awsdms_apply_exceptions and godwit_parked on the target, each with key, "
        "statement and cause.",
        human_count(summary_.parked_rows)));
  if (mended > 0)
    remark(
        fmt::format("{} rows or changes were written with a value that could not be converted, computed or masked; "
                    "each is named in awsdms_apply_exceptions on the target.",
                    human_count(mended)));
  if (summary_.exit == 0 &&
      (in_error || mended > 0 || summary_.parked_rows > 0 || orphans_found_ || objects_failed_ || untracked_changes_))
    summary_.exit = 3;
}

}  // namespace godwit
