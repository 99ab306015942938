// The start of a task: ends, plan, resume or fresh start. Everything here is tried once; nothing is left behind by a
// start that fails.

#include <fmt/format.h>

#include <algorithm>
#include <random>

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

std::string new_worker_id() {
  std::random_device random;
  return hex64((uint64_t{random()} << 32U) | random());
}

}  // namespace

PlanOptions plan_options(const TaskSettings& settings) {
  PlanOptions options;
  options.target_schema = settings.target_metadata.target_schema;
  options.support_lobs = settings.target_metadata.support_lobs;
  if (settings.target_metadata.limited_size_lob_mode)
    options.lob_limit_bytes = static_cast<uint64_t>(settings.target_metadata.lob_max_size_kb) * 1024;
  options.type_mapping = settings.godwit.type_mapping;
  options.zero_dates = settings.godwit.zero_dates;
  return options;
}

Result<void> TaskRunner::start() {
  worker_ = new_worker_id();
  TRY(open_ends());
  auto loaded = record_->load();
  if (!loaded && options_.restart && loaded.error().code == "task.record") {
    log_warning(Component::task_manager, "{} It is thrown away, as --restart asks.", loaded.error().message);
    TRY(record_->forget());
    loaded = false;
  }
  const bool known = TRY(std::move(loaded));
  const bool resumes = known && !options_.restart && record_->phase() != "starting";
  if (resumes) TRY(check_same_ends(record_->document()));
  TRY(make_plan(resumes));
  if (resumes) return resume();
  if (known) TRY(clear_for_restart());
  return start_afresh();
}

Result<void> TaskRunner::open_ends() {
  target_ = TRY(context_.open_target("main"));
  const ServerIdentity target = TRY(target_->identity());
  context_.target_system = target.system + "/" + target.database;
  context_.source_tag = source_tag(context_.task_id, context_.target_system);
  source_ = TRY(context_.open_source("main"));
  record_ = std::make_unique<RecordStore>(TRY(context_.open_target("record")), context_.task_id);
  return {};
}

// New sessions, if the task is still this worker's. Nobody's sessions are ended before that is known.
Result<void> TaskRunner::reclaim() {
  keeper_.reset();
  target_.reset();
  source_.reset();
  record_.reset();
  TRY(open_ends());
  const bool known = TRY(record_->load());
  if (!known) return Failure(errors::record_gone(context_.task_id));
  if (record_->stored_worker() != worker_) return Failure(errors::taken_over(context_.task_id));
  return record_->update([&](std::string&, TaskDocument& document) { document.worker = worker_; });
}

Result<void> TaskRunner::reopen() {
  TRY(reclaim());
  TRY(target_->end_leftover_sessions());
  TRY(source_->end_leftover_sessions(false));
  // A structure change whose commit was lost with the connection may have been done.
  if (context_.tells_schema) {
    TRY(plan_from_record());
    show_tables_again();
  }
  return follows() ? check_stream() : Result<void>();
}

Result<std::vector<PlannedTable>> TaskRunner::plan_tables(std::span<const TableRef> names) {
  const Interrupter::Busy busy(context_.interrupter, source_.get(), nullptr);
  std::vector<TableDef> described = TRY(source_->catalog().describe(names));
  const PlanOptions options = own_plan_options();
  std::vector<std::string> warnings;
  std::vector<PlannedTable> out;
  for (TableDef& table : described) {
    PlannedTable planned;
    planned.target =
        TRY(plan_table(options_.rules, options, std::make_shared<const TableDef>(std::move(table)), warnings));
    out.push_back(std::move(planned));
  }
  for (const std::string& warning : warnings) log_warning(Component::transformation, "{}", warning);
  return out;
}

