// The load: structure on the target, slices by lanes, tables that moved under the load loaded again.

#include <fmt/format.h>

#include <algorithm>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "task/errors.h"
#include "task/runner.h"
#include "task/schema_decision.h"
#include "task/untold_changes.h"

namespace godwit {
namespace {

// A table that is rewritten this often while it is loaded is given up.
constexpr int reloads_max = 5;

// What a table of the target that structure changes leave alone was made for, in the words of `now`; one that is made
// again keeps its name alone. Nothing: it is made for `now`.
std::optional<TableDef> made_for(const TableRecord& record, const TableDef& now) {
  if (!record.target_definition || !record.definition) return std::nullopt;
  const bool changed = structure_fingerprint(now) != record.structure;
  if (!changed && !(record.rebuild && record.created))
    return renumbered(*record.target_definition, *record.definition, now);
  if (record.target_definition->ref == now.ref) return std::nullopt;
  TableDef out = now;
  out.ref = record.target_definition->ref;
  return out;
}

}  // namespace

// Repeatable: nothing of the load has been committed in this phase.
Result<void> TaskRunner::prepare_target() {
  const std::vector<TargetTable> targets = context_.targets();
  const std::vector<TargetTableState> states = TRY(inspect(targets));
  std::vector<TableRef> to_drop, to_empty;
  const PrepareMode mode = options_.settings.full_load_settings.target_table_prep_mode;
  for (size_t t = 0; t < targets.size(); ++t) {
    if (!states[t].exists) continue;
    if (mode == PrepareMode::drop_and_create) to_drop.push_back(targets[t].layout->ref);
    if (mode == PrepareMode::truncate_before_load && !context_.tables[t].created)
      to_empty.push_back(targets[t].layout->ref);
  }
  // First: where the role may not, nothing has been dropped or emptied yet.
  TRY(release_constraints());
  structure_begun_ = true;
  if (!to_drop.empty()) TRY(target_->drop_tables(to_drop));
  if (!to_empty.empty()) TRY(target_->truncate(to_empty));
  TRY(drop_for_load());
  TRY(build_structure());
  failpoint(failpoints::target_prepared);
  return record_->update([](std::string& phase, TaskDocument&) { phase = "loading"; });
}

// Of all tables, or of those with these names on the target: another one that is not there may be under way to
// another name, where DDL commits by itself.
Result<void> TaskRunner::build_structure(std::span<const TableRef> only) {
  const std::vector<TargetTable> targets = context_.targets();
  const bool any = std::ranges::any_of(context_.tables, &PlannedTable::created);
  for (const ObjectDef& object : context_.objects) {
    if (object.phase != ObjectPhase::before_tables && object.phase != ObjectPhase::tables) continue;
    const auto owner = std::ranges::find_if(
        context_.tables, [&](const PlannedTable& t) { return t.target.source->ref == object.table; });
    const bool of_table = !object.table.name.empty();
    const bool wanted = of_table ? owner != context_.tables.end() && owner->created : any;
    if (!wanted) continue;
    if (of_table && !only.empty() && std::ranges::find(only, owner->target.layout->ref) == only.end()) continue;
    auto built = target_->build(object, targets);
    if (built) continue;
    const Error error = errors::object_failed(object.kind, object.name, built.error());
    if (!object.optional) return Failure(error);
    TRY(note_failed_object(object, error));
  }
  return {};
}

Result<void> TaskRunner::hold_snapshot(const std::string& id, std::function<void(TaskDocument&)> with_it) {
  keeper_.reset();
  const auto record = [this, with_it = std::move(with_it), first = true](const std::string& held) mutable {
    const bool now = std::exchange(first, false) && with_it;
    return record_->update([&](std::string&, TaskDocument& document) {
      document.snapshot_id = held;
      if (now) with_it(document);
    });
  };
  keeper_ = TRY(SnapshotKeeper::start([this] { return context_.open_source("keeper"); }, record, id));
  return {};
}

Result<void> TaskRunner::load(const std::stop_token& stop) {
  progress_.set_phase("full load");
  TRY(clear_tables());
  TRY(empty_stale_tables());
  TRY(rebuild_changed_tables());
  TRY(absorb_partitions());
  const std::set<size_t> pending = pending_tables();
  const std::set<size_t> unfinished = TRY(unfinished_tables());
  if (!keeper_ && !record_->document().snapshot_id.empty()) {
    auto held = hold_snapshot(record_->document().snapshot_id);
    if (!held && held.error().kind != ErrorKind::snapshot_lost) return held;
    if (!held)
      log_warning(Component::source_unload, "{} Tables that are not loaded yet are loaded from a later one.",
                  held.error().message);
  }
  // What changed while no worker ran is loaded again: neither its slices nor its log fit the plan made of it now.
  Again again;
  again.whole = TRY(changed_tables(unfinished));
  again.whole.insert(pending.begin(), pending.end());
  if (keeper_) TRY(merge_pending(again, stop));
  if (follows()) TRY(start_capture());
  LoadPlan plan = TRY(load_plan({}));
  std::erase_if(plan.tables, [&](const LoadPlan::Table& table) { return again.contains(table.index); });
  if (!keeper_) {
    // Tables that are complete but for their keys and indexes go on as they are.
    for (const LoadPlan::Table& table : plan.tables)
      if (!table.to_do.empty() || table.merge_pending) again.lost.insert(table.index);
    std::erase_if(plan.tables, [&](const LoadPlan::Table& table) { return again.contains(table.index); });
  }
  TRY(run_round(plan, again, stop));
  for (;;) {
    // A log that tells structure changes tells those since the snapshot.
    if (!context_.tells_schema) again.whole.merge(TRY(changed_tables(unfinished)));
    if (reloads_wanted_) {
      TRY(take_up_reloads());
      again.whole.merge(pending_tables());
    }
    if (again.empty()) break;
    Again now = std::exchange(again, {});
    TRY(widen(now));
    TRY(reload(now, again, stop));
    LoadPlan rest = TRY(load_plan(now.all()));
    std::erase_if(rest.tables, [&](const LoadPlan::Table& table) { return again.contains(table.index); });
    TRY(run_round(rest, again, stop));
  }
  TRY(copy_large_objects(stop));
  return end_load();
}

uint64_t TaskRunner::slice_bytes() const {
  return std::min(static_cast<uint64_t>(options_.settings.godwit.slice_mb) << 20U, target_->transaction_bytes_max());
}

Result<LoadPlan> TaskRunner::load_plan(const std::set<size_t>& only) {
  const TaskDocument document = record_->document();
  const std::vector<LedgerLine> ledger = TRY(target_->read_ledger(context_.task_id));
  std::set<std::pair<TableRef, uint32_t>> done;
  for (const LedgerLine& line : ledger) done.emplace(line.table, line.slice);
  LoadPlan plan;
  plan.snapshot_id = [this] { return keeper_ ? keeper_->id() : std::string(); };
  plan.snapshot = document.snapshot_position;
  const bool secondary = options_.settings.godwit.secondary_objects == SecondaryObjects::all;
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    if (!only.empty() && !only.contains(t)) continue;
    const TableRef& name = context_.tables[t].target.source->ref;
    const auto known = std::ranges::find(document.tables, name, &TableRecord::table);
    if (known == document.tables.end() || !known->suspended.empty()) continue;
    LoadPlan::Table table;
    table.index = t;
    table.held_rows = !known->was_empty;
    table.merging = known->merges > 0;
    table.merge_pending = table.merging && !done.contains({name, merge_line(*known)});
    table.slice_bytes = context_.tables[t].target.source->estimated_bytes / std::max<size_t>(1, known->slices.size());
    table.load_order = context_.tables[t].load_order;
    uint64_t rows_done = 0;
    for (const TableRange& slice : known->slices)
      if (!done.contains({name, slice.index})) table.to_do.push_back(slice);
    for (const LedgerLine& line : ledger)
      if (line.table == name && line.slice < known->slices.size()) rows_done += line.rows_written;
    for (const ObjectDef& object : context_.objects) {
      if (object.table != name || !context_.tables[t].created) continue;
      const bool primary = object.kind == "primary key";
      if (object.phase == ObjectPhase::keys && (secondary || primary)) table.keys.push_back(&object);
      if (object.phase == ObjectPhase::indexes && secondary) table.indexes.push_back(&object);
    }
    for (const DroppedObject& object : document.dropped)
      if (!object.is_foreign_key() && object.table == context_.tables[t].target.layout->ref)
        table.dropped.push_back(object);
    progress_.change_table(t, [&](TableStatistics& s) {
      s.slices = static_cast<uint32_t>(known->slices.size());
      s.slices_done = s.slices - static_cast<uint32_t>(table.to_do.size());
      s.full_load_rows = rows_done;
    });
    plan.tables.push_back(std::move(table));
  }
  std::ranges::stable_sort(plan.tables, [&](const LoadPlan::Table& a, const LoadPlan::Table& b) {
    const PlannedTable &x = context_.tables[a.index], &y = context_.tables[b.index];
    if (x.load_order != y.load_order) return x.load_order > y.load_order;
    return x.target.source->estimated_bytes > y.target.source->estimated_bytes;
  });
  return plan;
}

