#include "task/load_slice.h"

#include <thread>

#include "base/bounded_queue.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "task/error_policy.h"
#include "task/errors.h"
#include "task/replay.h"

namespace godwit {
namespace {

constexpr size_t queue_batches = 4;
// An arena that one giant row made larger than this is given back to the system.
constexpr size_t arena_bytes_kept = 4U << 20U;

struct Attempt {
  std::vector<Encoding> wanted;
  bool careful = false;
};

struct Pipe {
  BoundedQueue<RowBatch> full{queue_batches}, empty{queue_batches + 2};
  Result<void> read_result;
};

// Empty batches travel back, so that their arenas are used again.
void read_all(TableReader& reader, Pipe& pipe, GiantGate& gate, const std::stop_token& stop) {
  for (;;) {
    std::optional<RowBatch> batch = pipe.empty.pop();
    if (!batch) break;
    auto more = reader.read(*batch, stop);
    if (!more) pipe.read_result = Failure(more.error());
    if (!more || !*more) break;
    const bool giant = batch->arena.size() > giant_bytes;
    if (giant && !gate.enter(stop)) break;
    if (!pipe.full.push(std::move(*batch))) {
      if (giant) gate.leave();
      break;
    }
    if (giant && !gate.wait_until_free(stop)) break;
  }
  pipe.full.close();
}

class SliceLoad {
 public:
  SliceLoad(Source& source, const SliceJob& job, const TaskSettings& settings)
      : source_(source), job_(job), settings_(settings) {}

  Result<SliceResult> run(Target& target, const Attempt& attempt, const std::stop_token& stop) {
    result_ = {};
    TRY(source_.join_snapshot(job_.snapshot_id()));
    std::unique_ptr<TableReader> reader = TRY(source_.read_table(job_.range, job_.table->read, attempt.wanted));
    auto writer = target.load_table(job_.task_id, *job_.table, job_.range, attempt.wanted.front(),
                                    {attempt.careful, job_.merging});
    if (!writer && writer.error().kind == ErrorKind::superseded) {
      result_.was_done = true;
      reader.reset();
      TRY(source_.leave_snapshot());
      return result_;
    }
    if (!writer) {
      reader.reset();
      TRY(source_.leave_snapshot());
      return Failure(writer.error());
    }
    auto moved = move_rows(*reader, **writer, attempt.careful, stop);
    if (moved) moved = (*writer)->finish(reader->rows_sent(), job_.snapshot);
    result_.rows_read = reader->rows_sent();
    if (!moved) (*writer)->abandon();
    reader.reset();
    const auto left = source_.leave_snapshot();
    if (!moved) return Failure(moved.error());
    if (!left) return Failure(left.error());
    return result_;
  }

  // The same, as often as the target asks for it; rows of a rolled-back attempt were never refused.
  Result<SliceResult> run_replayed(Target& target, const Attempt& attempt, const std::stop_token& stop) {
    return replayed(stop, [&] {
      rows_refused_ = 0;
      auto result = run(target, attempt, stop);
      if (!result && asks_for_replay(result.error()))
        job_.tally->take_back_data_errors(job_.table_index, rows_refused_);
      return result;
    });
  }

  Result<SliceResult> merge(ChangedKeys& keys, std::span<const TableRange> storage, Encoding encoding,
                            const std::stop_token& stop) {
    result_ = {};
    TRY(source_.join_snapshot(job_.snapshot_id()));
    std::unique_ptr<TableWriter> writer = TRY(keys.erase_rows(job_.range, encoding));
    auto merged = merge_rows(keys, *writer, storage, encoding, stop);
    if (merged) merged = writer->finish(result_.rows_read, job_.snapshot);
    if (!merged) writer->abandon();
    const auto left = source_.leave_snapshot();
    if (!merged) return Failure(merged.error());
    if (!left) return Failure(left.error());
    return result_;
  }

 private:
  Result<void> merge_rows(ChangedKeys& keys, TableWriter& writer, std::span<const TableRange> storage,
                          Encoding encoding, const std::stop_token& stop) {
    RowBatch some, rows;
    for (;;) {
      failpoint(failpoints::merge_half_way);
      const bool more = TRY(keys.next(some));
      if (!more) return {};
      std::unique_ptr<TableReader> reader =
          TRY(source_.read_keys(some, storage, *job_.table->source, job_.table->read, std::span(&encoding, 1)));
      storage = {};  // its locks are held from here on
      for (;;) {
        const bool filled = TRY(reader->read(rows, stop));
        if (!filled) break;
        result_.bytes += rows.arena.size();
        TRY(write(writer, rows, true));
      }
      result_.rows_read += reader->rows_sent();
      if (stop.stop_requested()) return Failure(errors::stopped());
    }
  }

