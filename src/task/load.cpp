#include "task/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "task/dropped_objects.h"
#include "task/errors.h"
#include "task/load_slice.h"

namespace godwit {
namespace {

struct Job {
  enum class Kind { slice, keys, index, finish } kind = Kind::slice;
  size_t table = 0;  // of LoadPlan::tables
  TableRange range = {};
  const ObjectDef* object = nullptr;
  const DroppedObject* dropped = nullptr;  // an index that comes back
  bool alone = false;                      // no other slice with giant rows runs beside it
};

// What the lanes share. A table goes: slices, then keys, then its indexes in parallel, then finish; one that is
// merged starts with its keys.
class Board {
 public:
  explicit Board(const LoadPlan& plan) : plan_(plan), open_(plan.tables.size()) {
    for (size_t t = 0; t < plan.tables.size(); ++t) {
      if (plan.tables[t].merging || plan.tables[t].to_do.empty())
        jobs_.push_back({.kind = Job::Kind::keys, .table = t});
      else
        add_slices(t);
    }
  }

  // Waits for a job; nothing: all is done, or the load ends.
  std::optional<Job> take() {
    std::unique_lock lock(mutex_);
    auto next = jobs_.end();
    changed_.wait(lock, [&] {
      next = std::ranges::find_if(jobs_, [&](const Job& job) { return !giant_running_ || !is_giant(job); });
      return ended_ || next != jobs_.end() || running_ == 0;
    });
    if (ended_ || next == jobs_.end()) return std::nullopt;
    Job job = std::move(*next);
    jobs_.erase(next);
    ++running_;
    job.alone = is_giant(job);
    giant_running_ |= job.alone;
    return job;
  }

  void done(const Job& job) {
    const std::lock_guard lock(mutex_);
    --running_;
    if (job.alone) giant_running_ = false;
    const bool dropped = outcome.whole.contains(index_of(job)) || outcome.failed.contains(index_of(job));
    if (!dropped) follow(job);
    changed_.notify_all();
  }

  void drop_table(size_t table) {
    std::erase_if(jobs_, [&](const Job& job) { return job.table == table; });
  }

  void load_whole(const Job& job) {
    const std::lock_guard lock(mutex_);
    outcome.whole.insert(index_of(job));
    drop_table(job.table);
  }

  void fail(const Job& job, const Error& error) {
    const std::lock_guard lock(mutex_);
    if (outcome.whole.contains(index_of(job))) return;
    if (!outcome.failed.emplace(index_of(job), error).second) return;
    drop_table(job.table);
  }

  void object_failed(std::string id, std::string what) {
    const std::lock_guard lock(mutex_);
    outcome.failed_ids.push_back(std::move(id));
    outcome.objects_failed.push_back(std::move(what));
  }

  void not_restored(const DroppedObject& object, const std::string& why) {
    const std::lock_guard lock(mutex_);
    outcome.objects_failed.push_back(why);
    outcome.not_restored.push_back(object);
  }

  void end(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!ended_) error_ = error;
    ended_ = true;
    changed_.notify_all();
  }

  Result<LoadOutcome> result() {
    if (ended_) return Failure(error_);
    return std::move(outcome);
  }

  size_t index_of(const Job& job) const { return plan_.tables[job.table].index; }

  // The table holds rows that one lane alone should have in memory: its slices are loaded one after the other.
  void has_giants(const Job& job) {
    const std::lock_guard lock(mutex_);
    giants_.insert(job.table);
  }
  GiantGate& gate() { return gate_; }

 private:
  bool is_giant(const Job& job) const { return job.kind == Job::Kind::slice && giants_.contains(job.table); }

  void add_slices(size_t t) {
    open_[t] = plan_.tables[t].to_do.size();
    for (const TableRange& range : plan_.tables[t].to_do)
      jobs_.push_back({.kind = Job::Kind::slice, .table = t, .range = range});
  }

  void add_indexes(size_t t) {
    const LoadPlan::Table& table = plan_.tables[t];
    open_[t] = table.indexes.size() + table.dropped.size();
    for (const ObjectDef* index : table.indexes)
      jobs_.push_front({.kind = Job::Kind::index, .table = t, .object = index});
    for (const DroppedObject& index : table.dropped)
      jobs_.push_front({.kind = Job::Kind::index, .table = t, .dropped = &index});
    if (open_[t] == 0) jobs_.push_front({.kind = Job::Kind::finish, .table = t});
  }

  // Builds go to the front: they need one session only, and let the table's changes begin sooner.
  void follow(const Job& job) {
    const LoadPlan::Table& table = plan_.tables[job.table];
    switch (job.kind) {
      case Job::Kind::slice:
        if (--open_[job.table] > 0) return;
        if (table.merging)
          add_indexes(job.table);
        else
          jobs_.push_front({.kind = Job::Kind::keys, .table = job.table});
        return;
      case Job::Kind::keys:
        if (table.merging && !table.to_do.empty())
          add_slices(job.table);
        else
          add_indexes(job.table);
        return;
      case Job::Kind::index:
        if (--open_[job.table] == 0) jobs_.push_front({.kind = Job::Kind::finish, .table = job.table});
        return;
      case Job::Kind::finish:
        return;
    }
  }