std::set<size_t> TaskRunner::Again::all() const {
  std::set<size_t> out = whole;
  out.insert(lost.begin(), lost.end());
  return out;
}

Result<void> TaskRunner::run_round(const LoadPlan& plan, Again& again, const std::stop_token& stop) {
  LoadOutcome outcome = TRY(run_load(context_, plan, stop));
  for (std::string& failed : outcome.objects_failed) {
    objects_failed_ = true;
    remark(std::move(failed));
  }
  not_restored_.insert(not_restored_.end(), outcome.not_restored.begin(), outcome.not_restored.end());
  if (!outcome.failed.empty() || !outcome.failed_ids.empty())
    TRY(record_->update([&](std::string&, TaskDocument& document) {
      document.failed_objects.insert(document.failed_objects.end(), outcome.failed_ids.begin(),
                                     outcome.failed_ids.end());
      for (const auto& [index, error] : outcome.failed)
        if (TableRecord* record = record_of(document, context_.tables[index].target.source->ref)) {
          record->suspended = error.message;
          record->suspend_reason = "TABLE ERROR";
        }
    }));
  for (const auto& [index, error] : outcome.failed)
    context_.note_suspended(context_.tables[index].target.source->ref, "TABLE ERROR");
  again.whole.merge(outcome.whole);
  return {};
}

