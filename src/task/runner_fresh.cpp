// A fresh start: what an earlier life of the task left is cleared away, the tables' places are looked at, then slot,
// snapshot and record are made. Tried once; a start that fails leaves nothing behind but control tables.

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "task/drop_task.h"
#include "task/errors.h"
#include "task/runner.h"

namespace godwit {
namespace {

constexpr uint64_t whole_table_bytes = uint64_t{1} << 62U;  // one slice a leaf

// The table of the first key that only one of the two has; nothing: they are the same.
std::optional<TableRef> first_difference(const std::vector<ActingKey>& before, const std::vector<ActingKey>& now) {
  const auto [was, is] = std::ranges::mismatch(before, now);
  if (was != before.end()) return was->child;
  return is != now.end() ? std::optional(is->child) : std::nullopt;
}

}  // namespace

Result<void> TaskRunner::clear_for_restart() {
  const TaskDocument document = record_->document();
  TRY(target_->end_leftover_sessions());
  TRY(source_->end_leftover_sessions(true));
  const bool keeps_rows = options_.settings.full_load_settings.target_table_prep_mode == PrepareMode::do_nothing;
  std::vector<TableRef> to_drop, to_empty;
  for (const PlannedTable& table : context_.tables) {
    const auto known = std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table);
    if (known == document.tables.end()) continue;
    const bool same_rules =
        document.mapping_hash == hex64(schema_shaping_hash(options_.rules, plan_options(options_.settings)));
    if (known->target.name.empty() && !same_rules) continue;  // which table that was is not known any more
    // What the task made or filled, which under other rules is not the table that is loaded now.
    const TableRef& name = known->target.name.empty() ? table.target.layout->ref : known->target;
    if (known->created && record_->phase() != "starting")
      to_drop.push_back(name);
    else if (keeps_rows && loads() && !known->was_empty && record_->phase() != "starting" &&
             name == table.target.layout->ref)
      return Failure(errors::restart_would_empty(name));
    else if (loads() && record_->phase() != "starting" && known->was_empty &&
             (keeps_rows || name != table.target.layout->ref || !document.restore_script.empty()))
      to_empty.push_back(name);
  }
  if (!document.capture.empty()) TRY(source_->drop_capture(context_.task_id, context_.target_system));
  const ServerIdentity now = TRY(source_->identity());
  const CaptureIdentity own = source_->capture_identity(context_.task_id, context_.target_system);
  const bool nothing_there = !own.kept && own.name == document.capture;
  if (!document.capture.empty() && !document.users_slot && !nothing_there &&
      document.source_system + document.source_database != now.system + now.database)
    remark(fmt::format(
        "The task was started with another source before (system {}, database {}); its slot {} may still be there "
        "and keep that server's log: SELECT pg_drop_replication_slot('{}').",
        document.source_system, document.source_database, document.capture, document.capture));
  if (!to_drop.empty()) TRY(target_->drop_tables(to_drop));
  // A table of the user's may be gone by now. Asked for by name: a server may list it in other letters.
  const std::vector<TableDef> there = TRY(target_->catalog().describe(to_empty));
  std::erase_if(to_empty,
                [&](const TableRef& name) { return std::ranges::find(there, name, &TableDef::ref) == there.end(); });
  if (!to_empty.empty()) TRY(target_->truncate(to_empty));
  // After the rows are gone: a load that was left half-way breaks the keys.
  if (!document.restore_script.empty()) {
    auto restored = target_->restore_constraints(document.restore_script);
    if (!restored && restored.error().code != keys_not_valid) return restored;
    if (!restored) remark(restored.error().message);
  }
  TRY(restore_before_restart());
  if (loads()) TRY(target_->drop_large_objects(context_.task_id));
  return record_->forget();
}

