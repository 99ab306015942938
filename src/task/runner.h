#pragma once
// One task from its first connection to its summary: plan, start or resume, load, follow, stop. Everything a later
// worker needs is on the servers (engine.md §1), so run() may die at any instruction and be called again, here or
// elsewhere.
//
// Threads: run() is called on one thread, which owns the main sessions and applies changes; lanes, capture and the
// snapshot keeper have threads and sessions of their own. progress() may be read from any thread while run() runs.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mapping/row_plan.h"
#include "mapping/selection.h"
#include "task/apply.h"
#include "task/capture_trace.h"
#include "task/context.h"
#include "task/load.h"
#include "task/shape_findings.h"
#include "task/snapshot_keeper.h"
#include "task/status_reporter.h"

namespace godwit {

enum class TaskType { full_load, full_load_and_cdc, cdc };

std::string_view to_string(TaskType type);  // "full-load-and-cdc"

struct TaskOptions {
  Engine* source_engine = nullptr;
  Engine* target_engine = nullptr;
  Endpoint source, target;
  std::string task_id = "godwit";
  TaskType type = TaskType::full_load_and_cdc;
  MappingRules rules;
  TaskSettings settings;
  bool preparation_named = false;  // the settings document itself says how tables are prepared
  std::string start_position, stop_position;
  bool restart = false, finish = false;
  std::string state_dir;              // of this task: log, spool; exists
  std::string server_name = "local";  // SERVER_NAME of control tables
  // Of the control plane: the run that was the task's last fresh start. What the record on the target holds of
  // another one is cleared away and the task starts afresh, and of this one it goes on, whatever `restart` says. 0:
  // none; then, and for a record that notes none, `restart` decides.
  int64_t fresh_run = 0;
  // Of the control plane: an earlier worker of this life has begun to load or to follow, and came to this checkpoint
  // (which may be empty). Without its record on the target, or with one of an earlier life, the task then fails, also
  // where `restart` is set: it would silently start elsewhere.
  bool has_begun = false;
  std::string came_to;
  // What an earlier worker counted: the counters go on from there where the task resumes.
  std::vector<TableStatistics> carried;
  // Told on run()'s thread before the task makes anything on its source to follow it, and again by each run that goes
  // on; an error ends the start.
  std::function<Result<void>(const CaptureTrace&)> remember_capture;
};

struct TaskSummary {
  int exit = 0;             // design §5
  std::string stop_reason;  // DMS's token, or STOPPED_AT_CAUGHT_UP, STOPPED_AT_POSITION
  std::string checkpoint;   // in DMS's form; empty when there is none
  uint64_t tables = 0, read_rows = 0, applied_rows = 0, filtered_rows = 0, parked_rows = 0;
  int64_t elapsed_ms = 0;
  std::vector<std::string> remarks;  // what the user should know or do, one sentence or two each
  std::optional<Error> error;        // when exit is 1 or 2
  // `error` kept a stop that was asked for from its clean end: the task stands where it is and can go on.
  bool stopped_midway = false;
};

PlanOptions plan_options(const TaskSettings& settings);

class TaskRunner {
 public:
  explicit TaskRunner(TaskOptions options);
  ~TaskRunner();

  TaskSummary run(const std::stop_token& stop);
  Progress& progress() { return progress_; }

  // Loads these tables again (source names) under a new snapshot while the task goes on, those in error too; the
  // target's tables are emptied. From any thread. `taken` is called on run()'s thread once the task's record says so:
  // from then on the reload outlives this worker. Until then nothing of it does. A name that is none of the task's is
  // an error line; so is a table that may not be emptied (DO_NOTHING).
  void reload(std::vector<TableRef> tables, std::function<void()> taken = {});

  // A stop from now on is told as RECYCLE_TASK: the task is to go on elsewhere, or later. From any thread.
  void recycle() { recycles_ = true; }