// Ledger lines of another snapshot than the record names: a reload was recorded and then killed before it emptied the
// table.
Result<void> TaskRunner::empty_stale_tables() {
  const TaskDocument document = record_->document();
  std::set<TableRef> stale;
  for (const LedgerLine& line : TRY(target_->read_ledger(context_.task_id))) {
    const auto known = std::ranges::find(document.tables, line.table, &TableRecord::table);
    if (known == document.tables.end() || known->pending) continue;  // whose snapshot is still to come
    if (known->merges == 0 && known->snapshot != line.snapshot) stale.insert(line.table);
  }
  for (const PlannedTable& table : context_.tables)
    if (stale.contains(table.target.source->ref)) TRY(target_->empty_for_reload(context_.task_id, table.target));
  return {};
}

// Tables that Godwit made and whose structure on the source is another now. The record says so until it is done.
Result<void> TaskRunner::rebuild_changed_tables() {
  std::vector<TableRef> to_drop;
  const TaskDocument document = record_->document();
  for (const PlannedTable& table : context_.tables) {
    const auto known = std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table);
    if (known != document.tables.end() && known->rebuild && !known->pending)
      to_drop.push_back(table.target.layout->ref);
  }
  if (to_drop.empty()) return {};
  TRY(target_->drop_tables(to_drop));
  TRY(build_structure(to_drop));
  return record_->update([](std::string&, TaskDocument& stored) {
    for (TableRecord& table : stored.tables) table.rebuild = table.rebuild && table.pending;
  });
}

