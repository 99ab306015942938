#include "task/window_applier.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/clock.h"
#include "base/log.h"
#include "task/error_policy.h"
#include "task/errors.h"
#include "task/refused_rows.h"

namespace godwit {
namespace {

// Below this many changes of a table a round of pipelined statements is cheaper than staging them.
constexpr size_t set_changes_min = 40;

// A column of the key that the log says nothing of where it names the row: by another one it must not be looked for.
std::optional<uint32_t> unlogged_key_column(const ChangeView& view) {
  const auto& key = view.table->layout->key;
  if (view.op == Op::insert || !key) return std::nullopt;
  for (const uint32_t c : key->columns) {
    const Cell& cell =
        view.before != nullptr ? view.before->cell(view.before_row, c) : view.after->cell(view.after_row, c);
    if (cell.length == Cell::unchanged) return c;
  }
  return std::nullopt;
}

}  // namespace

WindowApplier::WindowApplier(const TaskContext& context, RecordStore& record, const Source& order,
                             ChangeWriter& writer, std::vector<Position> snapshots, std::vector<bool> held_rows,
                             std::vector<bool> in_log_order, std::vector<std::vector<uint32_t>> hanging)
    : context_(context),
      record_(record),
      order_(order),
      writer_(writer),
      snapshots_(std::move(snapshots)),
      held_rows_(std::move(held_rows)),
      in_log_order_(std::move(in_log_order)),
      hanging_(std::move(hanging)),
      suspended_(context.tables.size(), false),
      judged_(context.tables.size()),
      look_up_(context) {
  const TaskDocument document = record.document();
  loaded_at_ = document.loaded_at;
  for (const TableRecord& table : document.tables)
    for (uint32_t t = 0; t < context.tables.size(); ++t)
      if (context.tables[t].target.source->ref == table.table && !table.suspended.empty()) suspended_[t] = true;
  suspended_before_ = told_ = suspended_;
  for (const Position& snapshot : snapshots_) any_later_snapshot_ |= !snapshot.empty();
}

bool WindowApplier::wanted(uint32_t table, const TxnPart& txn) {
  if (suspended_[table]) return false;
  if (!any_later_snapshot_ || snapshots_[table].empty()) return true;
  Judged& judged = judged_[table];
  if (judged.part != part_) judged = {part_, lies_behind_snapshot(table, txn.commit)};
  return judged.behind;
}

bool WindowApplier::lies_behind_snapshot(uint32_t table, const Position& commit) const {
  // Another server's transaction is judged by whoever read it: what the snapshot holds was not told.
  if (!order_.are_of_one_log(commit, snapshots_[table])) return true;
  return order_.compare(commit, snapshots_[table]) != std::partial_ordering::less;
}

Result<void> WindowApplier::apply(std::span<const Window::Part> parts, bool carefully) {
  pending_.clear();
  truncates_.clear();
  notes_.clear();
  careful_ = false;
  if (!carefully) {
    TRY(collect(parts, false));
    return flush(false);
  }
  // Carefully: constraints are checked after each transaction, so that the one at fault is known.
  careful_ = true;
  size_t first = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].txn.kind != TxnPart::Kind::commit && i + 1 < parts.size()) continue;
    TRY(collect(parts.subspan(first, i + 1 - first), true));
    TRY(flush(true));
    first = i + 1;
  }
  return {};
}