// A resumed task goes on without a table that was dropped meanwhile: resume() says so.
Result<void> TaskRunner::make_plan(bool resumes) {
  for (const std::string& warning : options_.rules.warnings) log_warning(Component::transformation, "{}", warning);
  say_what_lob_sizes_do();
  for (const std::string& warning : options_.settings.warnings) log_warning(Component::common, "{}", warning);
  context_.tells_schema = resumes && follows() && TRY(source_->tells_schema_changes(context_.capture_spec()));
  if (context_.tells_schema) {
    // Nothing of an earlier worker may still commit when the stored position decides what was done.
    TRY(check_same_rules(record_->document()));
    if (record_->phase() != "finished") {
      TRY(record_->update([&](std::string&, TaskDocument& stored) { stored.worker = worker_; }));
      TRY(target_->end_leftover_sessions());
    }
    TRY(plan_from_record());
    show_tables();
    warn_about_shapes();
    return {};
  }
  const std::vector<TableRef> available = TRY(source_->catalog().list_tables());
  const Selection selection = select_tables(options_.rules, available);
  if (!selection.missing.empty() && !resumes) return Failure(errors::unknown_table(selection.missing.front()));
  for (const std::string& warning : selection.warnings) log_warning(Component::tables_manager, "{}", warning);
  std::vector<TableRef> names;
  for (const SelectedTable& table : selection.tables) names.push_back(table.table);
  context_.tables = TRY(plan_tables(names));
  for (PlannedTable& table : context_.tables)
    for (const SelectedTable& selected : selection.tables)
      if (selected.table == table.target.source->ref) table.load_order = static_cast<uint32_t>(selected.load_order);
  if (context_.tables.empty() && options_.settings.error_behavior.fail_on_no_tables_captured)
    return Failure(errors::no_tables());
  const std::vector<TargetTable> targets = context_.targets();
  TRY(check_target_names(options_.rules, plan_options(options_.settings), targets));
  const ServerIdentity source = TRY(source_->identity())
  , target = TRY(target_->identity());
  if (source.system == target.system && source.database == target.database)
    for (const TargetTable& table : targets)
      if (table.source->ref == table.layout->ref) return Failure(errors::same_database(to_string(options_.source)));
  show_tables();
  warn_about_shapes();
  return warn_of_large_objects();
}

void TaskRunner::show_tables() {
  std::vector<TableStatistics> shown;
  for (const PlannedTable& table : context_.tables) {
    TableStatistics statistics;
    statistics.table = table.target.source->ref;
    statistics.estimated_rows = table.target.source->estimated_rows;
    statistics.estimated_bytes = table.target.source->estimated_bytes;
    shown.push_back(std::move(statistics));
  }
  progress_.set_tables(std::move(shown));
}

// The plan may hold other tables than before the connection was lost; what was counted stays.
void TaskRunner::show_tables_again() {
  const std::vector<TableStatistics> counted = progress_.copy().tables;
  show_tables();
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    const auto known = std::ranges::find(counted, context_.tables[t].target.source->ref, &TableStatistics::table);
    if (known != counted.end()) progress_.change_table(t, [&](TableStatistics& s) { s = *known; });
  }
}

TableRecord* TaskRunner::record_of(TaskDocument& document, const TableRef& table) const {
  const auto at = std::ranges::find(document.tables, table, &TableRecord::table);
  return at == document.tables.end() ? nullptr : &*at;
}

Result<void> TaskRunner::check_same_ends(const TaskDocument& document) const {
  const ServerIdentity source = TRY(source_->identity());
  const std::string given = source.system + "/" + source.database;
  const std::string recorded = document.source_system + "/" + document.source_database;
  if (given != recorded) return Failure(errors::other_ends(context_.task_id, "source", recorded, given));
  if (document.target_system != context_.target_system)
    return Failure(errors::other_ends(context_.task_id, "target", document.target_system, context_.target_system));
  return {};
}

Result<void> TaskRunner::check_same_rules(const TaskDocument& document) const {
  if (document.type != to_string(options_.type))
    return Failure(errors::other_type(context_.task_id, document.type, to_string(options_.type)));
  if (document.mapping_hash != hex64(schema_shaping_hash(options_.rules, plan_options(options_.settings))))
    return Failure(errors::other_rules(context_.task_id));
  const CaptureIdentity capture = source_->capture_identity(context_.task_id, context_.target_system);
  if (follows() && !document.capture_way.empty() && document.capture_way != capture.way)
    return Failure(errors::other_capture(context_.task_id, document.capture_way, capture.way));
  return {};
}

CaptureSpec TaskRunner::starting_spec(bool fresh) const {
  CaptureSpec spec = context_.capture_spec();
  spec.loads = loads();
  spec.fresh = fresh;
  spec.start_position = options_.start_position;
  return spec;
}

// The stream can go on exactly where the target stands, or not at all.
Result<void> TaskRunner::check_stream() const {
  const Position slot = TRY(source_->capture_position(context_.capture_spec()));
  const std::optional<Position> stored = TRY(target_->read_position(context_.task_id));
  const Position at = stored ? *stored : record_->document().start;
  if (slot.empty()) return Failure(errors::slot_gone(record_->document().capture, at.text));
  if (source_->compare(at, slot) < 0) {
    if (auto gap = source_->explain_gap(at, slot)) return Failure(std::move(*gap));
    return Failure(errors::target_went_back(at.text, record_->document().capture, slot.text));
  }
  return {};
}

