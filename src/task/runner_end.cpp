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

// `only`: of these tables alone; null: of all.
Result<void> TaskRunner::build_phase(ObjectPhase phase, const std::set<size_t>* only) {
  if (options_.settings.godwit.secondary_objects == SecondaryObjects::none) return {};
  const std::vector<TargetTable> targets = context_.targets();
  const TaskDocument document = record_->document();
  for (const ObjectDef& object : context_.objects) {
    if (object.phase != phase) continue;
    if (only != nullptr &&
        std::ranges::none_of(*only, [&](size_t t) { return context_.tables[t].target.source->ref == object.table; }))
      continue;
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
    TRY(note_failed_object(object, errors::object_failed(object.kind, object.name, built.error())));
  }
  return {};
}

// It is tried again by each run until it is there; an optional one is told about, and that is all.
Result<void> TaskRunner::note_failed_object(const ObjectDef& object, const Error& error) {
  if (is_recoverable(error)) return Failure(error);
  log_error(Component::task_manager, "{}", error.message);
  remark(error.message);
  if (object.optional) return {};
  objects_failed_ = true;
  return record_->update([&](std::string&, TaskDocument& document) {
    const std::string id = object_id(object);
    if (std::ranges::find(document.failed_objects, id) == document.failed_objects.end())
      document.failed_objects.push_back(id);
  });
}

Result<void> TaskRunner::retry_failed_objects() {
  const std::vector<std::string> failed = record_->document().failed_objects;
  if (failed.empty()) return {};
  const Interrupter::Busy busy(context_.interrupter, nullptr, target_.get());
  const std::vector<TargetTable> targets = context_.targets();
  std::vector<std::string> left;
  for (const ObjectDef& object : context_.objects) {
    if (std::ranges::find(failed, object_id(object)) == failed.end()) continue;
    auto built = target_->build(object, targets);
    if (built) {
      log_info(Component::task_manager, "Created {} {}, which had been refused", object.kind, object.name);
      continue;
    }
    TRY(note_failed_object(object, errors::object_failed(object.kind, object.name, built.error())));
    left.push_back(object_id(object));
  }
  return record_->update([&](std::string&, TaskDocument& document) { document.failed_objects = left; });
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
    const bool is_free = sequence.owner == TableRef{};
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
    remark(set.error().message);
    // A sequence that nobody made on the target, or that no table takes values from, may be none of its business.
    objects_failed_ |= !is_free && set.error().code != "target.no_sequence";
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
    const bool ends_early = summary_.stop_reason == "NORMAL";
    if (ends_early && TRY(has_other_identity(source))) continue;
    const std::string reason = errors::no_identity_counted(source.ref, new_updates, new_deletes).message;
    log_error(Component::source_capture, "{}", reason);
    progress_.fail_table(t, reason);
    context_.note_suspended(source.ref, "NO KEY");
    remark(reason + ".");
    untracked_changes_ = true;
  }
  return {};
}

// A key that the table was given, or its end, is still ahead in the log where that tells structure changes: then the
// table is loaded again, or gone.
Result<bool> TaskRunner::has_other_identity(const TableDef& table) {
  if (!context_.tells_schema) return false;
  const std::vector<TableDef> now = TRY(source_->catalog().describe(std::span(&table.ref, 1)));
  return now.empty() || now.front().identity != table.identity;
}

// Rows whose foreign key was bypassed while they were written and points to nothing.
Result<void> TaskRunner::report_orphans(bool only_parked) {
  const TaskStatistics statistics = progress_.copy();
  std::vector<TargetTable> tables;
  for (size_t t = 0; t < context_.tables.size(); ++t)
    if (statistics.tables[t].parked > 0 || (!context_.tables[t].created && !only_parked))
      tables.push_back(context_.tables[t].target);
  if (tables.empty()) return {};
  bool any = false;
  for (const auto& [name, count] : TRY(target_->count_orphans(tables))) {
    if (count == 0) continue;
    any = true;
    const std::string text = fmt::format("{} rows break foreign key {}: the row they point to is not on the target.",
                                         human_count(count), name);
    log_error(Component::task_manager, "{}", text);
    remark(text);
  }
  orphans_found_ |= any;
  if (any == record_->document().has_orphans || (only_parked && !any)) return {};
  return record_->update([&](std::string&, TaskDocument& document) { document.has_orphans = any; });
}

// The last step of what was built: triggers of the tables that Godwit made are enabled.
Result<void> TaskRunner::finish_objects() {
  if (options_.settings.godwit.secondary_objects == SecondaryObjects::none) return {};
  const std::vector<TargetTable> targets = context_.targets();
  const TaskDocument document = record_->document();
  for (const ObjectDef& object : context_.objects) {
    if (object.at_stop.empty()) continue;
    const auto owner = std::ranges::find(document.tables, object.table, &TableRecord::table);
    if (owner == document.tables.end() || !owner->created || !owner->suspended.empty()) continue;
    auto finished = target_->finish(object, targets);
    if (finished) continue;
    const Error error = errors::object_failed(object.kind, object.name, finished.error());
    if (is_recoverable(error)) return Failure(error);
    log_error(Component::task_manager, "{}", error.message);
    remark(error.message);
    objects_failed_ = true;
  }
  return {};
}