Result<void> WindowApplier::collect(std::span<const Window::Part> parts, bool carefully) {
  for (const Window::Part& part : parts) {
    ++part_;
    for (uint32_t i = part.txn.first; i < part.txn.first + part.txn.count; ++i) {
      const Change& change = part.batch->changes[i];
      TableDelta& delta = deltas_[change.table];
      if (change.filtered) {
        ++delta.filtered;
        continue;
      }
      ++(change.op == Op::insert   ? delta.inserts
         : change.op == Op::update ? delta.updates
         : change.op == Op::erase  ? delta.deletes
                                   : delta.truncates);
      if (!wanted(change.table, part.txn)) {
        ++delta.dropped;
        continue;
      }
      if (change.op == Op::truncate) {
        TRY(flush(carefully));
        truncates_.emplace_back(change.table, change.before_row);
        continue;
      }
      if (!truncates_.empty()) TRY(truncate());
      const bool goes_on = TRY(heed_notes(part, i, carefully));
      if (!goes_on) continue;
      const RowBatch* images = &part.batch->images[change.table];
      ChangeView view{&target(change.table),
                      change.op,
                      change.before_row == Change::no_row ? nullptr : images,
                      change.after_row == Change::no_row ? nullptr : images,
                      change.before_row,
                      change.after_row,
                      change.when_missing,
                      change.keys_off};
      Item item{change.table, view, &part.txn.commit, change.op, part.txn.xid};
      if (const std::optional<uint32_t> lacking = unlogged_key_column(view)) {
        const TargetTable& table = target(change.table);
        TRY(flush(carefully));
        TRY(handle(item,
                   {ChangeOutcome::Kind::refused, errors::key_not_logged(table.source->ref, to_string(change.op),
                                                                         table.layout->columns[*lacking].name)}));
        continue;
      }
      const bool taken = write_unseen(item);
      if (taken) continue;
      const IdentityMove move = change.op == Op::update && item.view.when_missing != WhenMissing::look_up
                                    ? identity_move(change, *images)
                                    : IdentityMove::none;
      if (move == IdentityMove::impossible) {
        TRY(flush(carefully));
        TRY(handle(item, {ChangeOutcome::Kind::refused, errors::identity_moved(target(change.table).source->ref)}));
        continue;
      }
      if (move == IdentityMove::replace) {
        Item erase = item, insert = item;
        erase.counts_as.reset();
        erase.view = {view.table,
                      Op::erase,
                      images,
                      nullptr,
                      change.before_row == Change::no_row ? change.after_row : change.before_row,
                      Change::no_row,
                      view.when_missing == WhenMissing::insert ? WhenMissing::ignore : WhenMissing::report,
                      change.keys_off};
        insert.view.op = Op::insert;
        insert.view.before = nullptr;
        insert.view.before_row = Change::no_row;
        insert.view.when_missing = WhenMissing::report;
        pending_.push_back(erase);
        pending_.push_back(insert);
        continue;
      }
      pending_.push_back(item);
    }
  }
  if (!truncates_.empty()) TRY(truncate());
  return write_notes();
}

// An identity beside the key may have moved, and the log carries no old value to tell by: the row is replaced if it
// is whole.
bool WindowApplier::may_move_unseen(const Change& change, const RowBatch& images) const {
  const TableDef& layout = *target(change.table).layout;
  if (!layout.key) return false;
  bool beside_key = false;
  for (uint32_t c = 0; c < images.width(); ++c) {
    if (images.cell(change.after_row, c).length == Cell::unchanged) return false;
    beside_key |=
        layout.columns[c].identity_always && std::ranges::find(layout.key->columns, c) == layout.key->columns.end();
  }
  return beside_key;
}

// A new value for a GENERATED ALWAYS identity (UPDATE … SET id = DEFAULT) cannot be written by an UPDATE: the row is
// replaced.
WindowApplier::IdentityMove WindowApplier::identity_move(const Change& change, const RowBatch& images) const {
  if (change.before_row == Change::no_row)
    return may_move_unseen(change, images) ? IdentityMove::replace : IdentityMove::none;
  bool moves = false, whole = true;
  for (size_t c = 0; c < images.width(); ++c) {
    const Cell &before = images.cell(change.before_row, c), &after = images.cell(change.after_row, c);
    whole &= after.length != Cell::unchanged;
    if (!target(change.table).layout->columns[c].identity_always || before.length == Cell::unchanged) continue;
    moves |= after.length != Cell::unchanged && images.bytes(before) != images.bytes(after);
  }
  if (!moves) return IdentityMove::none;
  return whole ? IdentityMove::replace : IdentityMove::impossible;
}