Result<void> TaskRunner::resume() {
  TRY(check_same_rules(record_->document()));
  standing_ = record_->document().standing;
  if (!options_.start_position.empty())
    log_warning(Component::task_manager,
                "--cdc-start-position is not heeded: the task goes on from its stored position");
  if (record_->phase() == "finished" && follows()) {
    finished_before_ = true;
    summary_.stop_reason = "STOPPED_AT_CAUGHT_UP";
    remark("This task was finished before; what was left of it on the servers is removed now.");
    summary_.parked_rows = TRY(target_->count_parked(context_.task_id));
    return remove_traces();
  }
  if (record_->phase() == "finished") {
    finished_before_ = true;
    summary_.stop_reason = "FULL_LOAD_ONLY_FINISHED";
    remark("This task had finished its full load before; nothing was done. Use --restart to load everything anew.");
    TRY(restore_dropped(false));
    TRY(restore_dropped(true));
    return restate_findings();
  }
  // Claimed first: a worker that is still there then learns why its sessions end.
  TRY(record_->update([&](std::string&, TaskDocument& stored) { stored.worker = worker_; }));
  TRY(target_->end_leftover_sessions());
  TRY(source_->end_leftover_sessions(false));
  if (record_->phase() == "following") TRY(suspend_misfits());
  TRY(check_ends(false));
  TRY(target_->create_control_tables());
  reassert_suspended();
  start_reporter();
  if (follows()) TRY(check_stream());
  const TaskDocument document = record_->document();
  for (PlannedTable& table : context_.tables) {
    const auto known = std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table);
    if (known == document.tables.end()) continue;
    table.created = known->created;
  }
  // Tables made on the source since the start are not this run's: their rows were never loaded.
  std::erase_if(context_.tables, [&](const PlannedTable& table) {
    const bool known =
        std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table) != document.tables.end();
    if (!known)
      remark(fmt::format(
          "Table {} came to the source after the task's start and is not part of it; it needs a task of its "
          "own, or --restart.",
          to_string(table.target.source->ref)));
    return !known;
  });
  for (const TableRecord& table : document.tables)
    if (std::ranges::none_of(context_.tables,
                             [&](const PlannedTable& t) { return t.target.source->ref == table.table; }))
      remark(fmt::format(
          "Table {} is gone from the source, or is not selected any more; nothing further is applied to it.",
          to_string(table.table)));
  show_tables();
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    const auto known = std::ranges::find(document.tables, context_.tables[t].target.source->ref, &TableRecord::table);
    if (!known->suspended.empty())
      progress_.fail_table(t, known->suspended);
    else if (record_->phase() == "following")
      progress_.change_table(t, [](TableStatistics& s) { s.state = TableState::completed; });
  }
  log_info(Component::task_manager, "Task '{}' running {} in resume mode", context_.task_id,
           follows() ? (loads() ? "full load and CDC" : "CDC only") : "full load only");
  return {};
}

// What a finished load left wanting is so until it is mended, however often somebody asks.
Result<void> TaskRunner::restate_findings() {
  show_tables();
  const TaskDocument document = record_->document();
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    const auto known = std::ranges::find(document.tables, context_.tables[t].target.source->ref, &TableRecord::table);
    if (known != document.tables.end() && !known->suspended.empty()) progress_.fail_table(t, known->suspended);
  }
  TRY(retry_failed_objects());
  if (document.has_orphans) TRY(report_orphans(false));
  summary_.parked_rows = TRY(target_->count_parked(context_.task_id));
  return {};
}

// Rows that somebody deleted meanwhile, or that could not be written then.
void TaskRunner::reassert_suspended() const {
  for (const TableRecord& table : record_->document().tables)
    if (!table.suspended.empty())
      context_.note_suspended(table.table, table.suspend_reason.empty() ? "TABLE ERROR" : table.suspend_reason);
}

void TaskRunner::start_reporter() {
  reporter_ = std::make_unique<StatusReporter>(context_, follows());
}

Result<std::vector<TargetTableState>> TaskRunner::inspect(std::span<const TargetTable> tables) {
  const Interrupter::Busy busy(context_.interrupter, nullptr, target_.get());
  return target_->inspect(tables);
}