  const LoadPlan& plan_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::vector<size_t> open_;  // jobs of a table before the next step
  size_t running_ = 0;
  std::set<size_t> giants_;
  bool giant_running_ = false;
  GiantGate gate_;
  bool ended_ = false;
  Error error_;
  LoadOutcome outcome;
};

class Lane {
 public:
  Lane(const TaskContext& context, const LoadPlan& plan, Board& board, unsigned number)
      : context_(context), plan_(plan), board_(board), number_(number) {}

  void run(const std::stop_token& stop) {
    while (std::optional<Job> job = board_.take()) {
      auto done = carry_out(*job, stop);
      if (!done) {
        const bool settled = settle(*job, done.error());
        if (!settled) board_.end(done.error());
      }
      board_.done(*job);
      if (stop.stop_requested()) board_.end(errors::stopped());
    }
  }

 private:
  Result<void> carry_out(const Job& job, const std::stop_token& stop) {
    if (!target_) target_ = TRY(context_.open_target(fmt::format("lane-{}", number_)));
    if (!source_ && job.kind == Job::Kind::slice)
      source_ = TRY(context_.open_source(fmt::format("lane-{}", number_)));
    auto done = carry_out_here(job, stop);
    // A failed slice may leave its sessions in the middle of something; the next job opens new ones.
    if (sessions_spent_ || (!done && job.kind == Job::Kind::slice)) {
      source_.reset();
      target_.reset();
      sessions_spent_ = false;
    }
    return done;
  }

  Result<void> carry_out_here(const Job& job, const std::stop_token& stop) {
    const Interrupter::Busy busy(context_.interrupter, source_.get(), target_.get());
    switch (job.kind) {
      case Job::Kind::slice:
        return slice(job, stop);
      case Job::Kind::keys:
        return build_keys(job);
      case Job::Kind::index:
        return job.dropped != nullptr ? restore(job) : build(job, *job.object);
      case Job::Kind::finish:
        return finish(job);
    }
    return {};
  }

  // Errors of one table are the table's; all others end the load.
  bool settle(const Job& job, const Error& error) {
    if (error.code == "source.rewritten" || error.code == "target.no_arbiter") {
      board_.load_whole(job);
      log_warning(Component::source_unload, "{}. It is loaded again at a later position.", error.message);
      return true;
    }
    if (error.kind != ErrorKind::table && error.kind != ErrorKind::data && error.kind != ErrorKind::conflict)
      return false;
    const TableRef& table = planned(job).target.source->ref;
    log_error(Component::target_load, "Failed to load table {} [1022502]: {}", log_name(table), error.message);
    log_warning(Component::task_manager, "Table {} was errored/suspended (subtask {} thread 1).", log_name(table),
                number_);
    board_.fail(job, error);
    context_.progress->fail_table(board_.index_of(job), error.message);
    return !table_error_stops_task(context_.settings.error_behavior, context_.tally->add_table_error());
  }

  const PlannedTable& planned(const Job& job) const { return context_.tables[board_.index_of(job)]; }

  // "table 's'.'t'", or the segment form where a table has more than one slice.
  static std::string what(std::string_view segment_word, const Job& job) {
    if (job.range.of == 1) return fmt::format("table {}", log_name(job.range.table));
    return fmt::format("segment #{} of {} {}", job.range.index + 1, segment_word, log_name(job.range.table));
  }

  Result<void> slice(const Job& job, const std::stop_token& stop) {
    const size_t index = board_.index_of(job);
    const size_t id = index + 1;
    bool first = false;
    context_.progress->change_table(index, [&](TableStatistics& t) {
      if (t.state == TableState::before_load || t.state == TableState::cancelled ||
          t.state == TableState::reloading) {
        t.state = TableState::full_load;
        t.load_start_us = now_us();
        first = true;
      }
    });
    if (first && planned(job).target.parallel_load) {
      log_info(Component::task_manager,
               "Start initializing segmented table {} (Id = {}) by subtask {}. Start load timestamp {:016X}",
               log_name(job.range.table), id, number_, now_us());
      log_info(Component::task_manager, "Completed target preparation for segmented table {} (Id = {})",
               log_name(job.range.table), id);
    }
    log_info(Component::task_manager, "Start loading {} (Id = {}) by subtask {}. Start load timestamp {:016X}",
             job.range.of == 1 ? what("", job)
                               : fmt::format("segment #{} of {} of table {}", job.range.index + 1, job.range.of,
                                             log_name(job.range.table)),
             id, number_, now_us());
    SliceJob work;
    work.table = &planned(job).target;
    work.range = job.range;
    work.task_id = context_.task_id;
    work.snapshot_id = plan_.snapshot_id;
    work.snapshot = plan_.snapshot;
    work.held_rows = plan_.tables[job.table].held_rows;
    work.merging = plan_.tables[job.table].merging;
    work.context = &context_;
    work.table_index = index;
    work.gate = &board_.gate();
    const SliceResult result = TRY(load_slice(*source_, *target_, work, stop));
    if (result.had_giant) board_.has_giants(job);
    sessions_spent_ = result.had_giant;
    report(job, id, result);
    return {};
  }