Result<void> WindowApplier::truncate() {
  std::vector<TableRef> tables;
  std::map<uint32_t, std::set<uint32_t>> leaves;  // of tables that are one table on the target
  for (const auto& [table, leaf] : truncates_) {
    if (suspended_[table]) continue;
    if (!context_.settings.change_processing_ddl_handling_policy.handle_source_table_truncated) continue;
    if (context_.settings.error_behavior.apply_error_fail_on_truncation_ddl)
      return Failure(errors::truncate_stop(target(table).source->ref));
    const TableDef& layout = *target(table).layout;
    if (leaf != Change::no_row && !can_have_leaves(target(table))) {
      leaves[table].insert(leaf);
      continue;
    }
    tables.push_back(leaf == Change::no_row ? layout.ref : layout.leaves[leaf].ref);
    ++deltas_[table].applied_truncates;
  }
  for (const auto& [table, emptied] : leaves) {
    const TableDef& layout = *target(table).layout;
    if (emptied.size() < layout.leaves.size()) {
      TRY(suspend(table, errors::leaf_truncated(target(table).source->ref).message, "APPLY ERROR"));
      continue;
    }
    tables.push_back(layout.ref);
    deltas_[table].applied_truncates += emptied.size();
  }
  const auto truncated = std::exchange(truncates_, {});
  if (tables.empty()) return {};
  TRY(writer_.set_savepoint());
  auto done = writer_.truncate(tables);
  if (done || done.error().kind != ErrorKind::table) return done;
  TRY(writer_.undo_to_savepoint());
  for (const auto& [table, leaf] : truncated)
    TRY(suspend(table, fmt::format("the target refused a TRUNCATE: {}", done.error().message), "APPLY ERROR"));
  return {};
}

Result<void> WindowApplier::flush(bool carefully) {
  if (pending_.empty()) return {};
  std::vector<Item> items = std::exchange(pending_, {});
  if (carefully) {
    const std::map<uint32_t, TableDelta> counted = deltas_;
    TRY(writer_.set_savepoint());
    const bool whole = TRY(apply_whole(items));
    note_way(whole ? &Ways::in_order : &Ways::one_by_one, items);
    if (whole) return {};
    TRY(writer_.undo_to_savepoint());
    deltas_ = counted;
    return apply_one_by_one(items);
  }
  if (items.size() < set_changes_min) {
    note_way(&Ways::in_order, items);
    return apply_in_order(items);
  }
  std::map<uint32_t, std::vector<Item>> by_table;
  std::vector<Item> ordered;
  for (const Item& item : items) (in_log_order_[item.table] ? ordered : by_table[item.table]).push_back(item);
  note_way(&Ways::in_order, ordered);
  if (!ordered.empty()) TRY(apply_in_order(ordered));
  for (auto& [table, own] : by_table) TRY(apply_table(table, own));
  return {};
}

// All of a transaction and its constraints, or false: then nothing has been said or parked of it yet.
Result<bool> WindowApplier::apply_whole(std::span<const Item> items) {
  std::vector<ChangeView> views;
  for (const Item& item : items) {
    if (suspended_[item.table]) {
      count_dropped(item);
      continue;
    }
    if (item.view.when_missing == WhenMissing::look_up) return false;
    views.push_back(item.view);
    count_applied(item);
  }
  const ChangeWriter::Progress progress = TRY(writer_.apply_in_order(views));
  if (progress.done < views.size()) return false;
  auto checked = writer_.check_constraints();
  if (checked) return true;
  if (checked.error().kind != ErrorKind::conflict && checked.error().kind != ErrorKind::data)
    return Failure(checked.error());
  return false;
}

Result<void> WindowApplier::apply_table(uint32_t table, std::vector<Item>& items) {
  if (suspended_[table]) {
    for (const Item& item : items) count_dropped(item);
    return {};
  }
  const TargetTable& plan = target(table);
  const bool inserts_only = std::ranges::all_of(items, [](const Item& item) { return item.view.op == Op::insert; });
  if (items.size() < set_changes_min || (!plan.layout->key && !inserts_only)) {
    note_way(&Ways::in_order, items);
    return apply_in_order(items);
  }
  std::vector<ChangeView> views;
  views.reserve(items.size());
  for (const Item& item : items) views.push_back(item.view);
  NetResult result;
  if (plan.layout->key)
    result = net_changes(plan, views);
  else
    result.net.inserted = views;
  bool done = false;
  std::string why = result.why;
  if (result.fits) done = TRY(writer_.apply_sets(plan, result.net, why));
  note_way(done ? &Ways::as_sets : &Ways::in_order, items);
  log_detail(Component::target_apply, "Table {}: {} changes {}", log_name(plan.source->ref), items.size(),
             done ? "as sets" : "in log order");
  if (done) {
    if (!result.look_up.empty()) TRY(look_up_chunks(table, result.look_up, items));
    for (const Item& item : items) count_applied(item);
    return {};
  }
  if (context_.progress != nullptr) context_.progress->change([](TaskStatistics& s) { ++s.bulk_fallbacks; });
  constexpr int64_t line_interval_ms = 60000;
  int64_t& last = last_bulk_line_ms_[table];
  if (last == 0 || monotonic_ms() - last > line_interval_ms) {
    last = monotonic_ms();
    log_info(Component::target_apply,
             "Bulk apply operation failed. Trying to execute bulk statements in 'one-by-one' mode");
    log_debug(Component::target_apply, "Table {}: {}", log_name(plan.source->ref), why);
  }
  return apply_in_order(items);
}