 private:
  // Tables to be loaded again under a later snapshot.
  struct Again {
    std::set<size_t> whole;  // rewritten or changed
    std::set<size_t> lost;   // their snapshot alone is gone
    bool empty() const { return whole.empty() && lost.empty(); }
    bool contains(size_t table) const { return whole.contains(table) || lost.contains(table); }
    std::set<size_t> all() const;
  };

  // runner.cpp
  Result<void> run_phases(const std::stop_token& stop);
  Result<void> recover(const Error& error, const std::stop_token& stop);
  Result<void> recover_end(const Error& error);
  Result<void> work(const std::stop_token& stop);
  Result<void> remember_capture() const;
  bool follows() const { return options_.type != TaskType::full_load; }
  bool loads() const { return options_.type != TaskType::cdc; }
  void remark(std::string text);
  void cancel_loads();

  // runner_start.cpp: once, before the first row
  Result<void> start();
  Result<void> open_ends();
  Result<void> make_plan(bool resumes);
  Result<std::vector<PlannedTable>> plan_tables(std::span<const TableRef> names);
  Result<void> resume();
  bool starts_anew(const TaskDocument& document) const;
  Result<void> forget_unknown();
  void show_standing();
  void reassert_suspended() const;
  void tell_withheld_columns(const TaskDocument& document);
  void start_reporter();
  Result<void> check_same_ends(const TaskDocument& document) const;
  Result<void> check_same_rules(const TaskDocument& document) const;
  CaptureSpec starting_spec(bool fresh) const;
  Result<std::vector<TargetTableState>> inspect(std::span<const TargetTable> tables);
  Result<std::vector<TableRange>> split(const TargetTable& table);
  Result<void> read_objects();
  void warn_about_shapes();
  void say_what_lob_sizes_do() const;
  Result<void> suspend_misfits();
  Result<bool> is_moved_already(const TargetTable& target, const TaskDocument& document);
  Result<void> check_stream() const;
  Result<void> check_ends(bool fresh);
  Result<void> reclaim();
  Result<void> reopen();

  // runner_fresh.cpp: once, where the task does not resume
  Result<void> start_afresh();
  Result<void> clear_for_restart();
  Result<void> plan_preparation(TaskDocument& document);
  Result<void> take_snapshot(TaskDocument document);
  Result<Position> stream_start(const Snapshot& snapshot) const;
  Result<void> check_definitions(Source& source, const Position& start);
  Result<void> undo_start();

  // runner_load.cpp
  Result<void> prepare_target();
  Result<void> build_structure(std::span<const TableRef> only = {});
  Result<void> load(const std::stop_token& stop);
  uint64_t slice_bytes() const;
  Result<void> hold_snapshot(const std::string& id, std::function<void(TaskDocument&)> with_it = {});
  Result<LoadPlan> load_plan(const std::set<size_t>& only);
  Result<void> run_round(const LoadPlan& plan, Again& again, const std::stop_token& stop);
  Result<void> reload(const Again& tables, Again& again, const std::stop_token& stop);
  Result<void> replan(const Again& tables, std::map<size_t, TableDef>& kept_definitions);
  Result<void> fail_table(size_t table, const std::string& reason);
  Result<void> empty_stale_tables();
  void begin_anew(size_t table, const Position& snapshot);
  Result<void> rebuild_changed_tables();
  std::set<size_t> pending_tables() const;
  Result<std::set<size_t>> unfinished_tables();
  Result<std::set<size_t>> changed_tables(const std::set<size_t>& among);
  Result<std::set<size_t>> redefined_tables(const std::set<size_t>& among);
  Result<void> end_load();
  void show_tables();

  // runner_reload.cpp
  struct ReloadOrder {
    std::vector<TableRef> tables;
    std::function<void()> taken;
  };
  Result<void> take_up_reloads();
  Result<std::vector<size_t>> reloadable(std::span<const TableRef> tables);
  Result<bool> may_be_emptied(size_t table);
  Result<void> clear_tables();
  void carry_statistics();

