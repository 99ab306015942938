#include "task/apply.h"

#include <algorithm>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "task/errors.h"
#include "task/untold_changes.h"

namespace godwit {
namespace {

// Shares of Godwit's memory budget (design §6): spool 1/4, window 1/6; staging takes about as much as the window
// again.
constexpr size_t window_share = 6;
// What is computed for a change on the way takes up to half a kB, however short its row is.
constexpr size_t window_changes_max = 100000;
constexpr size_t piece_changes_max = 60000;
constexpr int take_wait_ms = 100;
constexpr int64_t release_interval_ms = 200;
constexpr int64_t idle_interval_ms = 1000;
constexpr int64_t status_interval_ms = 10000;
constexpr int64_t look_interval_ms = 5000;  // at what the log of an old source does not tell

size_t window_bytes_max(const TaskSettings& settings) {
  const auto budget = static_cast<size_t>(settings.godwit.memory_mb) << 20U;
  const auto cap = static_cast<size_t>(settings.change_processing_tuning.batch_apply_memory_limit_mb) << 20U;
  return std::min(budget / window_share, cap);
}

}  // namespace

Apply::Apply(Parts parts, std::unique_ptr<ChangeWriter> writer)
    : parts_(std::move(parts)),
      writer_(std::move(writer)),
      applier_(*parts_.context, *parts_.record, *parts_.source, *writer_, parts_.snapshots, parts_.held_rows),
      position_(parts_.start),
      needs_care_(parts_.carefully) {}

Result<std::unique_ptr<Apply>> Apply::open(Parts parts) {
  std::unique_ptr<ChangeWriter> writer = TRY(parts.session->apply_changes(parts.context->task_id));
  return std::unique_ptr<Apply>(new Apply(std::move(parts), std::move(writer)));
}

Result<std::optional<ApplyEnd>> Apply::step_unless_stopped(const StopRule& rule, const std::stop_token& stop) {
  const Interrupter::Busy busy(parts_.context->interrupter, nullptr, parts_.session.get());
  auto end = step(rule);
  if (end) return end;
  writer_->rollback();
  open_ = false;
  // A window that waited for a lock when the stop came was interrupted: nothing of it is there.
  if (stop.stop_requested() && is_recoverable(end.error())) return std::nullopt;
  return end;
}

// Half a transaction may be on its way: none of it may stay.
Result<ApplyEnd> Apply::leave(ApplyEnd end) {
  if (open_) writer_->rollback();
  open_ = false;
  TRY(settle());
  return end;
}

Result<ApplyEnd> Apply::run(const StopRule& rule, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::optional<ApplyEnd> end = TRY(step_unless_stopped(rule, stop));
    if (end) return leave(*end);
  }
  return leave(ApplyEnd::asked);
}

Result<std::optional<ApplyEnd>> Apply::step(const StopRule& rule) {
  // What capture read before it failed is applied first.
  std::optional<ChangeBatch> batch = TRY(parts_.spool->take(window_.complete() == 0 ? take_wait_ms : 0));
  if (!batch && window_.complete() == 0) {
    if (const std::optional<Error> failed = parts_.capture->failure()) return Failure(*failed);
  }
  const bool idle = !batch;
  if (batch) {
    if (window_.empty()) window_since_ms_ = monotonic_ms();
    if (!batch->read_to.empty()) read_to_ = batch->read_to;
    window_.add(std::move(*batch));
    take_schema();
  }
  bool reached_in_window = false;
  const size_t allowed = parts_before(rule, reached_in_window);
  const size_t complete = std::min(allowed, window_.complete());
  if (complete > 0 && (idle || reached_in_window || window_is_due()))
    TRY(flush(complete));
  else if (complete == 0 && allowed > 0 &&
           (window_.bytes() >= window_bytes_max(parts_.context->settings) || window_.changes() >= piece_changes_max))
    TRY(apply_piece(allowed));
  if (reached_in_window && parts_before(rule, reached_in_window) == 0) {
    window_.clear();
    return std::optional(rule.commit_time_us ? ApplyEnd::commit_time : ApplyEnd::position);
  }
  if (idle && window_.complete() == 0) {
    const bool structure = TRY(meets_structure(rule, reached_in_window));
    if (structure) return std::optional(ApplyEnd::structure);
    if (reached_in_window) return std::optional(rule.commit_time_us ? ApplyEnd::commit_time : ApplyEnd::position);
  }
  if (window_.empty() && !open_ && !read_to_.empty()) TRY(note_idle(rule));
  TRY(housekeeping());
  return reached(rule);
}