std::set<size_t> TaskRunner::pending_tables() const {
  std::set<size_t> out;
  const TaskDocument document = record_->document();
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    const auto known = std::ranges::find(document.tables, context_.tables[t].target.source->ref, &TableRecord::table);
    if (known != document.tables.end() && known->pending && known->suspended.empty()) out.insert(t);
  }
  return out;
}

// Tables with slices that the ledger lacks; all of them where nobody else tells how the others change.
Result<std::set<size_t>> TaskRunner::unfinished_tables() {
  std::set<size_t> out;
  std::map<TableRef, size_t> lines;
  if (context_.tells_schema)
    for (const LedgerLine& line : TRY(target_->read_ledger(context_.task_id))) ++lines[line.table];
  const TaskDocument document = record_->document();
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    const TableRef& name = context_.tables[t].target.source->ref;
    const auto known = std::ranges::find(document.tables, name, &TableRecord::table);
    if (known != document.tables.end() && (!context_.tells_schema || lines[name] < known->slices.size()))
      out.insert(t);
  }
  return out;
}

// Of these, the tables whose structure is no longer the planned one, as the catalog says it.
Result<std::set<size_t>> TaskRunner::redefined_tables(const std::set<size_t>& among) {
  std::set<size_t> out;
  const TaskDocument document = record_->document();
  std::vector<TableRef> names;
  for (const size_t t : among) names.push_back(context_.tables[t].target.source->ref);
  const Interrupter::Busy busy(context_.interrupter, source_.get(), nullptr);
  const std::vector<TableDef> now = TRY(source_->catalog().describe(names));
  for (const size_t t : among) {
    const TableDef& planned = *context_.tables[t].target.source;
    const auto known = std::ranges::find(document.tables, planned.ref, &TableRecord::table);
    if (known == document.tables.end() || !known->suspended.empty()) continue;
    const auto found = std::ranges::find(now, planned.ref, &TableDef::ref);
    if (found == now.end() || structure_fingerprint(*found) != known->structure ||
        !same_absent_values(*found, planned))
      out.insert(t);
  }
  return out;
}

// Of these, the tables whose rows, or whose log, would not fit the plan.
Result<std::set<size_t>> TaskRunner::changed_tables(const std::set<size_t>& among) {
  if (!follows()) return std::set<size_t>();
  std::set<size_t> out = TRY(redefined_tables(among));
  const TaskDocument document = record_->document();
  for (const auto& [t, what] : TRY(untold_changes(context_, document, *source_))) {
    if (!among.contains(t)) continue;
    log_warning(Component::source_capture, "Table {}: {}", log_name(context_.tables[t].target.source->ref), what);
    out.insert(t);
  }
  return out;
}

// A table that cannot go on; the settings say whether the task can.
Result<void> TaskRunner::fail_table(size_t table, const std::string& reason) {
  const TableRef& name = context_.tables[table].target.source->ref;
  log_error(Component::task_manager, "Table {}: {}", log_name(name), reason);
  log_warning(Component::task_manager, "Table {} was errored/suspended (subtask 0 thread 1).", log_name(name));
  progress_.fail_table(table, reason);
  TRY(record_->update([&](std::string&, TaskDocument& stored) {
    if (TableRecord* record = record_of(stored, name)) {
      record->suspended = reason;
      record->suspend_reason = "TABLE ERROR";
    }
  }));
  context_.note_suspended(name, "TABLE ERROR");
  if (!table_error_stops_task(options_.settings.error_behavior, tally_.add_table_error())) return {};
  return Failure(errors::table_failed_stop(name, reason));
}

