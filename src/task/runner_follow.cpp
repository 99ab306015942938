// Following the source's log: capture into the spool, apply from it, until a stop.

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "task/errors.h"
#include "task/key_misfits.h"
#include "task/runner.h"

namespace godwit {
namespace {

// Shares of Godwit's memory budget; the window's is in apply.cpp.
constexpr size_t spool_share = 4;

}  // namespace

// Opens the stream at the stored position with the layouts of the plan as it is now.
Result<void> TaskRunner::start_capture() {
  capture_.reset();
  spool_.reset();
  std::vector<std::shared_ptr<const TableDef>> layouts;
  std::vector<CapturedTable> captured;
  const TaskDocument document = record_->document();
  for (const PlannedTable& table : context_.tables) {
    layouts.push_back(table.target.shape ? table.target.layout : table.target.read);
    const auto known = std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table);
    Position from = known == document.tables.end() ? Position{} : known->snapshot;
    // Of one that is in error only its end is of interest.
    if (known != document.tables.end() && known->pending && known->suspended.empty()) from = source_->end_of_log();
    const bool in_error = known != document.tables.end() && !known->suspended.empty();
    captured.push_back({table.target.source, table.target.read, from, in_error});
  }
  const GodwitSettings& settings = options_.settings.godwit;
  Spool::Limits limits;
  limits.memory_bytes = (static_cast<size_t>(settings.memory_mb) << 20U) / spool_share;
  limits.disk_bytes = static_cast<uint64_t>(settings.spool_mb) << 20U;
  limits.segment_bytes =
      std::min<uint64_t>(limits.segment_bytes, std::max<uint64_t>(limits.disk_bytes / 4, 1U << 20U));
  spool_ = TRY(Spool::open(options_.state_dir + "/spool", limits, std::move(layouts)));
  const std::optional<Position> stored = TRY(target_->read_position(context_.task_id));
  const Position start = stored ? *stored : record_->document().start;
  progress_.change([&](TaskStatistics& s) {
    s.applied = start;
    s.checkpoint = source_->checkpoint(start);
  });
  const CaptureSpec spec = context_.capture_spec();
  std::unique_ptr<ChangeReader> reader = TRY(source_->read_changes(spec, start, captured));
  log_debug(Component::source_capture, "The change stream is open at position {}, for {} tables", start.text,
            captured.size());
  std::unique_ptr<ChangeShaping> shaping = TRY(ChangeShaping::open(context_, findings_));
  capture_ = std::make_unique<Capture>(std::move(reader), *spool_, progress_, std::move(shaping));
  log_info(Component::source_capture, "Reading the source's log from {} with {}", start.text,
           record_->document().capture);
  return {};
}

Result<void> TaskRunner::release_constraints() {
  constraints_by_session_ =
      TRY(target_->release_constraints(context_.targets(), record_->document().restore_script,
                                       [&](const std::string& script) { return save_script(script); }));
  if (constraints_by_session_ || !follows()) return {};
  const TiedTables tied = tied_tables(context_.tables, TRY(silent_cascades()));
  if (tied.empty()) return {};
  return Failure(errors::cascades_need_keys(context_.tables[*tied.tables.begin()].target.source->ref));
}

Result<void> TaskRunner::save_script(const std::string& script) {
  return record_->update([&](std::string&, TaskDocument& document) { document.restore_script = script; });
}

Position TaskRunner::highest_snapshot() const {
  Position highest;
  for (const TableRecord& table : record_->document().tables)
    if (source_->compare(table.snapshot, highest) > 0) highest = table.snapshot;
  return highest;
}

// Fixed once a run, so that a recovery in its middle does not move the goal.
Result<StopRule> TaskRunner::stop_rule() {
  if (rule_) return *rule_;
  StopRule rule;
  const std::string& text = options_.stop_position;
  const auto value = [&](std::string_view head) { return std::string_view(text).substr(head.size()); };
  int64_t time_us = 0;
  const auto trimmed = [](std::string_view time) {
    return time.substr(std::min(time.find_first_not_of(' '), time.size()));
  };
  if (text == "caught-up")
    rule.caught_up = TRY(source_->mark_now());
  else if (text.starts_with("position:"))
    rule.position = TRY(source_->parse_position(value("position:")));
  else if (text.starts_with("server_time:") && parse_utc(trimmed(value("server_time:")), time_us))
    rule.server_time_us = time_us;
  else if (text.starts_with("commit_time:") && parse_utc(trimmed(value("commit_time:")), time_us))
    rule.commit_time_us = time_us;
  else if (!text.empty())
    return Failure(errors::stop_position(text));
  if (record_->document().owes_stop && options_.settings.full_load_settings.stop_task_cached_changes_applied &&
      !rule.caught_up)
    rule.caught_up = TRY(source_->mark_now());
  const std::optional<Position> stored = TRY(target_->read_position(context_.task_id));
  if (rule.position && stored && source_->compare(*stored, *rule.position) > 0)
    return Failure(errors::stop_already_reached(text, stored->text));
  rule_ = rule;
  return rule;
}

