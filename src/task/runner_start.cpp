// The start of a task: its ends, its plan, and how it resumes (afresh: runner_fresh.cpp). Tried once, but for
// reopen(), which follows every error that may pass.

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/log.h"
#include "base/text.h"
#include "task/drop_task.h"
#include "task/errors.h"
#include "task/runner.h"

namespace godwit {
namespace {

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
  const bool may_begin = options_.restart && !options_.has_begun;
  if (!loaded && may_begin && loaded.error().code == "task.record") {
    log_warning(Component::task_manager, "{} It is thrown away, as --restart asks.", loaded.error().message);
    TRY(forget_unknown());
    loaded = false;
  }
  const bool known = TRY(std::move(loaded));
  const bool resumes = known && !starts_anew(record_->document()) && record_->phase() != "starting";
  if (options_.has_begun && !resumes)
    return Failure(known ? errors::record_outdated(context_.task_id, !loads(), options_.came_to)
                         : errors::record_missing(context_.task_id, !loads(), options_.came_to));
  // A position or slices without a record, whose table somebody took away.
  if (!known && may_begin) TRY(forget_unknown());
  if (resumes) TRY(check_same_ends(record_->document()));
  TRY(make_plan(resumes));
  if (resumes) return resume();
  if (known) TRY(clear_for_restart());
  return start_afresh();
}

// What a record that is gone, or cannot be read, has left beside it. Large objects go while their lines name them.
Result<void> TaskRunner::forget_unknown() {
  if (loads()) TRY(target_->drop_large_objects(context_.task_id));
  return record_->forget();
}

// Whether the record is of an earlier life of the task. The control plane says which fresh start began this one, and
// a worker that ended before it had cleared the record of the life before leaves that to the next, however it starts.
// Once a worker has begun the record is of its life: then another one means that the target is not what it was.
bool TaskRunner::starts_anew(const TaskDocument& document) const {
  if (options_.fresh_run == 0 || document.fresh_run == 0) return options_.restart;
  if (document.fresh_run == options_.fresh_run) return false;
  if (!options_.restart && !options_.has_begun)
    log_warning(Component::task_manager,
                "The record of task '{}' on the target is of another fresh start than the task's last one; the task "
                "starts afresh.",
                context_.task_id);
  return true;
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
  if (document.mapping_hash != hex64(schema_shaping_hash(options_.rules, plan_options(options_.settings))) &&
      !selects_other_tables(document))
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
  if (!options_.start_position.empty() && options_.fresh_run == 0)
    log_warning(Component::task_manager,
                "--cdc-start-position is not heeded: the task goes on from its stored position");
  if (record_->phase() == "finished" && follows()) {
    finished_before_ = true;
    summary_.stop_reason = "STOPPED_AT_CAUGHT_UP";
    remark("This task was finished before; what was left of it on the servers is removed now.");
    summary_.parked_rows = TRY(target_->count_parked(context_.task_id));
    return remove_traces();
  }
  if (record_->phase() == "finished" && !selects_other_tables(record_->document())) {
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
  tell_withheld_columns(document);
  if (selects_other_tables(document)) TRY(take_up_rules());
  show_tables();
  show_standing();
  carry_statistics();
  log_info(Component::task_manager, "Task '{}' running {} in resume mode", context_.task_id,
           follows() ? (loads() ? "full load and CDC" : "CDC only") : "full load only");
  return {};
}

// What the record says of each table as it is now: the rules may just have brought some and taken others away.
void TaskRunner::show_standing() {
  const TaskDocument document = record_->document();
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    const auto known = std::ranges::find(document.tables, context_.tables[t].target.source->ref, &TableRecord::table);
    if (known == document.tables.end()) continue;
    if (!known->suspended.empty())
      progress_.fail_table(t, known->suspended);
    else if (record_->phase() == "following")
      progress_.change_table(t, [](TableStatistics& s) { s.state = TableState::completed; });
  }
}

// An earlier run kept them from the target; alterations go there again, and what it passed over does not come by
// them.
void TaskRunner::tell_withheld_columns(const TaskDocument& document) {
  if (!options_.settings.change_processing_ddl_handling_policy.handle_source_table_altered) return;
  for (const TableRecord& table : document.tables) {
    if (!table.target_definition || !table.definition) continue;
    std::string withheld;
    for (const ColumnDef& column : table.definition->columns)
      if (std::ranges::find(table.target_definition->columns, column.number, &ColumnDef::number) ==
          table.target_definition->columns.end())
        withheld += (withheld.empty() ? "" : ", ") + column.name;
    if (!withheld.empty()) remark(errors::columns_withheld(table.table, withheld).message);
  }
}

// What a finished load left wanting is so until it is mended, however often somebody asks.
Result<void> TaskRunner::restate_findings() {
  show_tables();
  const TaskDocument document = record_->document();
  for (size_t t = 0; t < context_.tables.size(); ++t) {
    const auto known = std::ranges::find(document.tables, context_.tables[t].target.source->ref, &TableRecord::table);
    if (known != document.tables.end() && !known->suspended.empty()) progress_.fail_table(t, known->suspended);
  }
  carry_statistics();
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

// Whether a structure change that the log tells again left the table without its name there.
Result<bool> TaskRunner::is_moved_already(const TargetTable& target, const TaskDocument& document) {
  if (!context_.tells_schema) return false;
  const auto known = std::ranges::find(document.tables, target.source->ref, &TableRecord::table);
  if (known == document.tables.end() || !known->may_be) return false;
  if (TRY(inspect(std::span(&target, 1))).front().exists) return false;
  if (known->may_be->name.empty()) return true;
  TableDef layout = *target.layout;
  layout.ref = *known->may_be;
  TargetTable moved = target;
  moved.layout = std::make_shared<const TableDef>(std::move(layout));
  return TRY(inspect(std::span(&moved, 1)))
  .front().exists;
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
    if (!states[t].exists && TRY(is_moved_already(targets[t], recorded))) continue;
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
  std::vector<TargetTable> targets;
  const TaskDocument document = record_->document();
  for (const PlannedTable& table : context_.tables) {
    const auto known = std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table);
    const bool suspended = known != document.tables.end() && !known->suspended.empty();
    if (!suspended && !TRY(is_moved_already(table.target, document))) targets.push_back(table.target);
  }
  const PrepareMode mode =
      loads() ? options_.settings.full_load_settings.target_table_prep_mode : PrepareMode::do_nothing;
  const std::vector<Finding> more = TRY(target_->check(targets, context_.objects, mode, fresh));
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

}  // namespace godwit
