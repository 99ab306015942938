#include "task/load_slice.h"

#include <thread>
#include <unordered_map>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "task/error_policy.h"
#include "task/errors.h"
#include "task/refused_rows.h"
#include "task/replay.h"
#include "task/shape_findings.h"

namespace godwit {
namespace {

constexpr size_t queue_batches = 4;
// An arena that one giant row made larger than this is given back to the system.
constexpr size_t arena_bytes_kept = 4U << 20U;

struct Attempt {
  Encoding encoding = Encoding::canonical;
  bool careful = false;
  bool long_values = false;
};

// Rows as they are written, and what shaping met in them.
struct Piece {
  RowBatch rows;
  std::vector<ShapeFinding> findings;
};

struct Pipe {
  BoundedQueue<Piece> full{queue_batches}, empty{queue_batches + 2};
  Result<void> read_result;
};

// A reader, and the table's shaper behind it where its rows need one.
class ShapingReader {
 public:
  static Result<ShapingReader> open(std::unique_ptr<TableReader> reader, const TargetTable& table) {
    ShapingReader out;
    out.reader_ = std::move(reader);
    out.layout_ = table.layout;
    if (shapes_rows(table)) out.shaper_ = TRY(RowShaper::open(table));
    return out;
  }

  Result<bool> read(Piece& piece, const std::stop_token& stop) {
    piece.findings.clear();
    if (!shaper_) return reader_->read(piece.rows, stop);
    const bool more = TRY(reader_->read(raw_, stop));
    piece.rows.clear();
    piece.rows.layout = layout_;
    piece.rows.encoding = Encoding::canonical;
    if (more) TRY(shaper_->shape_rows(raw_, piece.rows, now_us(), piece.findings));
    if (raw_.arena.capacity() > arena_bytes_kept) raw_ = RowBatch();
    return more;
  }
  uint64_t rows_sent() const { return reader_->rows_sent(); }

 private:
  std::unique_ptr<TableReader> reader_;
  std::unique_ptr<RowShaper> shaper_;
  std::shared_ptr<const TableDef> layout_;
  RowBatch raw_;
};

// Empty batches travel back, so that their arenas are used again.
void read_all(ShapingReader& reader, Pipe& pipe, GiantGate& gate, const std::stop_token& stop) {
  for (;;) {
    std::optional<Piece> piece = pipe.empty.pop();
    if (!piece) break;
    auto more = reader.read(*piece, stop);
    if (!more) pipe.read_result = Failure(more.error());
    if (!more || !*more) break;
    const bool giant = piece->rows.arena.size() > giant_bytes;
    if (giant && !gate.enter(stop)) break;
    if (!pipe.full.push(std::move(*piece))) {
      if (giant) gate.leave();
      break;
    }
    if (giant && !gate.wait_until_free(stop)) break;
  }
  pipe.full.close();
}

// Without the rows that are marked.
void drop_rows(RowBatch& batch, const std::vector<bool>& dropped) {
  const size_t width = batch.width();
  size_t kept = 0;
  for (size_t row = 0; row < batch.rows; ++row) {
    if (dropped[row]) continue;
    if (kept != row)
      std::copy_n(batch.cells.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                  batch.cells.begin() + static_cast<std::ptrdiff_t>(kept * width));
    ++kept;
  }
  batch.rows = kept;
  batch.cells.resize(kept * width);
}

class SliceLoad {
 public:
  SliceLoad(Source& source, const SliceJob& job) : source_(source), job_(job), settings_(job.context->settings) {}