// Plans the tables anew as they are now on the source. Tables that are gone, or that changed under a target table of
// the user's, are in error. `kept_definitions`: TableRecord::target_definition of each, as it is from then on.
Result<void> TaskRunner::replan(const Again& tables, std::map<size_t, TableDef>& kept_definitions) {
  const std::set<size_t> all = tables.all();
  std::vector<TableRef> names;
  for (const size_t t : all) names.push_back(context_.tables[t].target.source->ref);
  std::vector<PlannedTable> planned;
  std::map<TableRef, std::string> misfits;
  for (const TableRef& name : names) {
    auto plan = plan_tables(std::span(&name, 1));
    if (!plan && is_recoverable(plan.error())) return Failure(plan.error());
    if (!plan) misfits[name] = plan.error().message;
    if (plan) std::ranges::move(*plan, std::back_inserter(planned));
  }
  const TaskDocument document = record_->document();
  const auto recorded = [&](const PlannedTable& table) {
    const auto known = std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table);
    return known == document.tables.end() ? std::string() : known->structure;
  };
  for (const size_t t : all) {
    PlannedTable& table = context_.tables[t];
    const auto found = std::ranges::find_if(
        planned, [&](const PlannedTable& p) { return p.target.source->ref == table.target.source->ref; });
    std::string reason;
    const std::optional<size_t> other =
        found == planned.end() ? std::nullopt : table_by_id(found->target.source->log_id);
    if (context_.tells_schema && other && *other != t)
      reason = fmt::format(
          "another table of the task, {}, has taken its name on the source while it was to be loaded again",
          to_string(context_.tables[*other].target.source->ref));
    else if (const auto misfit = misfits.find(table.target.source->ref); misfit != misfits.end())
      reason = misfit->second;
    else if (found == planned.end())
      reason = "the table was dropped or renamed on the source during the load";
    else if (structure_fingerprint(*found->target.source) != recorded(table) && !table.created)
      reason = "its structure changed on the source during the load, and the target's table was not made by Godwit";
    const auto held = std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table);
    if (held != document.tables.end() && !held->was_empty)
      reason =
          "its load cannot be taken up again after the source rewrote it or lost the snapshot, because the target's "
          "table held "
          "rows before the load and may not be emptied (DO_NOTHING)";
    if (tables.whole.contains(t) && ++reloads_[t] > reloads_max)
      reason = errors::too_many_reloads(table.target.source->ref).message;
    if (!reason.empty()) {
      TRY(fail_table(t, reason));
      continue;
    }
    table.target = found->target;
    const auto kept = held == document.tables.end() ? std::nullopt : made_for(*held, *table.target.source);
    if (!kept) continue;
    table.target = TRY(plan_kept(*kept, table.target));
    kept_definitions[t] = *kept;
  }
  return read_objects();
}