  // runner_rules.cpp
  bool selects_other_tables(const TaskDocument& document) const;
  Result<std::vector<PlannedTable>> newly_selected(const std::vector<TableRef>& selected);
  Result<void> leave_unselected(const std::vector<TableRef>& selected, const std::vector<TableRef>& available);
  Result<void> take_up_rules();

  // runner_rebuild.cpp
  Result<std::vector<DroppedObject>> droppable(const TaskDocument& document);
  Result<void> plan_rebuild(TaskDocument& document);
  Result<void> drop_for_load();
  Result<void> restore_dropped(bool foreign_keys);
  Result<void> restore_before_restart();
  Result<void> restore_after_failed_start();

  // runner_large_objects.cpp
  Result<std::vector<LargeObjectColumn>> large_object_columns();
  Result<void> warn_of_large_objects();
  Result<void> copy_large_objects(const std::stop_token& stop);
  Result<void> copy_listed_large_objects(std::span<const LargeObjectColumn> columns, const std::stop_token& stop);

  // runner_merge.cpp
  Result<std::set<size_t>> mergeable(const Again& tables,
                                     const std::map<size_t, std::vector<TableRange>>& slices_now);
  Result<bool> key_types_agree(const TargetTable& table);
  Result<void> merge_pending(Again& again, const std::stop_token& stop);

  // runner_follow.cpp
  Result<void> start_capture();
  Result<ApplyEnd> follow(const std::stop_token& stop);
  Result<ApplyEnd> pass_snapshots(std::unique_ptr<Apply>& apply, const StopRule& rule, const std::stop_token& stop);
  Result<ApplyEnd> apply_until(std::unique_ptr<Apply>& apply, const StopRule& goal, const std::stop_token& stop);
  Result<StopRule> stop_rule();
  Result<std::unique_ptr<Apply>> open_apply();
  Result<void> reopen_apply(std::unique_ptr<Apply>& apply);
  Position highest_snapshot() const;
  Result<void> release_constraints();
  Result<void> save_script(const std::string& script);

  // runner_keys.cpp
  Result<std::vector<ActingKey>> catalog_keys();
  Result<std::vector<ActingKey>> source_keys();
  bool is_planned(const TableRef& source) const;
  std::vector<ActingKey> inside_keys(std::vector<ActingKey> keys) const;
  Result<SilentCascades> silent_cascades();
  Result<void> suspend_outside_keys();
  Result<bool> take_up_keys(const SchemaEvent& event, const SchemaChange& change, const TableRef& child);
  static std::vector<ActingKey> keys_of_reloaded(const std::vector<ActingKey>& known,
                                                 const std::vector<ActingKey>& now,
                                                 const std::set<TableRef>& reloaded);
  Result<void> let_keys_act(Apply::Parts& parts);
  Result<void> compare_keys();
  Result<std::optional<Position>> tied_snapshot();
  Result<void> build_tied_keys();
  Result<void> widen(Again& tables);