// Tables that were changed on the source while no worker ran, and that the target's table does not hold any more.
Result<void> TaskRunner::suspend_misfits() {
  const std::vector<TargetTable> targets = context_.targets();
  const std::vector<TargetTableState> states = TRY(inspect(targets));
  const TaskDocument recorded = record_->document();
  for (size_t t = 0; t < states.size(); ++t) {
    const TableRef& name = targets[t].source->ref;
    const auto known = std::ranges::find(recorded.tables, name, &TableRecord::table);
    if (known == recorded.tables.end() || !known->suspended.empty()) continue;
    std::string reason;
    if (!states[t].exists && !known->pending)
      reason = fmt::format("table {} is gone from the target; run the task with --restart", to_string(name));
    else if (context_.tells_schema)
      continue;
    else if (known->structure != structure_fingerprint(*targets[t].source) || !states[t].missing_columns.empty())
      reason = fmt::format(
          "the structure of table {} changed on the source while no worker ran, which this version does not "
          "replicate. Make the same change on the target and run the task with --restart",
          to_string(name));
    if (reason.empty()) continue;
    TRY(record_->update([&](std::string&, TaskDocument& document) {
      TableRecord* record = record_of(document, name);
      if (record == nullptr || !record->suspended.empty()) return;
      record->suspended = reason;
      record->suspend_reason = "DDL";
    }));
    log_error(Component::task_manager, "{}", reason);
    log_warning(Component::task_manager, "Table {} (subtask 0 thread 1) is suspended", log_name(name));
  }
  return {};
}

Result<void> TaskRunner::check_ends(bool fresh) {
  const Interrupter::Busy busy(context_.interrupter, source_.get(), target_.get());
  std::vector<Finding> findings = TRY(source_->check(starting_spec(fresh), follows()));
  TRY(read_objects());
  std::vector<TargetTable> targets = context_.targets();
  const TaskDocument document = record_->document();
  std::erase_if(targets, [&](const TargetTable& table) {
    const auto known = std::ranges::find(document.tables, table.source->ref, &TableRecord::table);
    return known != document.tables.end() && !known->suspended.empty();
  });
  const PrepareMode mode =
      loads() ? options_.settings.full_load_settings.target_table_prep_mode : PrepareMode::do_nothing;
  const std::vector<Finding> more = TRY(target_->check(targets, context_.objects, mode, fresh && loads()));
  findings.insert(findings.end(), more.begin(), more.end());
  const Finding* first = nullptr;
  for (const Finding& finding : findings) {
    if (finding.fatal && first == nullptr) first = &finding;
    if (finding.fatal)
      log_error(Component::task_manager, "{}", finding.error.message);
    else {
      log_warning(Component::source_capture, "{}", finding.error.message);
      if (fresh) remark(finding.error.message);
    }
  }
  if (first == nullptr) return {};
  Error error = first->error;
  const auto fatal = std::ranges::count_if(findings, [](const Finding& finding) { return finding.fatal; });
  if (fatal > 1) error.message += fmt::format(" ({} more problems are in the log.)", fatal - 1);
  return Failure(error);
}

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
  if (int64_t time_us = 0; parse_utc(options_.start_position, time_us))
    options_.start_position = TRY(source_->position_at_time(time_us))
  .text;
  const ServerIdentity source = TRY(source_->identity());
  TaskDocument document;
  document.worker = worker_;
  document.source_system = source.system;
  document.source_database = source.database;
  document.target_system = context_.target_system;
  document.type = to_string(options_.type);
  document.mapping_hash = hex64(schema_shaping_hash(options_.rules, plan_options(options_.settings)));
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
  if (source_->compare(wanted, snapshot.position) >= 0) return wanted;
  return Failure(
      Error{ErrorKind::usage, "task.start_position",
            fmt::format("--cdc-start-position {} lies before {}, where a slot made now begins; older changes are not "
                        "kept for this task on the source.",
                        options_.start_position, snapshot.position.text),
            ""});
}

Result<void> TaskRunner::take_snapshot(TaskDocument document) {
  TRY(record_->update([&](std::string& phase, TaskDocument& stored) {
    phase = "starting";
    stored = document;
  }));
  // A session of its own makes the slot and lets go of the exported snapshot when keepers have it.
  std::unique_ptr<Source> maker = TRY(context_.open_source("slot"));
  const Interrupter::Busy busy(context_.interrupter, maker.get(), nullptr);
  Snapshot snapshot;
  const int64_t clock_us = TRY(source_->clock_us());
  if (follows())
    snapshot = TRY(maker->begin_capture(starting_spec(true)));
  else
    snapshot = TRY(maker->open_snapshot(starting_spec(true)));
  failpoint(failpoints::slot_made);
  context_.tells_schema = follows() && TRY(maker->tells_schema_changes(context_.capture_spec()));
  const Position start = TRY(stream_start(snapshot));
  progress_.change([&](TaskStatistics& s) {
    s.applied = start;
    s.started_us = clock_us;
  });
  if (follows()) TRY(target_->start_position(context_.task_id, start));
  TRY(record_->update([&](std::string& phase, TaskDocument& stored) {
    phase = loads() ? "preparing" : "following";
    stored.start = start;
    stored.snapshot_position = snapshot.position;
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
