#include "task/apply.h"

#include <algorithm>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/text.h"
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
constexpr int64_t look_interval_ms = 5000;  // at what the log of an old source does not tell
constexpr int64_t log_end_interval_ms = 1000;
constexpr int64_t commit_grace_us = 1000000;  // see Source::log_end

size_t window_bytes_max(const TaskSettings& settings, const Target& target) {
  const auto budget = static_cast<size_t>(settings.godwit.memory_mb) << 20U;
  const auto cap = static_cast<size_t>(settings.change_processing_tuning.batch_apply_memory_limit_mb) << 20U;
  return std::min({budget / window_share, cap, static_cast<size_t>(target.transaction_bytes_max())});
}

}  // namespace

Apply::Apply(Parts parts, std::unique_ptr<ChangeWriter> writer)
    : parts_(std::move(parts)),
      writer_(std::move(writer)),
      applier_(*parts_.context, *parts_.record, *parts_.source, *writer_, parts_.snapshots, parts_.held_rows,
               parts_.in_log_order, parts_.hanging),
      position_(parts_.start),
      needs_care_(parts_.carefully),
      errors_met_(parts_.context->tally->counts()) {}

Result<std::unique_ptr<Apply>> Apply::open(Parts parts) {
  std::unique_ptr<ChangeWriter> writer = TRY(parts.session->apply_changes(parts.context->task_id));
  return std::unique_ptr<Apply>(new Apply(std::move(parts), std::move(writer)));
}

Apply::~Apply() {
  parts_.context->progress->change([](TaskStatistics& s) {
    s.backlog.window_changes = s.backlog.window_bytes = 0;
    s.backlog.window_oldest_us = s.backlog.unreached_since_ms = 0;
  });
}

void Apply::roll_back() {
  writer_->rollback();
  open_ = false;
  uncommitted_changes_ = uncommitted_bytes_ = 0;
}

Result<std::optional<ApplyEnd>> Apply::step_unless_stopped(const StopRule& rule, const std::stop_token& stop) {
  const Interrupter::Busy busy(parts_.context->interrupter, nullptr, parts_.session.get());
  auto end = step(rule);
  if (end) return end;
  roll_back();
  if (replays(end.error(), stop)) return std::nullopt;
  // A window that waited for a lock when the stop came was interrupted: nothing of it is there.
  const bool may_be_ours = end.error().kind == ErrorKind::stopped || is_recoverable(end.error());
  if (stop.stop_requested() && may_be_ours) return std::nullopt;
  return end;
}

// The transaction is gone, what it holds is not: as if it had never begun. A smaller one meets less.
bool Apply::replays(const Error& error, const std::stop_token& stop) {
  if (std::exchange(pieces_gone_, false) || !asks_for_replay(error)) return false;
  applier_.undo();
  parts_.context->tally->set(errors_met_);
  if (!replays_.wait(error, stop)) return false;
  replaying_ = !window_.empty();
  parts_max_ = std::max<size_t>(1, window_parts_ / 2);
  return true;
}

// Half a transaction may be on its way: none of it may stay.
Result<ApplyEnd> Apply::leave(ApplyEnd end) {
  if (open_) roll_back();
  TRY(settle());
  return end;
}

Result<ApplyEnd> Apply::run(const StopRule& rule, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (parts_.is_called_away && parts_.is_called_away()) return leave(ApplyEnd::reload);
    const std::optional<ApplyEnd> end = TRY(step_unless_stopped(rule, stop));
    if (end) return leave(*end);
  }
  return leave(ApplyEnd::asked);
}