void Apply::take_schema() {
  std::vector<SchemaEvent> fresh = window_.take_schema();
  schema_.insert(schema_.end(), fresh.begin(), fresh.end());
}

// The log told a structure change, and all whole transactions before it are applied. What its own transaction did
// until then is committed for itself: structure changes stand alone.
Result<bool> Apply::meets_structure(const StopRule& rule, bool& reached) {
  const auto told = std::ranges::find_if(schema_, [](const SchemaEvent& e) { return !e.document.empty(); });
  if (told == schema_.end()) return false;
  const SchemaEvent event = *told;
  reached = (rule.position && parts_.source->compare(event.at, *rule.position) >= 0) ||
            (rule.commit_time_us && event.commit_us > *rule.commit_time_us);
  if (reached) return false;
  if (!window_.empty() || open_) {
    TRY(apply_piece(window_.parts().size()));
    TRY(commit(event.before, event.commit_us, 0));
  }
  // Tables that stopped to fit earlier in the same transaction.
  while (schema_.front().document.empty()) TRY(suspend_first());
  return true;
}

Result<void> Apply::pass_structure(const std::function<Result<void>(ChangeWriter&)>& work) {
  const SchemaEvent event = schema_.front();
  auto passed = writer_->begin(position_);
  open_ = true;
  if (passed) passed = work(*writer_);
  if (passed) passed = commit(event.done, event.commit_us, 0);
  if (!passed) {
    writer_->rollback();
    open_ = false;
    return passed;
  }
  schema_.pop_front();
  return {};
}

// Parts from the front that the stop rule lets pass. Times are compared in log order: the first later commit is the
// border.
size_t Apply::parts_before(const StopRule& rule, bool& reached) {
  reached = false;
  if (!rule.position && !rule.commit_time_us) return window_.parts().size();
  size_t count = 0;
  for (const Window::Part& part : window_.parts()) {
    reached = (rule.position && parts_.source->compare(part.txn.commit, *rule.position) >= 0) ||
              (rule.commit_time_us && part.txn.commit_us > *rule.commit_time_us);
    if (reached) break;
    ++count;
  }
  return count;
}

bool Apply::window_is_due() const {
  const TaskSettings& settings = parts_.context->settings;
  const ChangeProcessingTuning& tuning = settings.change_processing_tuning;
  if (parts_.spool->usage().batches == 0) return true;
  if (window_.bytes() >= window_bytes_max(settings) || window_.changes() >= window_changes_max) return true;
  if (tuning.batch_split_size > 0 && window_.changes() >= static_cast<size_t>(tuning.batch_split_size)) return true;
  return monotonic_ms() - window_since_ms_ >= tuning.batch_apply_timeout_max_s * 1000;
}

// The log's reader delivers nothing of a table after its structure changed; what came before is in this window or an
// earlier one. Said before the commit that passes the change, so that no death in between forgets it.
Result<void> Apply::suspend_changed_tables(const Position& next) {
  while (!schema_.empty() && schema_.front().document.empty() && parts_.source->compare(next, schema_.front().at) > 0)
    TRY(suspend_first());
  return {};
}

Result<void> Apply::suspend_first() {
  const SchemaEvent event = schema_.front();
  schema_.pop_front();
  const TableRef& name = parts_.context->tables[event.table].target.source->ref;
  return applier_.suspend(event.table,
                          "the structure of table " + to_string(name) + " changed on the source at " + event.at.text +
                              " (" + event.what +
                              "), and the source's log does not tell how: Godwit's event triggers were not there "
                              "(CaptureDdls) or did not "
                              "fire. Its changes up to there are applied first, as far as no fault comes between. "
                              "Make the same change on "
                              "the target and run the task with --restart to load the table anew.",
                          "DDL");
}