// What is in the tables' places, and what will be done about it.
Result<void> TaskRunner::plan_preparation(TaskDocument& document) {
  const std::vector<TargetTable> targets = context_.targets();
  const std::vector<TargetTableState> states = TRY(inspect(targets));
  const PrepareMode mode = options_.settings.full_load_settings.target_table_prep_mode;
  std::string not_empty;
  for (size_t t = 0; t < states.size(); ++t) {
    TableRecord record;
    record.table = context_.tables[t].target.source->ref;
    record.target = context_.tables[t].target.layout->ref;
    record.structure = structure_fingerprint(*context_.tables[t].target.source);
    record.created = loads() && (!states[t].exists || mode == PrepareMode::drop_and_create);
    record.was_empty = !states[t].exists || states[t].empty || mode != PrepareMode::do_nothing;
    context_.tables[t].created = record.created;
    if (!record.was_empty && loads()) {
      if (!states[t].has_primary_key && !options_.preparation_named)
        return Failure(errors::keyless_not_empty(targets[t].layout->ref));
      not_empty += (not_empty.empty() ? "" : ", ") + to_string(targets[t].layout->ref);
    }
    if (loads())
      record.slices = TRY(split(context_.tables[t].target));
    else if (!source_->log_tells_all())  // for the storage they name
      record.slices = TRY(source_->split(*context_.tables[t].target.source, whole_table_bytes));
    document.tables.push_back(std::move(record));
  }
  TRY(plan_rebuild(document));
  if (!not_empty.empty())
    log_warning(Component::task_manager,
                "These tables of the target hold rows already, and the preparation mode is "
                "DO_NOTHING: {}",
                not_empty);
  std::vector<TableRef> keyless;
  for (const PlannedTable& table : context_.tables)
    if (table.target.source->identity == RowIdentity::none) {
      keyless.push_back(table.target.source->ref);
      for (const LeafDef& leaf : table.target.source->leaves) keyless.push_back(leaf.ref);
    }
  if (keyless.empty()) return {};
  for (const ChangeCounters& counters : TRY(source_->count_changes(keyless)))
    for (const PlannedTable& table : context_.tables) {
      const auto& leaves = table.target.source->leaves;
      if (table.target.source->ref != counters.table &&
          std::ranges::find(leaves, counters.table, &LeafDef::ref) == leaves.end())
        continue;
      TableRecord* record = record_of(document, table.target.source->ref);
      record->updates += counters.updates;
      record->deletes += counters.deletes;
    }
  return {};
}

Result<void> TaskRunner::start_afresh() {
  if (!options_.start_position.empty() && options_.type != TaskType::cdc) return Failure(errors::no_start_position());
  TRY(source_->end_leftover_sessions(true));
  TRY(check_ends(true));
  if (int64_t time_us = 0; parse_utc(options_.start_position, time_us)) {
    const Interrupter::Busy busy(context_.interrupter, source_.get(), nullptr);
    const Position found = TRY(source_->position_at_time(time_us));
    options_.start_position = found.text;
  }
  const ServerIdentity source = TRY(source_->identity());
  TaskDocument document;
  document.worker = worker_;
  document.fresh_run = options_.fresh_run;
  document.source_system = source.system;
  document.source_database = source.database;
  document.target_system = context_.target_system;
  document.type = to_string(options_.type);
  document.mapping_hash = hex64(schema_shaping_hash(options_.rules, plan_options(options_.settings)));
  document.shape_hash = hex64(row_shaping_hash(options_.rules, plan_options(options_.settings)));
  if (follows()) {
    const CaptureIdentity capture = source_->capture_identity(context_.task_id, context_.target_system);
    document.capture = capture.name;
    document.capture_way = capture.way;
    document.users_slot = capture.users;
  }
  document.owes_stop = follows() && loads();
  TRY(plan_preparation(document));
  TRY(target_->create_control_tables());
  // Whatever an earlier life of this task says there: every table is active now.
  if (auto cleared = target_->write_suspended(context_.task_id, {}, "", false); !cleared)
    log_error(Component::task_manager, "{}",
              errors::control_table_unwritten("awsdms_suspended_tables", cleared.error()).message);
  start_reporter();
  log_info(Component::task_manager, "Task '{}' running {} in fresh start mode", context_.task_id,
           follows() ? (loads() ? "full load and CDC" : "CDC only") : "full load only");
  auto started = take_snapshot(std::move(document));
  if (started && loads()) started = prepare_target();
  if (started || started.error().code == "task.taken_over") return started;
  auto undone = started.error().kind == ErrorKind::connection ? reclaim() : Result<void>();
  if (!undone && undone.error().code == "task.taken_over") return undone;
  if (!undone && undone.error().code == "task.record_gone") return started;  // it failed before anything was made
  if (undone) undone = undo_start();
  if (!undone)
    return Failure(
        in_context(started.error(), "the start failed and could not be undone (" + undone.error().message + ")"));
  return started;
}