Result<void> WindowApplier::apply_in_order(std::span<const Item> items) {
  std::vector<ChangeView> views;
  std::vector<const Item*> sources;
  for (const Item& item : items) {
    if (suspended_[item.table]) {
      count_dropped(item);
      continue;
    }
    views.push_back(item.view);
    sources.push_back(&item);
  }
  size_t at = 0;
  while (at < views.size()) {
    size_t end = at;
    while (end < views.size() && views[end].when_missing != WhenMissing::look_up) ++end;
    ChangeWriter::Progress progress;
    if (end > at) progress = TRY(writer_.apply_in_order(std::span(views).subspan(at, end - at)));
    for (size_t i = at; i < at + progress.done; ++i) count_applied(*sources[i]);
    at += progress.done;
    if (progress.stopped_at.kind == ChangeOutcome::Kind::applied && at == views.size()) break;
    const Item& refused = *sources[at++];
    if (progress.stopped_at.kind == ChangeOutcome::Kind::applied)
      TRY(write_looked_up(refused));
    else
      TRY(handle(refused, progress.stopped_at));
    if (!suspended_[refused.table]) continue;
    // The table's later changes in this run go nowhere.
    std::vector<Item> rest;
    for (size_t i = at; i < sources.size(); ++i) rest.push_back(*sources[i]);
    return apply_in_order(rest);
  }
  return {};
}

// Each change under its own check: the last resort, when a deferred constraint does not say whose fault it is.
Result<void> WindowApplier::apply_one_by_one(std::span<const Item> items) {
  for (const Item& item : items) {
    const std::map<uint32_t, TableDelta> counted = deltas_;
    TRY(writer_.set_savepoint());
    auto applied = apply_in_order(std::span(&item, 1));
    if (applied) applied = writer_.check_constraints();
    if (applied) continue;
    if (applied.error().kind != ErrorKind::conflict && applied.error().kind != ErrorKind::data) return applied;
    TRY(writer_.undo_to_savepoint());
    deltas_ = counted;
    TRY(handle(item, {ChangeOutcome::Kind::refused, applied.error()}));
  }
  return {};
}

void WindowApplier::count_dropped(const Item& item) {
  if (item.counts_as) ++deltas_[item.table].dropped;
}

void WindowApplier::count_applied(const Item& item) {
  if (!item.counts_as) return;
  TableDelta& delta = deltas_[item.table];
  ++(item.counts_as == Op::insert   ? delta.applied_inserts
     : item.counts_as == Op::update ? delta.applied_updates
                                    : delta.applied_deletes);
}

ChangeAction WindowApplier::action_for(const Item& item, const ChangeOutcome& outcome) const {
  const ErrorBehavior& settings = context_.settings.error_behavior;
  const bool duplicate = outcome.error.sqlstate == "23505" && item.view.op == Op::insert;
  const bool no_row = outcome.kind == ChangeOutcome::Kind::no_row;
  const bool cached = held_rows_[item.table] && order_.compare(*item.commit, loaded_at_) < 0;
  if (cached && settings.full_load_ignore_conflicts && (duplicate || no_row))
    return duplicate ? ChangeAction::replace : ChangeAction::ignore;
  return change_action(settings, item.view.op, outcome);
}