Result<std::unique_ptr<Apply>> TaskRunner::open_apply() {
  const TaskDocument document = record_->document();
  Apply::Parts parts;
  parts.context = &context_;
  parts.record = record_.get();
  parts.source = source_.get();
  parts.session = TRY(context_.open_target("apply"));
  parts.spool = spool_.get();
  parts.capture = capture_.get();
  for (const PlannedTable& table : context_.tables) {
    const auto record = std::ranges::find(document.tables, table.target.source->ref, &TableRecord::table);
    const bool known = record != document.tables.end();
    parts.snapshots.push_back(known && record->snapshot != document.start ? record->snapshot : Position{});
    parts.held_rows.push_back(loads() && known && !record->was_empty);
  }
  TRY(let_keys_act(parts));
  const std::optional<Position> stored = TRY(target_->read_position(context_.task_id));
  if (!stored) return Failure(errors::nothing_started(context_.task_id));
  parts.start = *stored;
  parts.carefully = carefully_;
  parts.is_called_away = [this] { return reloads_wanted_.load(); };
  return Apply::open(std::move(parts));
}

// What the one before took from the spool, and did not apply, is read again.
Result<void> TaskRunner::reopen_apply(std::unique_ptr<Apply>& apply) {
  const bool anew = apply->has_taken();
  apply.reset();
  if (anew) TRY(start_capture());
  apply = TRY(open_apply());
  return {};
}

Result<ApplyEnd> TaskRunner::follow(const std::stop_token& stop) {
  failpoint(failpoints::before_catch_up);
  progress_.set_phase("change processing");
  // Again in every run: an earlier one may have died between saving the script and carrying it out, or restored it.
  keys_stand_ = false;
  TRY(release_constraints());
  const StopRule rule = TRY(stop_rule());
  if (!capture_) TRY(start_capture());
  for (size_t t = 0; t < context_.tables.size(); ++t)
    progress_.change_table(t, [](TableStatistics& s) {
      if (s.state == TableState::before_load) s.state = TableState::completed;
    });
  std::unique_ptr<Apply> apply = TRY(open_apply());
  log_info(Component::task_manager, "Replication has started.");
  if (loads()) {
    const ApplyEnd end = TRY(pass_snapshots(apply, rule, stop));
    if (end != ApplyEnd::caught_up) return end;
  }
  // In a session that they bind, foreign keys would act on top of what the log says: they come at the stop.
  if (constraints_by_session_) {
    const Interrupter::Busy busy(context_.interrupter, nullptr, target_.get());
    TRY(build_foreign_keys());
  }
  // The session and the order of changes are those of the keys that stood when it was opened.
  const bool some_stood = std::exchange(keys_stand_, true);
  if (some_stood || !TRY(silent_cascades()).tied.empty()) TRY(reopen_apply(apply));
  return apply_until(apply, rule, stop);
}

// Foreign keys come once every table is past the position of the latest snapshot, and those that the log is silent
// about before the first change behind the snapshot of the tables that they tie. ApplyEnd::caught_up: all may come.
Result<ApplyEnd> TaskRunner::pass_snapshots(std::unique_ptr<Apply>& apply, const StopRule& rule,
                                            const std::stop_token& stop) {
  const Position highest = highest_snapshot();
  const auto is_before = [&](const Position& goal) { return source_->compare(apply->position(), goal) < 0; };
  if (!is_before(highest)) return ApplyEnd::caught_up;
  StopRule to_goal = rule;
  if (const std::optional<Position> tied = TRY(tied_snapshot())) {
    to_goal.caught_up = to_goal.no_further = *tied;
    const ApplyEnd end = is_before(*tied) ? TRY(apply_until(apply, to_goal, stop)) : ApplyEnd::caught_up;
    if (end != ApplyEnd::caught_up) return end;
    const bool more = source_->compare(*tied, highest) < 0;
    if (more) TRY(build_tied_keys());
    keys_stand_ = more;
    TRY(reopen_apply(apply));  // what was read behind it was let go
    if (!more) return end;
  }
  to_goal.caught_up = highest;
  to_goal.no_further.reset();
  return apply_until(apply, to_goal, stop);
}

// Applies, and carries out the structure changes on the way. ApplyEnd::structure: tables are to be loaded first.
Result<ApplyEnd> TaskRunner::apply_until(std::unique_ptr<Apply>& apply, const StopRule& goal,
                                         const std::stop_token& stop) {
  for (;;) {
    auto end = apply->run(goal, stop);
    if (apply->made_progress()) retries_.attempts = 0;
    carefully_ = apply->needs_care();
    if (!end || *end != ApplyEnd::structure) return end;
    const bool anew = TRY(take_up_structure(*apply));
    if (!anew) {
      capture_->go_on();
      continue;
    }
    apply.reset();
    if (record_->phase() == "loading") {
      capture_.reset();
      spool_.reset();
      return ApplyEnd::structure;
    }
    TRY(read_objects());
    TRY(start_capture());
    apply = TRY(open_apply());
  }
}

}  // namespace godwit
