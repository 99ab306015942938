#include "engines/memory/change_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engines/memory/errors.h"
#include "engines/memory/table_reader.h"

namespace godwit::memory {
namespace {

constexpr size_t batch_bytes = 1 << 20;

// What differs between the structure a task knows and the one the log shows; empty: nothing.
std::string difference(const TableDef& known, const TableDef& now) {
  for (const ColumnDef& column : known.columns) {
    const auto at = find_column(now, column.name);
    if (!at) return fmt::format("column \"{}\" is gone", column.name);
    const std::string& type = now.columns[*at].type.native;
    if (type != column.type.native)
      return fmt::format("column \"{}\" has type {}, was {}", column.name, type, column.type.native);
  }
  for (const ColumnDef& column : now.columns)
    if (!find_column(known, column.name)) return fmt::format("column \"{}\" is new", column.name);
  return {};
}

bool same_key(const LoggedChange& change) {
  return std::ranges::all_of(change.def->key->columns,
                             [&](uint32_t column) { return (*change.before)[column] == (*change.after)[column]; });
}

// Whether the log carries the old row of a change: always for a DELETE, for an UPDATE when the new row does not name
// it.
bool carries_before(const LoggedChange& change) {
  if (!change.before) return false;
  if (change.op == Op::erase || change.def->identity == RowIdentity::full || !change.def->key) return true;
  return !same_key(change);
}

bool contains(std::span<const uint32_t> columns, uint32_t column) {
  return std::ranges::find(columns, column) != columns.end();
}

template <class IsUnchanged>
uint32_t append_row(RowBatch& image, const MemoryRow& row, std::span<const uint32_t> columns,
                    const IsUnchanged& is_unchanged) {
  for (const uint32_t column : columns) {
    if (is_unchanged(column))
      image.append_unchanged();
    else if (row[column])
      image.append_value(*row[column]);
    else
      image.append_null();
  }
  image.end_row();
  return static_cast<uint32_t>(image.rows - 1);
}

}  // namespace

MemoryChangeReader::MemoryChangeReader(State& state, std::shared_ptr<Session> session, std::string slot,
                                       uint64_t after, std::span<const CapturedTable> tables)
    : state_(state), session_(std::move(session)), slot_(std::move(slot)), after_(after) {
  for (const CapturedTable& captured : tables) {
    const auto index = static_cast<uint32_t>(tables_.size());
    places_[captured.full->ref] = {index, Change::no_row};
    for (uint32_t leaf = 0; leaf < captured.full->leaves.size(); ++leaf)
      places_[captured.full->leaves[leaf].ref] = {index, leaf};
    tables_.push_back({captured, nullptr, {}, false});
  }
}

Result<Slot*> MemoryChangeReader::usable_slot() {
  TRY(state_.check_session(*session_));
  const auto at = state_.slots.find(slot_);
  if (at == state_.slots.end()) return Failure(errors::slot_lost(slot_, "it was dropped"));
  if (!at->second.lost.empty()) return Failure(errors::slot_lost(slot_, at->second.lost));
  return &at->second;
}

void MemoryChangeReader::prepare(ChangeBatch& batch) const {
  batch = ChangeBatch();
  batch.images.resize(tables_.size());
  for (size_t i = 0; i < tables_.size(); ++i) batch.images[i].layout = tables_[i].captured.layout;
}

bool MemoryChangeReader::is_full(const ChangeBatch& batch) const {
  if (batch.changes.size() >= state_.changes_per_batch) return true;
  size_t bytes = 0;
  for (const RowBatch& image : batch.images) bytes += image.arena.size();
  return bytes >= batch_bytes;
}

Result<void> MemoryChangeReader::read(ChangeBatch& batch, int wait_ms, std::stop_token stop) {
  prepare(batch);
  std::unique_lock lock(state_.mutex);
  state_.changed.wait_for(lock, stop, std::chrono::milliseconds(wait_ms), [&] {
    return !usable_slot() || next_transaction_ < state_.log.size() || told_ < state_.next_position;
  });
  TRY(usable_slot());
  told_ = state_.next_position;
  batch.read_to = {position_text(told_)};
  while (next_transaction_ < state_.log.size()) {
    const LoggedTransaction& transaction = *state_.log[next_transaction_];
    if (is_full(batch)) {
      batch.read_to = {position_text(transaction.commit)};
      break;
    }
    if (transaction.commit < after_) next_change_ = transaction.changes.size();
    deliver(transaction, batch);
    if (next_change_ < transaction.changes.size()) continue;
    ++next_transaction_;
    next_change_ = 0;
    part_sent_ = false;
  }
  return {};
}

// Puts changes of the transaction into the batch until that is full or the transaction at its end.
void MemoryChangeReader::deliver(const LoggedTransaction& transaction, ChangeBatch& batch) {
  const size_t first = batch.changes.size();
  while (next_change_ < transaction.changes.size() && !is_full(batch)) {
    const LoggedChange& change = transaction.changes[next_change_++];
    const auto place = places_.find(change.def->ref);
    if (place != places_.end()) add_change(transaction, change, place->second, batch);
  }
  end_part(transaction, first, next_change_ == transaction.changes.size(), batch);
}

void MemoryChangeReader::end_part(const LoggedTransaction& transaction, size_t first, bool complete,
                                  ChangeBatch& batch) {
  const size_t count = batch.changes.size() - first;
  if (count == 0 && !(complete && part_sent_)) return;
  TxnPart part;
  part.xid = transaction.xid;
  part.kind = complete ? TxnPart::Kind::commit : TxnPart::Kind::rows;
  part.first = static_cast<uint32_t>(first);
  part.count = static_cast<uint32_t>(count);
  part.commit = {position_text(transaction.commit)};
  if (complete) part.end = {position_text(transaction.end)};
  part.commit_us = transaction.commit_us;
  batch.parts.push_back(std::move(part));
  part_sent_ = true;
}

bool MemoryChangeReader::fits(const LoggedTransaction& transaction, const LoggedChange& change, uint32_t index,
                              ChangeBatch& batch) {
  Table& table = tables_[index];
  if (table.closed || table.seen == change.def) return !table.closed;
  std::string what = difference(*table.captured.full, *change.def);
  if (!what.empty()) {
    table.closed = true;
    batch.schema.push_back({index,
                            static_cast<uint32_t>(batch.changes.size()),
                            {position_text(transaction.commit)},
                            std::move(what),
                            {},
                            {}});
    return false;
  }
  table.seen = change.def;
  table.columns = *columns_of(*table.captured.layout, *change.def);  // no difference: each is there
  return true;
}

void MemoryChangeReader::add_change(const LoggedTransaction& transaction, const LoggedChange& change,
                                    const Place& place, ChangeBatch& batch) {
  if (!fits(transaction, change, place.table, batch)) return;
  Change out{change.op, place.table, Change::no_row, Change::no_row};
  if (change.op == Op::truncate) {
    out.before_row = place.leaf;
    batch.changes.push_back(out);
    return;
  }
  const TableDef& def = *change.def;
  if (change.op != Op::insert && def.identity == RowIdentity::none) return;  // as PostgreSQL: not in the log
  const Table& table = tables_[place.table];
  RowBatch& image = batch.images[place.table];
  const auto outside_key = [&](uint32_t column) {
    return def.identity == RowIdentity::key && def.key && !contains(def.key->columns, column);
  };
  const auto not_logged = [&](uint32_t column) { return contains(change.unchanged, column); };
  if (carries_before(change)) out.before_row = append_row(image, *change.before, table.columns, outside_key);
  if (change.after) out.after_row = append_row(image, *change.after, table.columns, not_logged);
  batch.changes.push_back(out);
}

void MemoryChangeReader::release_until(const Position& durable) {
  const auto position = parse_position(durable.text);
  if (!position) return;
  const std::scoped_lock lock(state_.mutex);
  const auto slot = usable_slot();
  if (slot) (*slot)->released = std::max((*slot)->released, *position);
}

Result<void> MemoryChangeReader::keep_alive() {
  const std::scoped_lock lock(state_.mutex);
  TRY(usable_slot());
  return {};
}

}  // namespace godwit::memory