// What is refused stays in the record: the next stop tries it again.
Result<void> TaskRunner::put_constraints_back() {
  const std::string script = record_->document().restore_script;
  if (script.empty()) return {};
  auto restored = target_->restore_constraints(script);
  if (restored) return record_->update([](std::string&, TaskDocument& document) { document.restore_script.clear(); });
  if (is_recoverable(restored.error())) return restored;
  remark(restored.error().message);
  objects_failed_ = true;
  return {};
}

static std::string control_schema_option(const TaskSettings& settings) {
  const std::string& schema = settings.control_tables_settings.control_schema;
  return schema.empty() ? "" : fmt::format(" --control-schema '{}'", schema);
}

// Of no use to who sees the task in a control plane: there a stopped task is to go on.
void TaskRunner::say_what_is_kept() {
  if (record_->document().users_slot)
    remark(
        fmt::format("Replication slot {} is yours and is kept on the source, which keeps its log from there on. Run "
                    "the same command to go on, or drop the slot when nobody needs it.",
                    record_->document().capture));
  else if (!source_->capture_identity(context_.task_id, context_.target_system).kept)
    remark(
        "Nothing on the source keeps its log for this task. Run the same command to go on before the server's own "
        "retention is over.");
  else
    remark(
        fmt::format("Replication slot {} is kept on the source, which keeps its log from there on. Run the same "
                    "command to go on, or "
                    "`godwit drop --task-id {} --source URI --target URI{}` to remove it.",
                    record_->document().capture, context_.task_id, control_schema_option(options_.settings)));
}

// Told while it goes on: nobody cuts it short. One that failed is begun again, or is none.
Result<void> TaskRunner::end_cleanly() {
  ending_ = true;
  const auto tell = [this](bool ending) {
    progress_.change([&](TaskStatistics& statistics) { statistics.ending = ending; });
  };
  tell(true);
  auto ended = put_all_right();
  if (!ended) tell(false);
  return ended;
}

Result<void> TaskRunner::put_all_right() {
  const TaskStatistics statistics = progress_.copy();
  if (follows()) capture_.reset();
  // Before all that takes long on large tables: a sequence that is behind gives numbers that are there.
  TRY(set_sequences());
  if (follows()) {
    TRY(check_keyless_tables());
    const bool at_the_end = summary_.stop_reason == "STOPPED_AT_CAUGHT_UP";
    if (at_the_end || !context_.tells_schema)
      for (const auto& [t, what] : TRY(untold_changes(context_, record_->document(), *source_)))
        TRY(fail_table(t, errors::untold_change(context_.tables[t].target.source->ref, what).message));
    if (record_->document().has_orphans)
      TRY(report_orphans(false));
    else if (std::ranges::any_of(statistics.tables, [](const TableStatistics& t) { return t.parked > 0; }))
      TRY(report_orphans(true));
  }
  const size_t refused = record_->document().failed_objects.size();
  TRY(retry_failed_objects());
  // What is there only now may hold a sequence.
  if (record_->document().failed_objects.size() < refused) TRY(set_sequences());
  const std::optional<Position> reached = TRY(target_->read_position(context_.task_id));
  if (follows() && !constraints_by_session_ && reached && source_->compare(*reached, highest_snapshot()) >= 0)
    TRY(build_foreign_keys());
  TRY(finish_objects());
  TRY(put_constraints_back());
  const std::optional<Position> stored = TRY(target_->read_position(context_.task_id));
  if (stored && follows()) summary_.checkpoint = source_->checkpoint(*stored);
  if (!follows()) TRY(record_->update([](std::string& phase, TaskDocument&) { phase = "finished"; }));
  // Once only: the task that is started again goes on.
  const bool stop_served = summary_.stop_reason != "NORMAL" && record_->document().owes_stop;
  if (stop_served) TRY(record_->update([](std::string&, TaskDocument& document) { document.owes_stop = false; }));
  summary_.parked_rows = TRY(target_->count_parked(context_.task_id));
  const bool at_an_end = !follows() || summary_.stop_reason == "STOPPED_AT_CAUGHT_UP";
  if (options_.finish && at_an_end) {
    const std::string_view why = why_not_finished();
    if (why.empty()) return remove_traces();
    remark(fmt::format("--finish removed nothing: {}", why));
  }
  if (options_.finish && !at_an_end) remark("--finish cleans up at a clean caught-up only; this run stopped before.");
  if (follows() && options_.fresh_run == 0) say_what_is_kept();
  return {};
}

// What only the record knows is not thrown away.
std::string_view TaskRunner::why_not_finished() const {
  const TaskDocument document = record_->document();
  if (!document.dropped.empty() || !document.restore_script.empty())
    return "the record on the target holds the definitions of what could not be made again.";
  const TaskStatistics statistics = progress_.copy();
  if (std::ranges::any_of(document.tables, [](const TableRecord& t) { return !t.suspended.empty(); }) ||
      std::ranges::any_of(statistics.tables, [](const TableStatistics& t) { return t.state == TableState::error; }))
    return "a table is in error. Mend the cause and use --restart, or `godwit drop` if the table is not needed.";
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
  for (const std::string& text : standing_) {
    remark(text);
    in_error = true;
  }
  uint64_t parked = 0, mended = 0;
  for (size_t t = 0; t < statistics.tables.size(); ++t) {
    const TableStatistics& table = statistics.tables[t];
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
      if (table.state != TableState::error) progress_.fail_table(t, error.message);  // the last word on the table
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