  // runner_schema.cpp
  Result<bool> take_up_structure(Apply& apply);
  Result<bool> take_up_table(Apply& apply, const SchemaEvent& event, const SchemaChange& change);
  Result<bool> alter_table(Apply& apply, size_t table, const SchemaEvent& event, const SchemaChange& change,
                           bool reload);
  Result<bool> load_again(Apply& apply, size_t table, const SchemaEvent& event, const SchemaChange& change);
  Result<bool> adopt_table(Apply& apply, const SchemaChange& change);
  Result<bool> drop_table(Apply& apply, const SchemaEvent& event, const SchemaChange& change);
  Result<bool> drop_partition(Apply& apply, size_t table, const SchemaEvent& event, const SchemaChange& change);
  Result<bool> refuse_alteration(Apply& apply, size_t table, const std::string& reason);
  Result<std::string> plan_alteration(size_t table, const SchemaChange& change, TargetTable& plan);
  Result<void> build_what_is_new(const TableDef& table, bool partitions);
  PlanOptions own_plan_options() const;
  bool is_suspended(size_t table) const;
  std::optional<size_t> table_by_id(uint32_t log_id) const;
  std::optional<size_t> table_of(const SchemaChange& change) const;
  void tell_notes(const SchemaChange& change);
  bool is_settled_before(const SchemaEvent& event, size_t table) const;
  Result<void> settle_alterations();
  Result<void> plan_from_record();
  Result<TargetTable> plan_kept(const TableDef& made_for, const TargetTable& plan) const;
  std::string keep_withheld(size_t table, const TableDef& after, TargetTable& plan,
                            std::optional<TableDef>& made_for) const;
  Result<void> absorb_partitions();
  std::string_view why_not_finished() const;
  void show_tables_again();
  Result<void> note_standing(std::string text);
  Result<std::optional<PlannedTable>> plan_newcomer(const TableRef& name, uint32_t log_id);
  Result<void> take_in(PlannedTable planned, bool was_empty);
  Result<void> adopt_detached(const TargetTable& root, bool created, const SchemaChange& change);
  Result<void> restate_findings();
  Result<void> retry_failed_objects();
  Result<void> note_failed_object(const ObjectDef& object, const Error& error);
  Result<void> finish_objects();
  Result<void> put_constraints_back();
  void forget_table(size_t table);
  void count_ddl(size_t table, bool applied);

  // runner_end.cpp
  Result<void> build_foreign_keys();
  Result<void> build_phase(ObjectPhase phase, const std::set<size_t>* only = nullptr);
  Result<void> end_cleanly();
  Result<void> put_all_right();
  void say_what_is_kept();
  Result<void> set_sequences();
  Result<void> check_keyless_tables();
  Result<bool> has_other_identity(const TableDef& table);
  Result<void> report_orphans(bool only_parked);
  Result<void> remove_traces();
  void summarize();
  TableRecord* record_of(TaskDocument& document, const TableRef& table) const;

  TaskOptions options_;
  TaskContext context_;
  Progress progress_;
  ErrorTally tally_;
  FindingLog findings_{progress_};
  TaskSummary summary_;
  int64_t started_ms_ = 0;
  bool finished_before_ = false;
  bool orphans_found_ = false, objects_failed_ = false, untracked_changes_ = false;
  std::vector<std::string> standing_;  // TaskDocument::standing
  bool ending_ = false;                // all is applied that is to be; end_cleanly() has begun
  int64_t end_failed_ms_ = 0;          // monotonic: first, after a stop was asked for; 0: it did not
  int end_attempts_ = 0;               // to get over that
  bool carefully_ = false;
  bool constraints_by_session_ = true;  // foreign keys do not bind the sessions that write rows
  bool keys_stand_ = false;             // those of the target's foreign keys that must act are built
  bool structure_begun_ = false;        // tables of the target may have been dropped or made by this run
  std::string worker_;                  // this run's id in the record
  std::atomic<bool> recycles_ = false;
  std::atomic<bool> reloads_wanted_ = false;  // orders_ is not empty
  std::mutex orders_mutex_;
  std::vector<ReloadOrder> orders_;
  RetryState retries_;
  uint64_t marks_at_retry_ = 0;  // slices and transactions done when it was last tried again

  std::unique_ptr<Source> source_;
  std::unique_ptr<Target> target_;
  std::unique_ptr<RecordStore> record_;
  std::unique_ptr<SnapshotKeeper> keeper_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Capture> capture_;
  std::optional<StopRule> rule_;
  std::unique_ptr<StatusReporter> reporter_;
  std::map<size_t, int> reloads_;
  std::vector<DroppedObject> not_restored_;  // refused in this run, or carried over from the record before
};

}  // namespace godwit