Result<std::optional<ApplyEnd>> Apply::step(const StopRule& rule) {
  // What capture read before it failed is applied first.
  std::optional<ChangeBatch> batch;
  const bool work_left = window_.complete() > 0 && (replaying_ || window_is_full());
  if (!work_left) batch = TRY(parts_.spool->take(window_.complete() == 0 && !open_ ? take_wait_ms : 0));
  if (!batch && window_.complete() == 0) {
    if (const std::optional<Error> failed = parts_.capture->failure()) return Failure(*failed);
  }
  const bool idle = !batch;
  if (batch) {
    has_taken_ = true;
    if (window_.empty()) window_since_ms_ = monotonic_ms();
    if (!batch->read_to.empty()) read_to_ = batch->read_to;
    window_.add(std::move(*batch));
    take_schema();
    publish_backlog();
  }
  TRY(look_for_border(rule));
  bool reached_in_window = false;
  const size_t allowed = parts_before(rule, reached_in_window);
  const size_t complete = std::min(allowed, window_.complete());
  if (complete > 0 && (idle || reached_in_window || window_is_due()))
    TRY(flush(shortened(complete)));
  else if (complete == 0 && allowed > 0 &&
           (window_.bytes() >= window_bytes_max(parts_.context->settings, *parts_.session) ||
            window_.changes() >= piece_changes_max))
    TRY(apply_piece(allowed));
  if (reached_in_window && parts_before(rule, reached_in_window) == 0) return stand_at_border(rule);
  if (idle && window_.complete() == 0) {
    const bool structure = TRY(meets_structure(rule, reached_in_window));
    if (structure) return std::optional(ApplyEnd::structure);
    if (reached_in_window) return stand_at_border(rule);
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
  reached = lies_behind(rule, event.at, event.commit_us);
  if (reached) return false;
  // Tables that stopped to fit earlier in the same transaction: recorded before the position passes them.
  for (const SchemaEvent& misfit : schema_) {
    if (!misfit.document.empty()) break;
    TRY(suspend(misfit));
  }
  if (!window_.empty() || open_) {
    const size_t parts = window_.parts().size();
    TRY(apply_parts(parts));
    TRY(commit(event.before, event.commit_us, 0, parts));
  }
  while (schema_.front().document.empty()) schema_.pop_front();
  return true;
}

Result<void> Apply::pass_structure(const std::function<Result<void>(ChangeWriter&)>& work) {
  const Interrupter::Busy busy(parts_.context->interrupter, nullptr, parts_.session.get());
  const SchemaEvent event = schema_.front();
  auto passed = writer_->begin(position_);
  open_ = true;
  if (passed) passed = work(*writer_);
  if (passed) passed = commit(event.done, event.commit_us, 0, 0);
  if (!passed) {
    writer_->rollback();
    open_ = false;
    return passed;
  }
  schema_.pop_front();
  return {};
}

bool Apply::window_is_full() const {
  return window_.bytes() >= window_bytes_max(parts_.context->settings, *parts_.session) ||
         window_.changes() >= window_changes_max;
}

// Whole transactions of at most parts_max_ parts, but one at least.
size_t Apply::shortened(size_t parts) const {
  size_t out = 0;
  for (size_t i = 0; i < parts && (i < parts_max_ || out == 0); ++i)
    if (window_.parts()[i].txn.kind == TxnPart::Kind::commit) out = i + 1;
  return out == 0 ? parts : out;
}

// A stop at a commit time lies at one place of the log for every task of the source, so it is not told by this task's
// own commits, which may be few and whose times need not ascend.
Result<void> Apply::look_for_border(const StopRule& rule) {
  if (!rule.commit_time_us || border_unknown_ || (border_ && border_->found)) return {};
  Position furthest = read_to_;
  if (!window_.parts().empty()) furthest = window_.parts().back().txn.commit;
  if (!schema_.empty() && parts_.source->compare(schema_.back().at, furthest) > 0) furthest = schema_.back().at;
  if (border_ && parts_.source->compare(furthest, border_->position) < 0) return {};
  const Interrupter::Busy busy(parts_.context->interrupter, parts_.source, nullptr);
  auto border = parts_.source->find_commit_border(position_, *rule.commit_time_us);
  if (!border && border.error().kind != ErrorKind::prerequisite) return Failure(border.error());
  if (border) {
    border_ = *border;
    return {};
  }
  border_unknown_ = true;
  log_warning(Component::source_capture,
              "{} The task stops at its own first later commit; other tasks with the same time may stop at another "
              "place of the log.",
              border.error().message);
  return {};
}

// All that may be applied is. Tasks that stop at one border stand at one position, whatever their own last commit
// was.
Result<std::optional<ApplyEnd>> Apply::stand_at_border(const StopRule& rule) {
  const bool held = is_held(rule);
  window_.clear();
  if (held) return std::optional(ApplyEnd::caught_up);
  // Inside a transaction that lies behind the border the position says more than the border would.
  if (rule.commit_time_us && border_ && border_->found && !parts_.source->is_inside_transaction(position_) &&
      parts_.source->compare(position_, border_->position) < 0) {
    TRY(writer_->begin(position_));
    open_ = true;
    TRY(commit(border_->position, 0, 0, 0));
  }
  return std::optional(rule.commit_time_us ? ApplyEnd::commit_time : ApplyEnd::position);
}

// What comes next may be applied, but not yet.
bool Apply::is_held(const StopRule& rule) const {
  if (!rule.no_further) return false;
  StopRule others = rule;
  others.no_further.reset();
  if (!window_.empty()) {
    const TxnPart& next = window_.parts().front().txn;
    return !lies_behind(others, next.commit, next.commit_us);
  }
  const auto told = std::ranges::find_if(schema_, [](const SchemaEvent& e) { return !e.document.empty(); });
  return told == schema_.end() || !lies_behind(others, told->at, told->commit_us);
}

bool Apply::lies_behind(const StopRule& rule, const Position& commit, int64_t commit_us) const {
  if (rule.no_further && parts_.source->compare(commit, *rule.no_further) >= 0) return true;
  if (rule.position && parts_.source->compare(commit, *rule.position) >= 0) return true;
  if (!rule.commit_time_us) return false;
  if (border_) return parts_.source->compare(commit, border_->position) >= 0;
  return commit_us > *rule.commit_time_us;
}

// Parts from the front that the stop rule lets pass. Times are compared in log order: the first later commit is the
// border.
size_t Apply::parts_before(const StopRule& rule, bool& reached) {
  reached = false;
  if (!rule.no_further && !rule.position && !rule.commit_time_us) return window_.parts().size();
  size_t count = 0;
  for (const Window::Part& part : window_.parts()) {
    reached = lies_behind(rule, part.txn.commit, part.txn.commit_us);
    if (reached) break;
    ++count;
  }
  return count;
}

bool Apply::window_is_due() const {
  const TaskSettings& settings = parts_.context->settings;
  const ChangeProcessingTuning& tuning = settings.change_processing_tuning;
  if (parts_.spool->usage().batches == 0) return true;
  if (window_is_full()) return true;
  if (tuning.batch_split_size > 0 && window_.changes() >= static_cast<size_t>(tuning.batch_split_size)) return true;
  return monotonic_ms() - window_since_ms_ >= tuning.batch_apply_timeout_max_s * 1000;
}

// The log's reader delivers nothing of a table after its structure changed; what came before is in this window or an
// earlier one. Said before the commit that passes the change, so that no death in between forgets it.
Result<void> Apply::suspend_changed_tables(const Position& next) {
  for (const SchemaEvent& event : schema_) {
    if (!event.document.empty() || parts_.source->compare(next, event.at) <= 0) break;
    TRY(suspend(event));
  }
  return {};
}

Result<void> Apply::suspend(const SchemaEvent& event) {
  const TableRef& name = parts_.context->tables[event.table].target.source->ref;
  if (event.unreadable)
    return applier_.suspend(event.table, errors::unreadable_changes(name, event.at.text, event.what).message,
                            "TABLE ERROR");
  return applier_.suspend(
      event.table,
      "the structure of table " + to_string(name) + " changed on the source at " + event.at.text + " (" + event.what +
          "), and the source's log does not tell how (on PostgreSQL: Godwit's event triggers were not there, see "
          "CaptureDdls, or did not fire). Its changes up to there are applied first, as far as no "
          "fault comes between. Make the same change on the target and run the task with "
          "--restart to load the table anew.",
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

Result<void> Apply::apply_parts(size_t parts) {
  window_parts_ = parts;
  if (!open_) begun_ms_ = monotonic_ms();
  if (!open_) TRY(writer_->begin(position_));
  open_ = true;
  const std::vector<Window::Part> run(window_.parts().begin(),
                                      window_.parts().begin() + static_cast<std::ptrdiff_t>(parts));
  if (!run.empty() && oldest_waiting_us_ == 0) oldest_waiting_us_ = run.front().txn.commit_us;
  TRY(applier_.apply(run, needs_care_));
  failpoint(failpoints::window_half_way);
  return {};
}

// What is written leaves the memory and counts as waiting until it is committed.
void Apply::forget_parts(size_t parts) {
  const size_t bytes = window_.bytes();
  for (size_t i = 0; i < parts; ++i) uncommitted_changes_ += window_.parts()[i].txn.count;
  window_.drop(parts);
  uncommitted_bytes_ += bytes - window_.bytes();
}

Result<void> Apply::apply_piece(size_t parts) {
  TRY(apply_parts(parts));
  forget_parts(parts);
  pieces_gone_ = true;
  return {};
}

Result<void> Apply::flush(size_t parts) {
  const Window::Part last = window_.parts()[parts - 1];
  uint64_t transactions = 0;
  for (size_t i = 0; i < parts; ++i) transactions += window_.parts()[i].txn.kind == TxnPart::Kind::commit ? 1U : 0U;
  TRY(apply_parts(parts));
  return commit(last.txn.end, last.txn.commit_us, transactions, parts);
}

// `parts`: of the window, which may be forgotten once they are committed.
Result<void> Apply::commit(const Position& next, int64_t commit_us, uint64_t transactions, size_t parts) {
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
  forget_parts(parts);
  open_ = needs_care_ = pieces_gone_ = replaying_ = false;
  replays_.succeeded();
  if (parts_max_ < std::numeric_limits<size_t>::max() / 2) parts_max_ *= 2;
  // Those with a document are passed by pass_structure().
  while (!schema_.empty() && schema_.front().document.empty() && parts_.source->compare(next, schema_.front().at) > 0)
    schema_.pop_front();
  errors_met_ = parts_.context->tally->counts();
  made_progress_ = true;
  position_ = next;
  if (commit_us != 0) applied_us_ = std::max(applied_us_, commit_us);
  oldest_waiting_us_ = 0;
  window_since_ms_ = monotonic_ms();
  tell_window(transactions);
  publish(transactions);
  return release(false);
}

void Apply::tell_window(uint64_t transactions) {
  const WindowApplier::Ways ways = applier_.take_ways();
  if (uncommitted_changes_ == 0) return;
  log_debug(Component::target_apply,
            "A window is committed: {} transactions, {} changes ({} as sets, {} in log order, {} one by one), {} of "
            "memory, {} ms, position {}",
            transactions, uncommitted_changes_, ways.as_sets, ways.in_order, ways.one_by_one,
            human_bytes(uncommitted_bytes_), monotonic_ms() - begun_ms_, position_.text);
}

void Apply::publish(uint64_t transactions) {
  uint64_t processed = 0;
  for (const auto& [table, delta] : applier_.take_deltas()) {
    processed += delta.inserts + delta.updates + delta.deletes + delta.truncates;
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
      t.filtered += d.filtered;
      t.mended += d.mended;
    });
  }
  parts_.context->progress->change([&](TaskStatistics& s) {
    s.applied = position_;
    s.checkpoint = parts_.source->checkpoint(position_);
    s.applied_us = std::max(s.applied_us, applied_us_);
    s.transactions += transactions;
    s.processed_changes += processed;
    s.applied_bytes += uncommitted_bytes_;
  });
  uncommitted_changes_ = uncommitted_bytes_ = 0;
  publish_backlog();
}

void Apply::publish_backlog() {
  const Spool::Usage usage = parts_.spool->usage();
  const int64_t front_us = window_.empty() ? 0 : window_.parts().front().txn.commit_us;
  parts_.context->progress->change([&](TaskStatistics& s) {
    note_spool(s.backlog, usage);
    s.backlog.window_changes = window_.changes() + uncommitted_changes_;
    s.backlog.window_bytes = window_.bytes();
    s.backlog.window_oldest_us = oldest_waiting_us_ != 0 ? oldest_waiting_us_ : front_us;
    s.backlog.proven_us = std::max(s.backlog.proven_us, proven_us_);
    s.backlog.unreached_since_ms = unreached_since_ms_;
  });
}

// An idle log proves that nothing committed: what the target holds is complete up to the source's clock.
Result<void> Apply::look_at_log_end() {
  if (monotonic_ms() - last_end_ms_ >= log_end_interval_ms) {
    last_end_ms_ = monotonic_ms();
    const LogEnd end = TRY(parts_.source->log_end());
    if (!end_to_read_) unreached_since_ms_ = last_end_ms_;
    if (!end_to_read_) end_to_read_ = end;
    if (!end_to_apply_) end_to_apply_ = end;
  }
  const auto reached = [&](const std::optional<LogEnd>& end, const Position& at) {
    return end && parts_.source->compare(at, end->position) >= 0;
  };
  if (reached(end_to_read_, parts_.capture->read_to())) {
    proven_us_ = end_to_read_->clock_us;
    unreached_since_ms_ = 0;
    end_to_read_.reset();
  }
  if (!reached(end_to_apply_, position_)) return {};
  applied_us_ = std::max(applied_us_, end_to_apply_->clock_us - commit_grace_us);
  end_to_apply_.reset();
  parts_.context->progress->change([&](TaskStatistics& s) { s.applied_us = std::max(s.applied_us, applied_us_); });
  return {};
}

// Nothing waits: the position may follow the log, so that the source can release it (at most once a second).
Result<void> Apply::note_idle(const StopRule& rule) {
  const bool awaited = rule.caught_up || rule.position || rule.commit_time_us;
  Position next = read_to_;
  if (rule.commit_time_us && border_ && parts_.source->compare(next, border_->position) > 0) next = border_->position;
  if (parts_.source->compare(next, position_) <= 0) return {};
  if (monotonic_ms() - last_idle_ms_ < (awaited ? take_wait_ms : idle_interval_ms)) return {};
  last_idle_ms_ = monotonic_ms();
  TRY(writer_->begin(position_));
  open_ = true;
  return commit(next, 0, 0, 0);
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
  // Structure changes stand alone: behind one the position may lie inside its transaction.
  if (rule.caught_up && past(*rule.caught_up) && !parts_.source->is_inside_transaction(position_))
    return std::optional(ApplyEnd::caught_up);
  if (rule.position && past(*rule.position)) return std::optional(ApplyEnd::position);
  if (rule.commit_time_us && border_) {
    const bool all_read = border_->found && parts_.source->compare(read_to_, border_->position) >= 0;
    return all_read || (border_->found && past(border_->position)) ? stand_at_border(rule)
                                                                   : Result<std::optional<ApplyEnd>>(std::nullopt);
  }
  if (!rule.commit_time_us || !border_unknown_ || now_us() < *rule.commit_time_us) return std::nullopt;
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
  TRY(look_at_log_end());
  publish_backlog();
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
  return {};
}

}  // namespace godwit