// Of a source whose log does not tell all: what it left out is seen at the tables themselves.
Result<void> Apply::suspend_untold_tables() {
  for (const auto& [table, what] : TRY(untold_changes(*parts_.context, parts_.record->document(), *parts_.source))) {
    const TableRef& name = parts_.context->tables[table].target.source->ref;
    TRY(applier_.suspend(static_cast<uint32_t>(table), errors::untold_change(name, what).message, "DDL"));
  }
  return {};
}

Result<void> Apply::apply_piece(size_t parts) {
  if (!open_) TRY(writer_->begin(position_));
  open_ = true;
  const std::vector<Window::Part> run(window_.parts().begin(),
                                      window_.parts().begin() + static_cast<std::ptrdiff_t>(parts));
  if (!run.empty() && oldest_waiting_us_ == 0) oldest_waiting_us_ = run.front().txn.commit_us;
  TRY(applier_.apply(run, needs_care_));
  failpoint(failpoints::window_half_way);
  window_.drop(parts);
  return {};
}

Result<void> Apply::flush(size_t parts) {
  const Window::Part last = window_.parts()[parts - 1];
  uint64_t transactions = 0;
  for (size_t i = 0; i < parts; ++i) transactions += window_.parts()[i].txn.kind == TxnPart::Kind::commit ? 1U : 0U;
  TRY(apply_piece(parts));
  return commit(last.txn.end, last.txn.commit_us, transactions);
}

Result<void> Apply::commit(const Position& next, int64_t commit_us, uint64_t transactions) {
  TRY(suspend_changed_tables(next));
  auto committed = writer_->commit(next);
  if (!committed) {
    // Only a deferred check can refuse what every statement accepted: the next attempt finds out whose row it is.
    needs_care_ = committed.error().kind == ErrorKind::conflict || committed.error().kind == ErrorKind::data;
    Error error = committed.error();
    if (needs_care_) error.kind = ErrorKind::superseded;
    return Failure(error);
  }
  failpoint(failpoints::window_committed);
  open_ = needs_care_ = false;
  made_progress_ = true;
  position_ = next;
  if (commit_us != 0) applied_us_ = commit_us;
  oldest_waiting_us_ = 0;
  window_since_ms_ = monotonic_ms();
  publish(transactions);
  return release(false);
}

void Apply::publish(uint64_t transactions) {
  for (const auto& [table, delta] : applier_.take_deltas())
    parts_.context->progress->change_table(table, [&, d = delta](TableStatistics& t) {
      t.inserts += d.inserts;
      t.updates += d.updates;
      t.deletes += d.deletes;
      t.truncates += d.truncates;
      t.applied_inserts += d.applied_inserts;
      t.applied_updates += d.applied_updates;
      t.applied_deletes += d.applied_deletes;
      t.applied_truncates += d.applied_truncates;
      t.parked += d.parked;
      t.ignored += d.ignored;
      t.dropped += d.dropped;
    });
  parts_.context->progress->change([&](TaskStatistics& s) {
    s.applied = position_;
    s.applied_us = applied_us_;
    s.transactions += transactions;
  });
}

// Nothing waits: the position may follow the log, so that the source can release it (at most once a second).
Result<void> Apply::note_idle(const StopRule& rule) {
  const bool awaited = rule.caught_up || rule.position || rule.commit_time_us;
  if (parts_.source->compare(read_to_, position_) <= 0) return {};
  if (monotonic_ms() - last_idle_ms_ < (awaited ? take_wait_ms : idle_interval_ms)) return {};
  last_idle_ms_ = monotonic_ms();
  TRY(writer_->begin(position_));
  open_ = true;
  return commit(read_to_, 0, 0);
}