Result<Position> TaskRunner::stream_start(const Snapshot& snapshot) const {
  if (options_.start_position.empty()) return snapshot.position;
  const Position wanted = TRY(source_->parse_position(options_.start_position));
  const std::partial_ordering order = source_->compare(wanted, snapshot.position);
  if (order >= 0) return wanted;
  if (order == std::partial_ordering::unordered)
    return Failure(errors::start_elsewhere(options_.start_position, snapshot.position.text));
  return Failure(errors::start_too_early(options_.start_position, snapshot.position.text));
}

// Without a load nothing else compares what the tables are with what they were at the stream's start.
Result<void> TaskRunner::check_definitions(Source& source, const Position& start) {
  std::set<size_t> all;
  std::vector<TableRef> names;
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    all.insert(t);
    names.push_back(context_.tables[t].target.source->ref);
  }
  const std::set<size_t> changed = TRY(redefined_tables(all));
  if (!changed.empty()) return Failure(errors::changed_while_starting(names[*changed.begin()]));
  return source.check_definitions(start, names);
}

Result<void> TaskRunner::take_snapshot(TaskDocument document) {
  TRY(record_->update([&](std::string& phase, TaskDocument& stored) {
    phase = "starting";
    stored = document;
  }));
  TRY(remember_capture());
  // A session of its own makes the slot and lets go of the exported snapshot when keepers have it.
  std::unique_ptr<Source> maker = TRY(context_.open_source("slot"));
  const Interrupter::Busy busy(context_.interrupter, maker.get(), nullptr);
  Snapshot snapshot;
  const int64_t clock_us = TRY(source_->clock_us());
  const std::vector<ActingKey> keys_before = follows() ? TRY(catalog_keys()) : std::vector<ActingKey>();
  if (follows())
    snapshot = TRY(maker->begin_capture(starting_spec(true)));
  else
    snapshot = TRY(maker->open_snapshot(starting_spec(true)));
  failpoint(failpoints::slot_made);
  context_.tells_schema = follows() && TRY(maker->tells_schema_changes(context_.capture_spec()));
  const Position start = TRY(stream_start(snapshot));
  if (!loads()) TRY(check_definitions(*maker, start));
  const std::vector<ActingKey> keys = follows() ? TRY(catalog_keys()) : std::vector<ActingKey>();
  if (const auto other = first_difference(keys_before, keys)) return Failure(errors::changed_while_starting(*other));
  progress_.change([&](TaskStatistics& s) {
    s.applied = start;
    s.started_us = clock_us;
  });
  if (follows()) TRY(target_->start_position(context_.task_id, start));
  TRY(record_->update([&](std::string& phase, TaskDocument& stored) {
    phase = loads() ? "preparing" : "following";
    stored.start = start;
    stored.snapshot_position = snapshot.position;
    stored.source_keys = keys;
    for (TableRecord& table : stored.tables) table.snapshot = loads() ? snapshot.position : Position{};
    if (context_.tells_schema)
      for (const PlannedTable& table : context_.tables)
        record_of(stored, table.target.source->ref)->definition = *table.target.source;
  }));
  if (!loads()) {
    TRY(release_constraints());
    log_info(Component::task_manager, "Full load complete. 0 tables were loaded because the task runs CDC only.");
    return {};
  }
  TRY(hold_snapshot(snapshot.id));
  failpoint(failpoints::keeper_up);
  return {};
}

// Nothing of a start that failed stays on either end, but for control tables.
Result<void> TaskRunner::undo_start() {
  keeper_.reset();
  // From here on the next start clears up by itself, should this one not come to its end.
  TRY(record_->update([](std::string& phase, TaskDocument&) { phase = "starting"; }));
  TRY(source_->end_leftover_sessions(true));
  if (follows()) TRY(source_->drop_capture(context_.task_id, context_.target_system));
  const TaskDocument document = record_->document();
  if (!document.restore_script.empty()) TRY(target_->restore_constraints(document.restore_script));
  TRY(restore_after_failed_start());
  if (structure_begun_) {
    std::vector<TableRef> created;
    for (const PlannedTable& table : context_.tables)
      if (table.created) created.push_back(table.target.layout->ref);
    if (!created.empty()) TRY(target_->drop_tables(created));
  }
  return record_->forget();
}

}  // namespace godwit
