// What WindowApplier does for tables whose rows are shaped: the settings' answers to what shaping met, and rows that
// may lie outside a row filter (data/change.h, WhenMissing).

#include <algorithm>
#include <set>

#include "task/errors.h"
#include "task/shape_findings.h"
#include "task/window_applier.h"

namespace godwit {
namespace {

// Rows that are looked up for one set of statements: a few at first, then as many as fill this.
constexpr size_t chunk_bytes = 16U << 20U;
constexpr size_t first_chunk = 8, chunk_max = 500;

bool is_whole(const RowBatch& rows, uint32_t row) {
  for (size_t c = 0; c < rows.width(); ++c)
    if (rows.cell(row, c).length == Cell::unchanged) return false;
  return true;
}

bool key_moves(const ChangeView& view) {
  if (view.before == nullptr || !view.table->layout->key) return false;
  return std::ranges::any_of(view.table->layout->key->columns, [&](uint32_t c) {
    const Cell &before = view.before->cell(view.before_row, c), &after = view.after->cell(view.after_row, c);
    if (before.length == Cell::unchanged || after.length == Cell::unchanged) return false;
    return before.length != after.length || view.before->bytes(before) != view.after->bytes(after);
  });
}

ChangeView erase_by(const ChangeView& view, const RowBatch* image, uint32_t row) {
  return {view.table, Op::erase, image, nullptr, row, Change::no_row, WhenMissing::ignore};
}

// By the old key and, where it is another, by the new one.
std::vector<ChangeView> erases_of(const ChangeView& view) {
  std::vector<ChangeView> out;
  const bool moves = key_moves(view);
  if (moves) out.push_back(erase_by(view, view.before, view.before_row));
  const bool after_names = std::ranges::all_of(view.table->layout->key->columns, [&](uint32_t c) {
    return view.after->cell(view.after_row, c).length != Cell::unchanged;
  });
  if (after_names)
    out.push_back(erase_by(view, view.after, view.after_row));
  else if (!moves && view.before != nullptr)
    out.push_back(erase_by(view, view.before, view.before_row));
  return out;
}

}  // namespace

// An update whose old row may or may not be there becomes deletes that need find none, and an insert: true. One that
// has to be looked up, and moves its key, leaves the old key behind by a delete; so does one that does not carry the
// whole row, since another row may have been looked up under the old key.
bool WindowApplier::write_unseen(Item& item) {
  ChangeView& view = item.view;
  if (view.op != Op::update || !view.table->layout->key) return false;
  if (view.when_missing != WhenMissing::insert && view.when_missing != WhenMissing::look_up) return false;
  const auto push = [&](const ChangeView& half, std::optional<Op> counts_as) {
    pending_.push_back({item.table, half, item.commit, counts_as, item.xid});
  };
  if (view.when_missing == WhenMissing::insert && is_whole(*view.after, view.after_row)) {
    for (const ChangeView& erase : erases_of(view)) push(erase, std::nullopt);
    push({view.table, Op::insert, nullptr, view.after, Change::no_row, view.after_row}, Op::update);
    return true;
  }
  if (!key_moves(view)) return false;
  push(erase_by(view, view.before, view.before_row), std::nullopt);
  view.before = nullptr;
  view.before_row = Change::no_row;
  view.when_missing = WhenMissing::look_up;
  return false;
}

// False: the settings leave the change out.
Result<bool> WindowApplier::heed_notes(const Window::Part& part, uint32_t change, bool carefully) {
  const std::vector<ChangeNote>& notes = part.batch->notes;
  const Change& noted = part.batch->changes[change];
  const uint32_t table = noted.table;
  for (auto note = std::ranges::lower_bound(notes, change, {}, &ChangeNote::change);
       note != notes.end() && note->change == change; ++note) {
    switch (action_on(context_, note->kind, table)) {
      case ChangeAction::ignore:
        ++deltas_[table].ignored;
        return false;
      case ChangeAction::suspend_table:
        TRY(flush(carefully));
        ++deltas_[table].dropped;
        TRY(suspend(table, errors::shaping_suspends(target(table).source->ref, note->message).message, "DATA ERROR"));
        return false;
      case ChangeAction::stop_task:
        return Failure(errors::shaping_stop(target(table).source->ref, note->message));
      default:
        break;
    }
    const RowBatch* images = &part.batch->images[table];
    const ChangeView view{&target(table),
                          noted.op,
                          noted.before_row == Change::no_row ? nullptr : images,
                          noted.after_row == Change::no_row ? nullptr : images,
                          noted.before_row,
                          noted.after_row};
    add_note(table, view, *note, part.txn.commit);
  }
  return true;
}

void WindowApplier::add_note(uint32_t table, const ChangeView& view, const ChangeNote& note, const Position& at) {
  ParkedRow row = writer_.describe(view);
  row.values.clear();
  row.error = note.message;
  row.code = code_of(note.kind);
  row.position = at;
  notes_.push_back(std::move(row));
  if (note.kind != ChangeNote::Kind::truncated) ++deltas_[table].mended;
}

Result<void> WindowApplier::write_notes() {
  if (notes_.empty()) return {};
  const std::vector<ParkedRow> notes = std::exchange(notes_, {});
  return writer_.note(notes);
}

// An update whose row the target does not hold, and whose new row passes the filter.
Result<void> WindowApplier::bring_in(const Item& item) {
  if (!is_whole(*item.view.after, item.view.after_row)) return write_looked_up(item);
  Item insert = item;
  insert.view = {item.view.table, Op::insert, nullptr, item.view.after, Change::no_row, item.view.after_row};
  const ChangeWriter::Progress progress = TRY(writer_.apply_in_order(std::span(&insert.view, 1)));
  if (progress.done == 0) return handle(insert, progress.stopped_at);
  count_applied(item);
  return {};
}

// Whatever the target holds of the row is replaced by what the source holds of it.
Result<void> WindowApplier::write_looked_up(const Item& item) {
  std::vector<ShapeFinding> findings;
  auto found = look_up_.find(item.table, std::span(&item.view, 1), {item.xid}, findings);
  if (!found && found.error().code == "task.no_look_up")
    return handle(without_look_up(item), {ChangeOutcome::Kind::refused, found.error()});
  if (!found) return Failure(found.error());
  for (const ChangeView& erase : erases_of(item.view)) {
    const ChangeWriter::Progress progress = TRY(writer_.apply_in_order(std::span(&erase, 1)));
    if (progress.stopped_at.kind == ChangeOutcome::Kind::refused)
      return handle(without_look_up(item), progress.stopped_at);
  }
  TRY(note_findings(item.table, *found, findings, *item.commit));
  for (uint32_t row = 0; row < found->rows; ++row) {
    Item insert = item;
    insert.view = {item.view.table, Op::insert, nullptr, &*found, Change::no_row, row};
    const ChangeWriter::Progress progress = TRY(writer_.apply_in_order(std::span(&insert.view, 1)));
    if (progress.done == 0) return handle(insert, progress.stopped_at);
  }
  count_applied(item);
  return {};
}

// It is told about as the update it is.
WindowApplier::Item WindowApplier::without_look_up(const Item& item) {
  Item plain = item;
  plain.view.when_missing = WhenMissing::report;
  return plain;
}

Result<void> WindowApplier::look_up_chunks(uint32_t table, std::span<const ChangeView> changes,
                                           std::span<const Item> items) {
  std::set<uint64_t> distinct;
  for (const Item& item : items) distinct.insert(item.xid);
  const std::vector<uint64_t> xids(distinct.begin(), distinct.end());
  size_t wanted = first_chunk;
  while (!changes.empty()) {
    const auto chunk = changes.first(std::min(wanted, changes.size()));
    size_t bytes = 0;
    const bool done = TRY(write_chunk(table, chunk, xids, *items.back().commit, bytes));
    if (!done)
      for (const ChangeView& view : chunk)
        TRY(write_looked_up({table, view, items.back().commit, std::nullopt, items.back().xid}));
    changes = changes.subspan(chunk.size());
    wanted = std::clamp<size_t>(chunk_bytes / std::max<size_t>(1, bytes / chunk.size()), 1, chunk_max);
  }
  return {};
}

Result<bool> WindowApplier::write_chunk(uint32_t table, std::span<const ChangeView> changes,
                                        const std::vector<uint64_t>& xids, const Position& at, size_t& bytes) {
  std::vector<ShapeFinding> findings;
  auto found = look_up_.find(table, changes, xids, findings);
  if (!found && found.error().code == "task.no_look_up") return false;
  if (!found) return Failure(found.error());
  bytes = found->arena.size();
  NetChanges net;
  for (const ChangeView& view : changes)
    for (const ChangeView& erase : erases_of(view)) net.erased_if_there.push_back(erase);
  for (uint32_t row = 0; row < found->rows; ++row)
    net.inserted.push_back({&target(table), Op::insert, nullptr, &*found, Change::no_row, row});
  std::string why;
  const bool done = TRY(writer_.apply_sets(target(table), net, why));
  if (done) TRY(note_findings(table, *found, findings, at));
  return done;
}

Result<void> WindowApplier::note_findings(uint32_t table, const RowBatch& rows,
                                          const std::vector<ShapeFinding>& findings, const Position& at) {
  for (const ShapeFinding& finding : findings) {
    const TableRef& name = target(table).source->ref;
    const ChangeNote note = note_of(name, finding, 0);
    if (context_.findings != nullptr) context_.findings->write(Component::source_capture, name, note);
    const ChangeAction action = action_on(context_, note.kind, table);
    if (action == ChangeAction::stop_task) return Failure(errors::shaping_stop(name, note.message));
    if (action == ChangeAction::suspend_table)
      TRY(suspend(table, errors::shaping_suspends(name, note.message).message, "DATA ERROR"));
    add_note(table, {&target(table), Op::insert, nullptr, &rows, Change::no_row, finding.row}, note, at);
  }
  return write_notes();
}

}  // namespace godwit