  Result<SliceResult> run(Target& target, const Attempt& attempt, const std::stop_token& stop) {
    result_ = {};
    left_out_ = 0;
    met_.clear();
    const int64_t begun_ms = monotonic_ms();
    TRY(source_.join_snapshot(job_.snapshot_id()));
    log_debug(Component::source_unload, "Slice {} of {} of table {} is read at {}{}{}", job_.range.index + 1,
              job_.range.of, log_name(job_.range.table), job_.snapshot.text,
              attempt.careful ? ", its bad rows singled out" : "",
              attempt.long_values ? ", long values in binary" : "");
    std::optional<ShapingReader> reader = TRY(ShapingReader::open(
        TRY(source_.read_table(job_.range, job_.table->read, std::span(&attempt.encoding, 1),
                               {.filter = job_.table->filter.get(), .long_values = attempt.long_values})),
        *job_.table));
    auto writer =
        target.load_table(job_.task_id, *job_.table, job_.range, attempt.encoding, {attempt.careful, job_.merging});
    if (!writer && writer.error().kind == ErrorKind::superseded) {
      log_debug(Component::target_load, "Slice {} of table {} was loaded before", job_.range.index + 1,
                log_name(job_.range.table));
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
    log_debug(Component::target_load, "Slice {} of {} of table {} is written", job_.range.index + 1, job_.range.of,
              log_name(job_.range.table));
    auto moved = move_rows(*reader, **writer, attempt.careful, stop);
    if (moved) moved = (*writer)->finish(reader->rows_sent() - left_out_, job_.snapshot);
    result_.rows_read = reader->rows_sent();
    if (!moved) (*writer)->abandon();
    reader.reset();
    const auto left = source_.leave_snapshot();
    if (!moved) return Failure(moved.error());
    if (!left) return Failure(left.error());
    log_debug(Component::source_unload, "Slice {} of table {} is read: {} rows, {} bytes", job_.range.index + 1,
              log_name(job_.range.table), result_.rows_read, result_.bytes);
    log_debug(Component::target_load,
              "Slice {} of table {} is committed: {} rows written, {} parked, {} left out, {} bytes, {} ms",
              job_.range.index + 1, log_name(job_.range.table),
              result_.rows_read - result_.rows_parked - result_.rows_ignored, result_.rows_parked,
              result_.rows_ignored, result_.bytes, monotonic_ms() - begun_ms);
    return result_;
  }

  // The same, as often as the target asks for it; rows of a rolled-back attempt were never refused.
  Result<SliceResult> run_replayed(Target& target, const Attempt& attempt, const std::stop_token& stop) {
    return replayed(stop, [&] {
      rows_refused_ = 0;
      auto result = run(target, attempt, stop);
      if (!result && asks_for_replay(result.error()))
        job_.context->tally->take_back_data_errors(job_.table_index, rows_refused_);
      return result;
    });
  }

  Result<SliceResult> merge(ChangedKeys& keys, std::span<const TableRange> storage, Encoding encoding,
                            const std::stop_token& stop) {
    result_ = {};
    left_out_ = 0;
    met_.clear();
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
          TRY(source_.read_keys(some, storage, *job_.table->source, job_.table->read, std::span(&encoding, 1),
                                {.filter = job_.table->filter.get(), .long_values = true}));
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

  Result<void> move_rows(ShapingReader& reader, TableWriter& writer, bool careful, const std::stop_token& stop) {
    Pipe pipe;
    for (size_t i = 0; i < queue_batches + 1; ++i) pipe.empty.push({});
    std::stop_source reading;
    const std::stop_callback relay(stop, [&] { reading.request_stop(); });
    std::jthread thread([&] { read_all(reader, pipe, *job_.gate, reading.get_token()); });
    Result<void> written;
    while (written) {
      std::optional<Piece> piece = pipe.full.pop();
      if (!piece) break;
      const bool giant = piece->rows.arena.size() > giant_bytes;
      result_.bytes += piece->rows.arena.size();
      result_.had_giant |= giant;
      written = heed_findings(writer, *piece);
      if (written) written = write(writer, piece->rows, careful);
      failpoint(failpoints::slice_half_way);
      if (piece->rows.arena.capacity() > arena_bytes_kept) *piece = Piece();
      if (giant) job_.gate->leave();
      if (!pipe.empty.push(std::move(*piece))) break;
    }
    pipe.empty.close();
    pipe.full.close();
    reading.request_stop();
    thread.join();
    // What the reader had handed on and nobody wrote.
    while (std::optional<Piece> rest = pipe.full.pop())
      if (rest->rows.arena.size() > giant_bytes) job_.gate->leave();
    if (!written) return written;
    if (stop.stop_requested()) return Failure(errors::stopped());
    return pipe.read_result;
  }

  // What shaping met, as the settings have it: rows are left out, or told about.
  Result<void> heed_findings(TableWriter& writer, Piece& piece) {
    if (piece.findings.empty()) return {};
    const TableRef& name = job_.table->source->ref;
    std::vector<bool> dropped(piece.rows.rows, false);
    std::vector<ParkedRow> notes;
    for (const ShapeFinding& finding : piece.findings) {
      const ChangeNote note = note_of(name, finding, 0);
      if (job_.context->findings != nullptr && is_news(note.message))
        job_.context->findings->write(Component::source_unload, name, note);
      switch (action_on(*job_.context, note.kind, job_.table_index)) {
        case ChangeAction::ignore:
          if (!dropped[finding.row]) ++left_out_;
          dropped[finding.row] = true;
          continue;
        case ChangeAction::suspend_table:
          return Failure(errors::shaping_suspends(name, note.message));
        case ChangeAction::stop_task:
          return Failure(errors::shaping_stop(name, note.message));
        default:
          break;
      }
      ParkedRow row = writer.describe(piece.rows, finding.row);
      row.values.clear();
      row.error = note.message;
      row.code = code_of(note.kind);
      row.position = job_.snapshot;
      notes.push_back(std::move(row));
      if (note.kind != ChangeNote::Kind::truncated) ++result_.rows_mended;
    }
    if (std::ranges::find(dropped, true) != dropped.end()) {
      result_.rows_ignored += static_cast<uint64_t>(std::ranges::count(dropped, true));
      drop_rows(piece.rows, dropped);
    }
    return writer.note(notes);
  }

  // A slice that is read again meets the same once more: only what goes beyond the earlier attempts gets a line.
  bool is_news(const std::string& message) {
    uint64_t &met = met_[message], &told = told_[message];
    if (++met <= told) return false;
    told = met;
    return true;
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
                              job_.context->tally->add_data_error(job_.table_index));
      if (action != ChangeAction::ignore)
        log_refused_row(Component::target_load, row.parked, row.parked.code, row.error.message);
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
          log_parked_row(Component::target_load, row.parked);
          parked.push_back(std::move(row.parked));
      }
    }
    result_.rows_parked += parked.size();
    return writer.park(parked);
  }