  void report(const Job& job, size_t id, const SliceResult& result) {
    const size_t index = board_.index_of(job);
    context_.progress->change_table(index, [&](TableStatistics& t) {
      ++t.slices_done;
      if (result.was_done) return;
      t.full_load_rows += result.rows_read - result.rows_parked - result.rows_ignored;
      t.full_load_error_rows += result.rows_parked + result.rows_ignored;
      t.parked += result.rows_parked;
      t.ignored += result.rows_ignored;
      t.mended += result.rows_mended;
      t.full_load_bytes += result.bytes;
    });
    if (!result.was_done)
      context_.progress->change([&](TaskStatistics& s) {
        s.loaded_rows += result.rows_read;
        s.loaded_bytes += result.bytes;
      });
    log_info(Component::source_unload, "Unload finished for {} (Id = {}). {} rows sent.",
             what("segmented table", job), id, result.rows_read);
    log_info(Component::target_load,
             "Load finished for {} (Id = {}). {} rows received. {} rows skipped. Volume transfered {}.",
             what("segmented table", job), id, result.rows_read - result.rows_parked - result.rows_ignored,
             result.rows_parked + result.rows_ignored, result.bytes);
    log_info(Component::task_manager, "Load finished for {} (Id = {}) by subtask {}. {} records transferred.",
             what("table", job), id, number_, result.rows_read - result.rows_parked - result.rows_ignored);
  }

  Result<void> build_keys(const Job& job) {
    for (const ObjectDef* key : plan_.tables[job.table].keys) TRY(build(job, *key));
    return {};
  }

  // A key that cannot be built (rows that collide) is the table's error: changes would find no row without it.
  Result<void> build(const Job& job, const ObjectDef& object) {
    const TargetTable& table = planned(job).target;
    auto built = target_->build(object, std::span(&table, 1));
    failpoint(failpoints::index_build);
    if (built) {
      if (*built)
        log_info(Component::target_load, "Created {} {} on table {}", object.kind, object.name,
                 log_name(table.source->ref));
      return {};
    }
    const Error error = errors::object_failed(object.kind, object.name, built.error());
    const bool is_key = object.phase == ObjectPhase::keys;
    if (is_recoverable(error) || (is_key && error.kind != ErrorKind::fatal)) return Failure(error);
    log_error(Component::target_load, "{}", error.message);
    board_.object_failed(object_id(object), error.message);
    return {};
  }

  Result<void> restore(const Job& job) {
    const auto made = restore_one(*target_, *job.dropped);
    if (made) return {};
    if (is_recoverable(made.error())) return Failure(made.error());
    log_error(Component::target_load, "{}", made.error().message);
    board_.not_restored(*job.dropped, made.error().message);
    return {};
  }

  Result<void> finish(const Job& job) {
    const size_t index = board_.index_of(job);
    TRY(target_->analyze(planned(job).target.layout->ref));
    context_.progress->change_table(index, [](TableStatistics& t) {
      t.load_end_us = now_us();
      t.state = TableState::completed;
    });
    return {};
  }

  const TaskContext& context_;
  const LoadPlan& plan_;
  Board& board_;
  const unsigned number_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Target> target_;
  bool sessions_spent_ = false;  // their buffers have grown to a giant row's size
};

}  // namespace

std::string object_id(const ObjectDef& object) {
  return fmt::format("{} {} on {}", object.kind, object.name, to_string(object.table));
}

Result<LoadOutcome> run_load(const TaskContext& context, const LoadPlan& plan, std::stop_token stop) {
  Board board(plan);
  size_t jobs = 0;
  for (const LoadPlan::Table& table : plan.tables)
    jobs += std::max<size_t>(1, std::max(table.to_do.size(), table.indexes.size() + table.dropped.size()));
  const auto lanes = static_cast<unsigned>(
      std::min<size_t>(jobs, static_cast<size_t>(context.settings.full_load_settings.max_full_load_sub_tasks)));
  std::vector<std::jthread> threads;
  for (unsigned n = 1; n <= lanes; ++n) threads.emplace_back([&, n] { Lane(context, plan, board, n).run(stop); });
  for (std::jthread& thread : threads) thread.join();
  return board.result();
}

}  // namespace godwit
