#include "engines/memory/database.h"

#include <algorithm>
#include <mutex>

#include "base/clock.h"
#include "engines/memory/errors.h"
#include "engines/memory/state.h"

namespace godwit {
namespace {

using memory::State;
using memory::Table;
using Lock = std::scoped_lock<std::mutex>;

TableDef leaf_def(const TableDef& parent, const LeafDef& leaf) {
  TableDef def = parent;
  def.ref = leaf.ref;
  def.log_id = leaf.log_id;
  def.partitioned = false;
  def.leaves.clear();
  return def;
}

void put_table(State& state, TableDef def, const std::vector<KeyDef>& unique) {
  const TableRef ref = def.ref;
  auto shared = std::make_shared<const TableDef>(std::move(def));
  Table table{memory::TableContent(shared, unique), state.next_number++, state.next_number++, 0, 0};
  state.tables.insert_or_assign(ref, std::move(table));
}

}  // namespace

MemoryTransaction::MemoryTransaction(State& state) : state_(&state) {}
MemoryTransaction::~MemoryTransaction() = default;
MemoryTransaction::MemoryTransaction(MemoryTransaction&& other) noexcept = default;

MemoryTransaction& MemoryTransaction::insert(const TableRef& table, MemoryRow row) {
  changes_.push_back({Op::insert, table, {}, std::move(row), {}});
  return *this;
}

MemoryTransaction& MemoryTransaction::update(const TableRef& table, MemoryRow who, MemoryRow row,
                                             std::vector<std::string> unchanged) {
  changes_.push_back({Op::update, table, std::move(who), std::move(row), std::move(unchanged)});
  return *this;
}

MemoryTransaction& MemoryTransaction::erase(const TableRef& table, MemoryRow who) {
  changes_.push_back({Op::erase, table, std::move(who), {}, {}});
  return *this;
}

MemoryTransaction& MemoryTransaction::truncate(const TableRef& table) {
  changes_.push_back({Op::truncate, table, {}, {}, {}});
  return *this;
}

Result<Position> MemoryTransaction::commit(std::optional<int64_t> commit_us) {
  const Lock lock(state_->mutex);
  return state_->commit(changes_, commit_us.value_or(now_us()));
}

MemoryDatabase::MemoryDatabase(std::string_view name) : state_(std::make_unique<State>(name)) {}
MemoryDatabase::~MemoryDatabase() = default;

void MemoryDatabase::create_table(const TableDef& def, const std::vector<KeyDef>& unique) {
  const Lock lock(state_->mutex);
  put_table(*state_, def, unique);
  for (const LeafDef& leaf : def.leaves) put_table(*state_, leaf_def(def, leaf), unique);
}

void MemoryDatabase::drop_table(const TableRef& table) {
  const Lock lock(state_->mutex);
  const auto at = state_->tables.find(table);
  if (at == state_->tables.end()) return;
  for (const LeafDef& leaf : at->second.content.def()->leaves) state_->tables.erase(leaf.ref);
  state_->tables.erase(table);
}

bool MemoryDatabase::has_table(const TableRef& table) const {
  const Lock lock(state_->mutex);
  return state_->tables.contains(table);
}

Result<void> MemoryDatabase::change_table(const TableDef& def,
                                          const std::function<MemoryRow(const MemoryRow&)>& convert) {
  const Lock lock(state_->mutex);
  Table& table = *TRY(state_->find_table(def.ref));
  Table changed = table;
  changed.content = memory::TableContent(std::make_shared<const TableDef>(def), {});
  for (const memory::StoredRow& row : table.content.rows())
    TRY(changed.content.insert(std::make_shared<const MemoryRow>(convert(*row))));
  changed.storage = state_->next_number++;
  changed.version = state_->next_number++;
  table = std::move(changed);
  return {};
}

void MemoryDatabase::rewrite_table(const TableRef& table) {
  const Lock lock(state_->mutex);
  const auto at = state_->tables.find(table);
  if (at != state_->tables.end()) at->second.storage = state_->next_number++;
}

void MemoryDatabase::set_sequence(const SequenceState& sequence) {
  const Lock lock(state_->mutex);
  std::erase_if(state_->sequences, [&](const SequenceState& other) {
    return other.schema == sequence.schema && other.name == sequence.name;
  });
  state_->sequences.push_back(sequence);
}

std::vector<SequenceState> MemoryDatabase::sequences() const {
  const Lock lock(state_->mutex);
  return state_->sequences;
}

MemoryTransaction MemoryDatabase::begin() {
  return MemoryTransaction(*state_);
}

std::vector<MemoryRow> MemoryDatabase::rows(const TableRef& table) const {
  const Lock lock(state_->mutex);
  std::vector<MemoryRow> rows;
  for (const memory::StoredRow& row : State::visible_rows(state_->tables, table)) rows.push_back(*row);
  std::ranges::sort(rows);
  return rows;
}

Position MemoryDatabase::position() const {
  const Lock lock(state_->mutex);
  return {memory::position_text(state_->next_position)};
}

std::optional<Position> MemoryDatabase::slot_position(std::string_view slot) const {
  const Lock lock(state_->mutex);
  const auto at = state_->slots.find(slot);
  if (at == state_->slots.end()) return std::nullopt;
  return Position{memory::position_text(at->second.released)};
}

std::vector<std::string> MemoryDatabase::slot_names() const {
  const Lock lock(state_->mutex);
  std::vector<std::string> names;
  for (const auto& [name, slot] : state_->slots) names.push_back(name);
  return names;
}

size_t MemoryDatabase::snapshot_count() const {
  const Lock lock(state_->mutex);
  return state_->snapshots.size();
}

void MemoryDatabase::limit_changes_per_batch(size_t changes) {
  const Lock lock(state_->mutex);
  state_->changes_per_batch = std::max<size_t>(changes, 1);
}

void MemoryDatabase::limit_rows_per_range(size_t rows) {
  const Lock lock(state_->mutex);
  state_->rows_per_range = std::max<size_t>(rows, 1);
}

void MemoryDatabase::limit_rows_per_batch(size_t rows) {
  const Lock lock(state_->mutex);
  state_->rows_per_batch = std::max<size_t>(rows, 1);
}

void MemoryDatabase::lose_snapshots() {
  const Lock lock(state_->mutex);
  state_->snapshots.clear();
}

void MemoryDatabase::lose_slots(std::string_view reason) {
  const Lock lock(state_->mutex);
  for (auto& [name, slot] : state_->slots) slot.lost = std::string(reason);
  state_->changed.notify_all();
}

void MemoryDatabase::cut_connections() {
  const Lock lock(state_->mutex);
  state_->end_sessions([](const memory::Session&) { return true; });
}

void MemoryDatabase::fail_commits(unsigned count) {
  const Lock lock(state_->mutex);
  state_->commits_to_fail = count;
}

void MemoryDatabase::lose_commit_answers(unsigned count) {
  const Lock lock(state_->mutex);
  state_->answers_to_lose = count;
}

void MemoryDatabase::refuse_rows(const TableRef& table, std::function<bool(const MemoryRow&)> refuse) {
  const Lock lock(state_->mutex);
  if (refuse)
    state_->refusals[table] = std::move(refuse);
  else
    state_->refusals.erase(table);
}

void MemoryDatabase::delay_flush(bool delay) {
  const Lock lock(state_->mutex);
  state_->flush_delayed = delay;
}

uint64_t MemoryDatabase::commits() const {
  const Lock lock(state_->mutex);
  return state_->commits;
}

std::optional<Position> MemoryDatabase::task_position(std::string_view task_id) const {
  const Lock lock(state_->mutex);
  const auto at = state_->tasks.find(task_id);
  return at == state_->tasks.end() ? std::nullopt : at->second.position;
}

std::vector<LedgerLine> MemoryDatabase::ledger(std::string_view task_id) const {
  const Lock lock(state_->mutex);
  const auto at = state_->tasks.find(task_id);
  return at == state_->tasks.end() ? std::vector<LedgerLine>() : at->second.ledger;
}

std::vector<ParkedRow> MemoryDatabase::parked() const {
  const Lock lock(state_->mutex);
  std::vector<ParkedRow> rows;
  for (const memory::ParkedLine& line : state_->parked) rows.push_back(line.row);
  return rows;
}

std::vector<StatusRow> MemoryDatabase::statuses(std::string_view task_id) const {
  const Lock lock(state_->mutex);
  const auto at = state_->tasks.find(task_id);
  return at == state_->tasks.end() ? std::vector<StatusRow>() : at->second.statuses;
}

std::vector<TableRef> MemoryDatabase::suspended(std::string_view task_id) const {
  const Lock lock(state_->mutex);
  std::vector<TableRef> tables;
  const auto at = state_->tasks.find(task_id);
  if (at == state_->tasks.end()) return tables;
  for (const auto& [table, reason] : at->second.suspended) tables.push_back(table);
  return tables;
}

MemoryDatabase& memory_database(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<MemoryDatabase>, std::less<>> databases;
  const Lock lock(mutex);
  auto at = databases.find(name);
  if (at == databases.end()) at = databases.emplace(std::string(name), std::make_unique<MemoryDatabase>(name)).first;
  return *at->second;
}

}  // namespace godwit