  Source& source_;
  const SliceJob& job_;
  const TaskSettings& settings_;
  SliceResult result_;
  uint64_t rows_refused_ = 0;                             // of this attempt, as counted in the tally
  uint64_t left_out_ = 0;                                 // rows that were read and not handed to the writer
  std::unordered_map<std::string, uint64_t> met_, told_;  // findings by their words: of this attempt, with a line
};

// A value whose text passes the server's limit of 1 GB travels in binary (engine.md §11).
bool too_long_as_text(const Error& error) {
  return error.sqlstate == "54000" || error.sqlstate == "XX000";
}

bool refused_rows(const Error& error) {
  return error.kind == ErrorKind::data || error.kind == ErrorKind::conflict;
}

// In the target's order.
std::vector<Encoding> common_encodings(const Source& source, std::span<const Encoding> accepted) {
  std::vector<Encoding> out;
  for (const Encoding encoding : accepted)
    if (std::ranges::find(source.writes(), encoding) != source.writes().end()) out.push_back(encoding);
  return out;
}

}  // namespace

Result<SliceResult> load_slice(Source& source, Target& target, const SliceJob& job, const std::stop_token& stop) {
  SliceLoad load(source, job);
  const std::vector<Encoding> accepted = common_encodings(source, target.accepts(*job.table->layout));
  if (accepted.empty()) return Failure(errors::no_common_encoding(job.table->source->ref));
  const bool shaped = shapes_rows(*job.table);
  Attempt attempt{.encoding = shaped ? Encoding::canonical : accepted.front()};
  auto result = load.run_replayed(target, attempt, stop);
  if (!result && too_long_as_text(result.error()) && (shaped || accepted.size() > 1)) {
    log_info(Component::source_unload,
             "Slice {} of table {} holds values too long for text; it is read again in binary", job.range.index,
             log_name(job.range.table));
    attempt.long_values = true;
    if (!shaped) attempt.encoding = accepted[1];
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
                                       std::span<const TableRange> storage, std::span<const Encoding> accepted,
                                       const std::stop_token& stop) {
  SliceLoad load(source, job);
  const std::vector<Encoding> encodings = common_encodings(source, accepted);
  if (encodings.empty()) return Failure(errors::no_common_encoding(job.table->source->ref));
  auto result = load.merge(keys, storage, encodings.front(), stop);
  if (!result && too_long_as_text(result.error()) && encodings.size() > 1)
    result = load.merge(keys, storage, encodings[1], stop);
  return result;
}

}  // namespace godwit