Result<void> WindowApplier::handle(const Item& item, const ChangeOutcome& outcome) {
  if (outcome.kind == ChangeOutcome::Kind::no_row && item.view.when_missing == WhenMissing::ignore) {
    count_applied(item);
    return {};
  }
  if (outcome.kind == ChangeOutcome::Kind::no_row && item.view.when_missing == WhenMissing::insert)
    return bring_in(item);
  const ErrorBehavior& settings = context_.settings.error_behavior;
  ChangeAction action = action_for(item, outcome);
  if (action != ChangeAction::ignore || outcome.kind == ChangeOutcome::Kind::refused)
    action = is_conflict(item.view.op, outcome)
                 ? escalate_apply_error(settings, action, context_.tally->add_apply_error(item.table))
                 : escalate_data_error(settings, action, context_.tally->add_data_error(item.table));
  switch (action) {
    case ChangeAction::ignore:
      ++deltas_[item.table].ignored;
      return {};
    case ChangeAction::park:
      return park(item, outcome);
    case ChangeAction::replace:
      return replace(item, outcome);
    case ChangeAction::insert_instead:
      return insert_instead(item, outcome);
    case ChangeAction::suspend_table:
      TRY(park(item, outcome));
      return suspend(item.table, fmt::format("a {} was refused: {}", to_string(item.view.op), outcome.error.message),
                     is_conflict(item.view.op, outcome) ? "APPLY ERROR" : "DATA ERROR");
    case ChangeAction::stop_task: {
      Error cause = outcome.error;
      const bool no_row = outcome.kind == ChangeOutcome::Kind::no_row;
      if (no_row) cause.message = "0 rows affected.";
      log_refused_row(Component::target_apply, writer_.describe(item.view), no_row ? "02000" : cause.sqlstate,
                      no_row ? "0 rows affected" : cause.message);
      return Failure(errors::row_refused_stop(target(item.table).source->ref, to_string(item.view.op), cause));
    }
  }
  return {};
}

Result<void> WindowApplier::park(const Item& item, const ChangeOutcome& outcome) {
  ParkedRow row = writer_.describe(item.view);
  const bool no_row = outcome.kind == ChangeOutcome::Kind::no_row;
  row.error = no_row ? "0 rows affected" : words_for_exceptions(outcome.error);
  row.code = no_row ? "02000" : outcome.error.sqlstate;
  row.position = *item.commit;
  ++deltas_[item.table].parked;
  log_refused_row(Component::target_apply, row, row.code, no_row ? "0 rows affected" : outcome.error.message);
  log_parked_row(Component::target_apply, row);
  return writer_.park(std::span(&row, 1));
}

// The row that is in the way goes, the new one comes.
Result<void> WindowApplier::replace(const Item& item, const ChangeOutcome& outcome) {
  // Carefully, the caller's savepoint is in use.
  if (!target(item.table).layout->key || careful_) return park(item, outcome);
  ChangeView erase = item.view;
  erase.op = Op::erase;
  erase.before = item.view.after;
  erase.before_row = item.view.after_row;
  erase.after = nullptr;
  const ChangeView both[] = {erase, item.view};
  TRY(writer_.set_savepoint());
  const ChangeWriter::Progress progress = TRY(writer_.apply_in_order(both));
  if (progress.done == 2) {
    count_applied(item);
    return {};
  }
  TRY(writer_.undo_to_savepoint());
  return park(item, outcome);
}

Result<void> WindowApplier::insert_instead(const Item& item, const ChangeOutcome& outcome) {
  ChangeView insert = item.view;
  insert.op = Op::insert;
  insert.before = nullptr;
  for (size_t c = 0; c < insert.after->width(); ++c)
    if (insert.after->cell(insert.after_row, c).length == Cell::unchanged) return park(item, outcome);
  const ChangeWriter::Progress progress = TRY(writer_.apply_in_order(std::span(&insert, 1)));
  if (progress.done == 0) return park(item, progress.stopped_at);
  count_applied(item);
  return {};
}

Result<void> WindowApplier::suspend(uint32_t table, const std::string& reason, std::string_view short_reason) {
  if (suspended_[table]) return {};
  const TableRef& name = target(table).source->ref;
  suspended_[table] = true;
  if (table < hanging_.size())
    for (const uint32_t child : hanging_[table])
      TRY(suspend(child, errors::parent_suspended(name).message, short_reason));
  // A replayed window says it once.
  if (told_[table]) return {};
  log_error(Component::target_apply, "{}", reason);
  log_warning(Component::task_manager, "Table {} (subtask 0 thread 1) is suspended", log_name(name));
  // Stored before the window commits: a worker that dies in between must not apply what comes after a lost change.
  TRY(record_.update([&](std::string&, TaskDocument& document) {
    for (TableRecord& record : document.tables)
      if (record.table == name) {
        record.suspended = reason;
        record.suspend_reason = short_reason;
      }
  }));
  told_[table] = true;
  context_.progress->fail_table(table, reason);
  context_.note_suspended(name, short_reason);
  if (table_error_stops_task(context_.settings.error_behavior, context_.tally->add_table_error()))
    return Failure(errors::table_failed_stop(name, reason));
  return {};
}

}  // namespace godwit