  Result<void> move_rows(TableReader& reader, TableWriter& writer, bool careful, const std::stop_token& stop) {
    Pipe pipe;
    for (size_t i = 0; i < queue_batches + 1; ++i) pipe.empty.push({});
    std::stop_source reading;
    const std::stop_callback relay(stop, [&] { reading.request_stop(); });
    std::jthread thread([&] { read_all(reader, pipe, *job_.gate, reading.get_token()); });
    Result<void> written;
    while (written) {
      std::optional<RowBatch> batch = pipe.full.pop();
      if (!batch) break;
      const bool giant = batch->arena.size() > giant_bytes;
      result_.bytes += batch->arena.size();
      result_.had_giant |= giant;
      written = write(writer, *batch, careful);
      failpoint(failpoints::slice_half_way);
      if (batch->arena.capacity() > arena_bytes_kept) *batch = RowBatch();
      if (giant) job_.gate->leave();
      if (!pipe.empty.push(std::move(*batch))) break;
    }
    pipe.empty.close();
    pipe.full.close();
    reading.request_stop();
    thread.join();
    // What the reader had handed on and nobody wrote.
    while (std::optional<RowBatch> rest = pipe.full.pop())
      if (rest->arena.size() > giant_bytes) job_.gate->leave();
    if (!written) return written;
    if (stop.stop_requested()) return Failure(errors::stopped());
    return pipe.read_result;
  }

  Result<void> write(TableWriter& writer, const RowBatch& batch, bool careful) {
    RowErrors refused;
    TRY(writer.write(batch, careful ? &refused : nullptr));
    std::vector<ParkedRow> parked;
    for (RowError& row : refused) {
      // Appended to on purpose: a row that was there before and is the very same is no loss (spec/full-load.md §5).
      if (row.same_row_there && job_.held_rows) {
        ++result_.rows_ignored;
        continue;
      }
      ++rows_refused_;
      const ChangeAction action =
          escalate_data_error(settings_.error_behavior, load_row_action(settings_.error_behavior),
                              job_.tally->add_data_error(job_.table_index));
      switch (action) {
        case ChangeAction::stop_task:
          return Failure(errors::row_refused_stop(job_.table->source->ref, "load", row.error));
        case ChangeAction::suspend_table: {
          Error error = row.error;
          error.kind = ErrorKind::table;
          return Failure(error);
        }
        case ChangeAction::ignore:
          ++result_.rows_ignored;
          break;
        default:
          row.parked.position = job_.snapshot;
          parked.push_back(std::move(row.parked));
      }
    }
    result_.rows_parked += parked.size();
    for (const ParkedRow& row : parked)
      log_error(Component::target_load, "A row of table {} was refused and parked in awsdms_apply_exceptions: {}",
                log_name(job_.table->source->ref), row.code);
    return writer.park(parked);
  }

  Source& source_;
  const SliceJob& job_;
  const TaskSettings& settings_;
  SliceResult result_;
  uint64_t rows_refused_ = 0;  // of this attempt, as counted in the tally
};

// A value whose text passes the server's limit of 1 GB travels in binary (engine.md §11).
bool too_long_as_text(const Error& error) {
  return error.sqlstate == "54000" || error.sqlstate == "XX000";
}

bool refused_rows(const Error& error) {
  return error.kind == ErrorKind::data || error.kind == ErrorKind::conflict;
}

}  // namespace

Result<SliceResult> load_slice(Source& source, Target& target, const SliceJob& job, const TaskSettings& settings,
                               const std::stop_token& stop) {
  SliceLoad load(source, job, settings);
  const std::span<const Encoding> accepted = target.accepts(*job.table->layout);
  Attempt attempt{{accepted.front()}, false};
  auto result = load.run_replayed(target, attempt, stop);
  if (!result && too_long_as_text(result.error()) && accepted.size() > 1) {
    log_info(Component::source_unload,
             "Slice {} of table {} holds values too long for text; it is read again in binary", job.range.index,
             log_name(job.range.table));
    attempt.wanted = {accepted[1]};
    result = load.run_replayed(target, attempt, stop);
  }
  if (!result && refused_rows(result.error())) {
    log_warning(Component::target_load,
                "Command failed to load data with exit error code 1, Command output: {}. Slice {} of "
                "table {} is read again, and its bad rows are singled out",
                result.error().message, job.range.index, log_name(job.range.table));
    attempt.careful = true;
    result = load.run_replayed(target, attempt, stop);
  }
  return result;
}

Result<SliceResult> merge_changed_rows(Source& source, ChangedKeys& keys, const SliceJob& job,
                                       std::span<const TableRange> storage, std::span<const Encoding> encodings,
                                       const TaskSettings& settings, const std::stop_token& stop) {
  SliceLoad load(source, job, settings);
  auto result = load.merge(keys, storage, encodings.front(), stop);
  if (!result && too_long_as_text(result.error()) && encodings.size() > 1)
    result = load.merge(keys, storage, encodings[1], stop);
  return result;
}

}  // namespace godwit