Result<void> Apply::release(bool force) {
  if (!force && monotonic_ms() - last_release_ms_ < release_interval_ms) return {};
  last_release_ms_ = monotonic_ms();
  const Position durable = TRY(writer_->durable(force));
  if (!durable.empty()) parts_.capture->release_until(durable);
  return {};
}

Result<void> Apply::settle() {
  return release(true);
}

Result<std::optional<ApplyEnd>> Apply::reached(const StopRule& rule) {
  const bool quiet = window_.empty() && !open_;
  if (rule.server_time_us && now_us() >= *rule.server_time_us) return std::optional(ApplyEnd::server_time);
  if (!quiet) return std::nullopt;
  const auto past = [&](const Position& goal) { return parts_.source->compare(position_, goal) >= 0; };
  if (rule.caught_up && past(*rule.caught_up)) return std::optional(ApplyEnd::caught_up);
  if (rule.position && past(*rule.position)) return std::optional(ApplyEnd::position);
  if (!rule.commit_time_us || now_us() < *rule.commit_time_us) return std::nullopt;
  // The source's clock has passed the time: what committed before it lies before a mark taken now.
  if (commit_time_mark_.empty()) {
    const int64_t source_us = TRY(parts_.source->clock_us());
    if (source_us > *rule.commit_time_us) commit_time_mark_ = TRY(parts_.source->mark_now());
  }
  if (!commit_time_mark_.empty() && past(commit_time_mark_)) return std::optional(ApplyEnd::commit_time);
  return std::nullopt;
}

Result<void> Apply::housekeeping() {
  const int64_t now_ms = monotonic_ms();
  if (!open_ && now_ms - last_release_ms_ >= release_interval_ms) TRY(release(false));
  const Spool::Usage usage = parts_.spool->usage();
  const int64_t waiting_us = window_.empty() ? 0 : window_.parts().front().txn.commit_us;
  parts_.context->progress->change([&](TaskStatistics& s) {
    s.spool_changes = usage.changes + window_.changes();
    s.spool_memory_bytes = usage.memory_bytes + window_.bytes();
    s.spool_disk_bytes = usage.disk_bytes;
    s.paused = parts_.capture->paused();
    s.read_to = parts_.capture->read_to();
    s.target_latency_ms = waiting_us == 0 ? 0 : (now_us() - waiting_us) / 1000;
    s.source_latency_ms = usage.batches == 0 && window_.empty() ? 0 : s.target_latency_ms;
  });
  if (!open_ && (last_look_ms_ == 0 || now_ms - last_look_ms_ >= look_interval_ms)) {
    last_look_ms_ = now_ms;
    // Where structure changes are told, the catalog may be ahead of what is applied.
    if (!parts_.context->tells_schema) TRY(suspend_untold_tables());
  }
  const int64_t beat_s = parts_.source->beat_interval_s();
  if (beat_s > 0 && (last_beat_ms_ == 0 || now_ms - last_beat_ms_ >= beat_s * 1000)) {
    last_beat_ms_ = now_ms;
    auto beat = parts_.source->beat(parts_.context->task_id);
    if (!beat)
      log_warning(Component::source_capture, "The heartbeat table on the source could not be written: {}",
                  beat.error().message);
  }
  if (open_ || now_ms - last_status_ms_ < status_interval_ms) return {};
  last_status_ms_ = now_ms;
  StatusRow row;
  row.status = parts_.capture->paused() ? "Paused" : "CHANGE PROCESSING";
  row.pending_changes = static_cast<int64_t>(usage.changes + window_.changes());
  row.disk_swap_mb = static_cast<int64_t>(usage.disk_bytes >> 20U);
  row.memory_mb = static_cast<int64_t>((usage.memory_bytes + window_.bytes()) >> 20U);
  row.current = parts_.capture->read_to();
  row.tail = position_;
  row.current_us = row.tail_us = row.applied_us = applied_us_;
  return parts_.session->write_status(parts_.context->task_id, row);
}

}  // namespace godwit
