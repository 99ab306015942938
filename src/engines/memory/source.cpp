#include "engines/memory/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/text.h"
#include "engines/memory/change_reader.h"
#include "engines/memory/errors.h"
#include "engines/memory/filter.h"
#include "engines/memory/table_reader.h"

namespace godwit::memory {

using Lock = std::scoped_lock<std::mutex>;

MemorySource::MemorySource(State& state, std::shared_ptr<Session> session)
    : state_(state), session_(session), catalog_(state, std::move(session)) {}

MemorySource::~MemorySource() {
  const Lock lock(state_.mutex);
  std::erase_if(state_.snapshots, [&](const auto& entry) { return entry.second.owner == session_->id; });
}

Result<void> MemorySource::usable() const {
  if (session_->keeper) return Failure(errors::session_is_keeper());
  return state_.check_session(*session_);
}

Result<ServerIdentity> MemorySource::identity() {
  const Lock lock(state_.mutex);
  TRY(usable());
  return ServerIdentity{"memory-" + hex64(fnv1a(state_.name)), state_.name, "1"};
}

Result<std::vector<Finding>> MemorySource::check(const CaptureSpec& spec, bool with_changes) {
  const Lock lock(state_.mutex);
  TRY(usable());
  std::vector<Finding> findings;
  for (const TableDef* table : spec.tables) {
    if (!state_.tables.contains(table->ref))
      findings.push_back({true, errors::no_table(table->ref)});
    else if (with_changes && table->identity == RowIdentity::none)
      findings.push_back({false, errors::no_identity(table->ref)});
  }
  return findings;
}

std::partial_ordering MemorySource::compare(const Position& a, const Position& b) const {
  return a.text <=> b.text;
}

Result<Position> MemorySource::parse_position(std::string_view text) const {
  const uint64_t position = TRY(memory::parse_position(text));
  return Position{position_text(position)};
}

Result<Position> MemorySource::mark_now() {
  const Lock lock(state_.mutex);
  TRY(usable());
  return Position{position_text(state_.next_position)};
}

Result<int64_t> MemorySource::clock_us() {
  const Lock lock(state_.mutex);
  TRY(usable());
  return now_us();
}

Result<LogEnd> MemorySource::log_end() {
  const Lock lock(state_.mutex);
  TRY(usable());
  return LogEnd{Position{position_text(state_.next_position)}, now_us()};
}

Snapshot MemorySource::take_snapshot() {
  std::string id = fmt::format("{:08X}-1", state_.next_number++);
  state_.snapshots[id] = {state_.next_position, state_.tables, session_->id, ""};
  return {std::move(id), {position_text(state_.next_position)}};
}

Result<Snapshot> MemorySource::begin_capture(const CaptureSpec& spec) {
  const Lock lock(state_.mutex);
  TRY(usable());
  for (const TableDef* table : spec.tables) TRY(state_.find_table(table->ref));
  state_.slots[capture_name(spec.task_id, spec.target_system)] = {state_.next_position, ""};
  return take_snapshot();
}

Result<Snapshot> MemorySource::open_snapshot(const CaptureSpec&) {
  const Lock lock(state_.mutex);
  TRY(usable());
  return take_snapshot();
}

Result<Snapshot> MemorySource::open_later_snapshot(const CaptureSpec& spec) {
  return open_snapshot(spec);
}

Result<std::string> MemorySource::hold_snapshot(std::string_view id) {
  const Lock lock(state_.mutex);
  TRY(usable());
  const auto at = state_.snapshots.find(id);
  if (at == state_.snapshots.end()) return Failure(errors::snapshot_lost(id));
  std::string held_id = fmt::format("{:08X}-1", state_.next_number++);
  HeldSnapshot held = at->second;
  held.owner = 0;
  held.keeper_tag = session_->tag;
  state_.snapshots[held_id] = std::move(held);
  session_->keeper = true;
  return held_id;
}

Result<void> MemorySource::end_leftover_sessions(bool keepers_too) {
  const Lock lock(state_.mutex);
  TRY(usable());
  state_.end_sessions([&](const Session& other) {
    return other.tag == session_->tag && other.id != session_->id && (keepers_too || !other.keeper);
  });
  std::erase_if(state_.snapshots, [&](const auto& entry) {
    return keepers_too && entry.second.owner == 0 && entry.second.keeper_tag == session_->tag;
  });
  return {};
}

Result<Position> MemorySource::capture_position(const CaptureSpec& spec) {
  const Lock lock(state_.mutex);
  TRY(usable());
  const std::string name = capture_name(spec.task_id, spec.target_system);
  const auto at = state_.slots.find(name);
  if (at == state_.slots.end()) return Position{};
  if (!at->second.lost.empty()) return Failure(errors::slot_lost(name, at->second.lost));
  return Position{position_text(at->second.released)};
}

Result<void> MemorySource::drop_capture(std::string_view task_id, std::string_view target_system) {
  const Lock lock(state_.mutex);
  TRY(usable());
  state_.slots.erase(capture_name(task_id, target_system));
  state_.changed.notify_all();
  return {};
}

std::string MemorySource::capture_name(std::string_view task_id, std::string_view target_system) const {
  return fmt::format("godwit_{}_{}", task_id, hex64(fnv1a(target_system, fnv1a(task_id))));
}

Result<void> MemorySource::join_snapshot(std::string_view id) {
  const Lock lock(state_.mutex);
  TRY(usable());
  const auto at = state_.snapshots.find(id);
  if (at == state_.snapshots.end()) return Failure(errors::snapshot_lost(id));
  joined_ = at->second.tables;
  return {};
}

Result<void> MemorySource::leave_snapshot() {
  const Lock lock(state_.mutex);
  TRY(usable());
  joined_.reset();
  return {};
}

Result<std::vector<TableRange>> MemorySource::split(const TableDef& table, uint64_t range_bytes) {
  const Lock lock(state_.mutex);
  TRY(usable());
  std::vector<TableRef> leaves;
  for (const LeafDef& leaf : table.leaves) leaves.push_back(leaf.ref);
  if (leaves.empty()) leaves.push_back(table.ref);
  std::vector<TableRange> ranges;
  for (const TableRef& leaf : leaves) {
    const Table& stored = *TRY(state_.find_table(leaf));
    const std::vector<StoredRow> rows = State::visible_rows(joined_ ? *joined_ : state_.tables, leaf);
    const TableRange like{table.ref, leaf, 0, 1, "", fmt::format("{}", stored.storage)};
    split_leaf(rows, range_bytes, state_.rows_per_range, like, ranges);
  }
  for (uint32_t i = 0; i < ranges.size(); ++i) {
    ranges[i].index = i;
    ranges[i].of = static_cast<uint32_t>(ranges.size());
  }
  return ranges;
}

Result<std::unique_ptr<TableReader>> MemorySource::read_table(const TableRange& range,
                                                              const std::shared_ptr<const TableDef>& layout,
                                                              std::span<const Encoding> wanted,
                                                              const ReadOptions& options) {
  const Lock lock(state_.mutex);
  TRY(usable());
  if (std::ranges::find(wanted, Encoding::canonical) == wanted.end())
    return Failure(errors::wrong_encoding(range.table));
  const Table& current = *TRY(state_.find_table(range.leaf));
  if (fmt::format("{}", current.storage) != range.storage_id) return Failure(errors::rewritten(range.leaf));
  const auto& tables = joined_ ? *joined_ : state_.tables;
  const auto seen = tables.find(range.leaf);
  if (seen == tables.end()) return Failure(errors::no_table(range.leaf));
  std::vector<uint32_t> columns = TRY(columns_of(*layout, *seen->second.content.def()));
  std::vector<StoredRow> rows = TRY(rows_of_range(range, seen->second.content.rows()));
  TRY(keep_passing(options.filter, *seen->second.content.def(), rows));
  return std::make_unique<MemoryTableReader>(state_, session_, std::move(rows), layout, std::move(columns));
}

Result<std::unique_ptr<TableReader>> MemorySource::read_keys(
    const RowBatch& keys, std::span<const TableRange> storage, const TableDef& table,
    const std::shared_ptr<const TableDef>& layout, std::span<const Encoding> wanted, const ReadOptions& options) {
  const Lock lock(state_.mutex);
  TRY(usable());
  if (std::ranges::find(wanted, Encoding::canonical) == wanted.end())
    return Failure(errors::wrong_encoding(table.ref));
  for (const TableRange& range : storage) {
    const Table& current = *TRY(state_.find_table(range.leaf));
    if (fmt::format("{}", current.storage) != range.storage_id) return Failure(errors::rewritten(range.leaf));
  }
  const auto& tables = joined_ ? *joined_ : state_.tables;
  const auto seen = tables.find(table.ref);
  if (seen == tables.end()) return Failure(errors::no_table(table.ref));
  const std::vector<uint32_t> key = TRY(columns_of(*keys.layout, *seen->second.content.def()));
  std::set<MemoryRow> asked;
  for (size_t row = 0; row < keys.rows; ++row) {
    MemoryRow values;
    for (size_t c = 0; c < keys.width(); ++c) values.emplace_back(std::string(keys.bytes(keys.cell(row, c))));
    asked.insert(std::move(values));
  }
  std::vector<StoredRow> rows = State::visible_rows(tables, table.ref);
  std::erase_if(rows, [&](const StoredRow& row) {
    MemoryRow values;
    for (const uint32_t column : key) values.push_back((*row)[column]);
    return !asked.contains(values);
  });
  TRY(keep_passing(options.filter, *seen->second.content.def(), rows));
  std::vector<uint32_t> columns = TRY(columns_of(*layout, *seen->second.content.def()));
  return std::make_unique<MemoryTableReader>(state_, session_, std::move(rows), layout, std::move(columns));
}

Result<std::unique_ptr<ChangeReader>> MemorySource::read_changes(const CaptureSpec& spec, const Position& after,
                                                                 std::span<const CapturedTable> tables) {
  const uint64_t wanted = TRY(memory::parse_position(after.text));
  const Lock lock(state_.mutex);
  TRY(usable());
  std::string name = capture_name(spec.task_id, spec.target_system);
  const auto at = state_.slots.find(name);
  if (at == state_.slots.end()) return Failure(errors::slot_lost(name, "there is none of that name"));
  if (!at->second.lost.empty()) return Failure(errors::slot_lost(name, at->second.lost));
  for (const CapturedTable& table : tables) TRY(columns_of(*table.layout, *table.full));
  const uint64_t from = std::max(wanted, at->second.released);
  return std::make_unique<MemoryChangeReader>(state_, session_, std::move(name), from, tables);
}

Result<std::vector<ChangeCounters>> MemorySource::count_changes(std::span<const TableRef> tables) {
  const Lock lock(state_.mutex);
  TRY(usable());
  std::vector<ChangeCounters> counters;
  for (const TableRef& ref : tables) {
    const Table& table = *TRY(state_.find_table(ref));
    counters.push_back({ref, table.updates, table.deletes});
    for (const LeafDef& leaf : table.content.def()->leaves) {
      const Table& below = *TRY(state_.find_table(leaf.ref));
      counters.back().updates += below.updates;
      counters.back().deletes += below.deletes;
    }
  }
  return counters;
}

Result<void> MemorySource::beat(std::string_view) {
  const Lock lock(state_.mutex);
  return usable();
}

}  // namespace godwit::memory
