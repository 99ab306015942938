#include "task/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "task/dropped_objects.h"
#include "task/errors.h"
#include "task/load_board.h"
#include "task/load_slice.h"

namespace godwit {
namespace {

class Lane {
 public:
  Lane(const TaskContext& context, const LoadPlan& plan, LoadBoard& board, unsigned number)
      : context_(context), plan_(plan), board_(board), number_(number) {}

  void run(const std::stop_token& stop) {
    while (std::optional<LoadJob> job = board_.take()) {
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
  Result<void> carry_out(const LoadJob& job, const std::stop_token& stop) {
    if (!target_) target_ = TRY(context_.open_target(fmt::format("lane-{}", number_)));
    if (!source_ && job.kind == LoadJob::Kind::slice)
      source_ = TRY(context_.open_source(fmt::format("lane-{}", number_)));
    auto done = carry_out_here(job, stop);
    // A failed slice may leave its sessions in the middle of something; the next job opens new ones.
    if (sessions_spent_ || (!done && job.kind == LoadJob::Kind::slice)) {
      source_.reset();
      target_.reset();
      sessions_spent_ = false;
    }
    return done;
  }

  Result<void> carry_out_here(const LoadJob& job, const std::stop_token& stop) {
    const Interrupter::Busy busy(context_.interrupter, source_.get(), target_.get());
    switch (job.kind) {
      case LoadJob::Kind::slice:
        return slice(job, stop);
      case LoadJob::Kind::keys:
        return build_keys(job);
      case LoadJob::Kind::index:
        return job.dropped != nullptr ? restore(job) : build(job, *job.object);
      case LoadJob::Kind::finish:
        return finish(job);
    }
    return {};
  }

  // Errors of one table are the table's; all others end the load.
  bool settle(const LoadJob& job, const Error& error) {
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

  const PlannedTable& planned(const LoadJob& job) const { return context_.tables[board_.index_of(job)]; }

  // "table 's'.'t'", or the segment form where a table has more than one slice.
  static std::string what(std::string_view segment_word, const LoadJob& job) {
    if (job.range.of == 1) return fmt::format("table {}", log_name(job.range.table));
    return fmt::format("segment #{} of {} {}", job.range.index + 1, segment_word, log_name(job.range.table));
  }

  Result<void> slice(const LoadJob& job, const std::stop_token& stop) {
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

  void report(const LoadJob& job, size_t id, const SliceResult& result) {
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

  Result<void> build_keys(const LoadJob& job) {
    for (const ObjectDef* key : plan_.tables[job.table].keys) TRY(build(job, *key));
    return {};
  }

  // A key that cannot be built (rows that collide) is the table's error: changes would find no row without it.
  Result<void> build(const LoadJob& job, const ObjectDef& object) {
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

  Result<void> restore(const LoadJob& job) {
    const auto made = restore_one(*target_, *job.dropped);
    if (made) return {};
    if (is_recoverable(made.error())) return Failure(made.error());
    log_error(Component::target_load, "{}", made.error().message);
    board_.not_restored(*job.dropped, made.error().message);
    return {};
  }

  Result<void> finish(const LoadJob& job) {
    const size_t index = board_.index_of(job);
    TRY(target_->analyze(planned(job).target.layout->ref));
    context_.progress->change_table(index, [](TableStatistics& t) {
      if (t.state != TableState::completed || t.load_end_us == 0) t.load_end_us = now_us();
      t.state = TableState::completed;
    });
    return {};
  }

  const TaskContext& context_;
  const LoadPlan& plan_;
  LoadBoard& board_;
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
  LoadBoard board(plan);
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