// Takes a later snapshot with its exact position, and readies the tables to be loaded from it, or to go on under it.
// Changes before it are dropped for these tables when they are applied.
Result<void> TaskRunner::reload(const Again& tables, Again& again, const std::stop_token& stop) {
  if (stop.stop_requested()) return Failure(errors::stopped());
  const Interrupter::Busy busy(context_.interrupter, source_.get(), target_.get());
  std::map<size_t, TableDef> kept;  // by table: TableRecord::target_definition
  TRY(replan(tables, kept));
  const TaskDocument before = record_->document();
  std::set<size_t> changed;  // by the very description that is planned with
  std::map<size_t, std::vector<TableRange>> slices;
  for (const size_t t : tables.all()) {
    const auto known = std::ranges::find(before.tables, context_.tables[t].target.source->ref, &TableRecord::table);
    if (known == before.tables.end() || !known->suspended.empty()) continue;
    if (structure_fingerprint(*context_.tables[t].target.source) != known->structure) changed.insert(t);
    slices[t] = TRY(split(context_.tables[t].target));
  }
  if (slices.empty()) return {};
  std::set<size_t> merging = TRY(mergeable(tables, slices));
  std::erase_if(merging, [&](size_t t) { return changed.contains(t); });
  keeper_.reset();
  TRY(source_->end_leftover_sessions(true));
  const std::vector<ActingKey> keys_before = follows() ? TRY(catalog_keys()) : std::vector<ActingKey>();
  std::unique_ptr<Source> maker = TRY(context_.open_source("slot"));
  const Interrupter::Busy waits(context_.interrupter, maker.get(), nullptr);
  Snapshot snapshot;
  if (follows())
    snapshot = TRY(maker->open_later_snapshot(context_.capture_spec()));
  else
    snapshot = TRY(maker->open_snapshot(context_.capture_spec()));
  const std::vector<ActingKey> keys_now = follows() ? TRY(catalog_keys()) : std::vector<ActingKey>();
  std::set<TableRef> reloaded;
  for (const auto& [t, ranges] : slices) reloaded.insert(context_.tables[t].target.source->ref);
  const std::vector<ActingKey> known_keys = follows() ? TRY(source_keys()) : std::vector<ActingKey>();
  // Snapshot, position and slices in one update: a snapshot without its slices would be read under the old ones.
  TRY(hold_snapshot(snapshot.id, [&](TaskDocument& document) {
    document.snapshot_position = snapshot.position;
    if (follows()) document.source_keys = keys_of_reloaded(known_keys, keys_now, reloaded);
    for (auto& [t, ranges] : slices) {
      TableRecord* record = record_of(document, context_.tables[t].target.source->ref);
      record->snapshot = snapshot.position;
      record->pending = false;
      if (context_.tells_schema) record->definition = *context_.tables[t].target.source;
      record->target_definition.reset();
      if (const auto made = kept.find(t); made != kept.end()) record->target_definition = made->second;
      if (merging.contains(t)) {
        ++record->merges;
        continue;
      }
      record->merges = 0;
      record->clearing = true;
      record->slices = ranges;
      record->rebuild = (changed.contains(t) || record->rebuild) && context_.tables[t].created;
      record->structure = structure_fingerprint(*context_.tables[t].target.source);
    }
  }));
  failpoint(failpoints::reload_recorded);
  for (const auto& [t, ranges] : slices)
    if (!merging.contains(t)) begin_anew(t, snapshot.position);
  TRY(clear_tables());
  TRY(rebuild_changed_tables());
  // What changed between the plan and the snapshot is in no log of these tables.
  if (context_.tells_schema)
    for (const size_t t : TRY(changed_tables(tables.all()))) again.whole.insert(t);
  if (keys_before != keys_now)
    for (const auto& [t, ranges] : slices) again.whole.insert(t);
  const bool captures = capture_ != nullptr;
  if (!merging.empty()) {
    capture_.reset();  // one reader a slot
    TRY(merge_pending(again, stop));
  }
  // The stream's layouts may have changed: what was read in the old ones is read again.
  if (captures) TRY(start_capture());
  return {};
}

// What was counted of the table is of rows that go.
void TaskRunner::begin_anew(size_t table, const Position& snapshot) {
  log_warning(Component::task_manager, "Reloading table {} from position {}",
              log_name(context_.tables[table].target.source->ref), snapshot.text);
  progress_.change_table(table, [](TableStatistics& s) {
    const uint64_t estimated_rows = s.estimated_rows, estimated_bytes = s.estimated_bytes;
    s = TableStatistics{.table = s.table, .state = TableState::reloading, .reason = {}, .reloaded = true};
    s.estimated_rows = estimated_rows;
    s.estimated_bytes = estimated_bytes;
  });
}

Result<void> TaskRunner::end_load() {
  failpoint(failpoints::load_done);
  keeper_.reset();
  TRY(source_->end_leftover_sessions(true));
  {
    const Interrupter::Busy busy(context_.interrupter, nullptr, target_.get());
    TRY(restore_dropped(false));
  }
  log_info(Component::task_manager, "All tables are loaded. Waiting for cached changes to be applied.");
  TRY(report_orphans(false));
  Position loaded_at;
  if (follows()) loaded_at = TRY(source_->mark_now());
  return record_->update([&](std::string& phase, TaskDocument& document) {
    if (document.loaded_at.empty()) document.loaded_at = loaded_at;
    phase = follows() ? "following" : "ending";
    document.snapshot_id.clear();
  });
}

}  // namespace godwit
