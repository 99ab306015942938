#include "engines/memory/target.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/text.h"
#include "engines/memory/change_writer.h"
#include "engines/memory/changed_keys.h"
#include "engines/memory/errors.h"
#include "engines/memory/object_builder.h"
#include "engines/memory/table_reader.h"
#include "engines/memory/table_writer.h"

namespace godwit::memory {

using Lock = std::scoped_lock<std::mutex>;

MemoryTarget::MemoryTarget(State& state, std::shared_ptr<Session> session, ControlTables control)
    : state_(state), session_(session), control_(std::move(control)), catalog_(state, std::move(session)) {}

Result<void> MemoryTarget::usable() const {
  return state_.check_session(*session_);
}

Result<ServerIdentity> MemoryTarget::identity() {
  const Lock lock(state_.mutex);
  TRY(usable());
  return ServerIdentity{"memory-" + hex64(fnv1a(state_.name)), state_.name, "1"};
}

Result<std::vector<Finding>> MemoryTarget::check(std::span<const TargetTable>, std::span<const ObjectDef> objects,
                                                 PrepareMode, bool) {
  const Lock lock(state_.mutex);
  TRY(usable());
  std::vector<Finding> findings;
  for (const ObjectDef& object : objects)
    if (object.dialect != dialect) findings.push_back({false, errors::wrong_object(object.kind, object.name)});
  return findings;
}

Result<std::vector<TargetTableState>> MemoryTarget::inspect(std::span<const TargetTable> tables) {
  const Lock lock(state_.mutex);
  TRY(usable());
  std::vector<TargetTableState> states;
  for (const TargetTable& table : tables) {
    TargetTableState& state = states.emplace_back();
    const auto at = state_.tables.find(table.layout->ref);
    state.exists = at != state_.tables.end();
    if (!state.exists) continue;
    const TableDef& def = *at->second.content.def();
    state.empty = State::visible_rows(state_.tables, table.layout->ref).empty();
    state.has_primary_key = def.key.has_value();
    for (const ColumnDef& column : table.layout->columns)
      if (!find_column(def, column.name)) state.missing_columns.push_back(column.name);
  }
  return states;
}

Result<void> MemoryTarget::end_leftover_sessions() {
  const Lock lock(state_.mutex);
  TRY(usable());
  state_.end_sessions([&](const Session& other) { return other.tag == session_->tag && other.id != session_->id; });
  return {};
}

Result<void> MemoryTarget::create_control_tables() {
  const Lock lock(state_.mutex);
  return usable();
}

Result<std::optional<TaskRecord>> MemoryTarget::read_task(std::string_view task_id) {
  const Lock lock(state_.mutex);
  TRY(usable());
  const auto at = state_.tasks.find(task_id);
  return at == state_.tasks.end() ? std::nullopt : at->second.record;
}

Result<void> MemoryTarget::write_task(const TaskRecord& record) {
  const Lock lock(state_.mutex);
  TRY(usable());
  std::optional<TaskRecord>& stored = state_.tasks[record.task_id].record;
  if ((stored ? stored->revision : 0) != record.revision) return Failure(errors::superseded(record.task_id));
  stored = record;
  ++stored->revision;
  return {};
}

Result<void> MemoryTarget::forget_task(std::string_view task_id) {
  const Lock lock(state_.mutex);
  TRY(usable());
  TaskState& task = state_.tasks[std::string(task_id)];
  task.record.reset();
  task.ledger.clear();
  task.position.reset();
  task.flushed = {};
  return {};
}

Result<std::vector<LedgerLine>> MemoryTarget::read_ledger(std::string_view task_id) {
  const Lock lock(state_.mutex);
  TRY(usable());
  return state_.tasks[std::string(task_id)].ledger;
}

Result<void> MemoryTarget::forget_lines(std::string_view task_id, const TableRef& table) {
  const Lock lock(state_.mutex);
  TRY(usable());
  std::erase_if(state_.tasks[std::string(task_id)].ledger,
                [&](const LedgerLine& line) { return line.table == table; });
  return {};
}

Result<std::optional<Position>> MemoryTarget::read_position(std::string_view task_id) {
  const Lock lock(state_.mutex);
  TRY(usable());
  return state_.tasks[std::string(task_id)].position;
}

Result<void> MemoryTarget::start_position(std::string_view task_id, const Position& position) {
  const Lock lock(state_.mutex);
  TRY(usable());
  TaskState& task = state_.tasks[std::string(task_id)];
  if (task.position) return Failure(errors::position_exists(task_id));
  task.position = position;
  task.flushed = position;
  return {};
}

Result<uint64_t> MemoryTarget::count_parked(std::string_view task_id) {
  const Lock lock(state_.mutex);
  TRY(usable());
  const auto count = std::ranges::count(state_.parked, task_id, &ParkedLine::task_id);
  return static_cast<uint64_t>(count);
}

Result<void> MemoryTarget::write_status(std::string_view task_id, const StatusRow& row) {
  const Lock lock(state_.mutex);
  TRY(usable());
  if (control_.status) state_.tasks[std::string(task_id)].statuses.push_back(row);
  return {};
}

Result<void> MemoryTarget::write_history(std::string_view task_id, const HistoryRow& row) {
  const Lock lock(state_.mutex);
  TRY(usable());
  if (control_.history) state_.tasks[std::string(task_id)].history.push_back(row);
  return {};
}

Result<void> MemoryTarget::write_suspended(std::string_view task_id, const TableRef& table, std::string_view reason,
                                           bool suspended) {
  const Lock lock(state_.mutex);
  TRY(usable());
  if (!control_.suspended_tables) return {};
  auto& tables = state_.tasks[std::string(task_id)].suspended;
  if (suspended)
    tables.try_emplace(table, reason);
  else if (table.name.empty())
    tables.clear();
  else
    tables.erase(table);
  return {};
}

std::span<const Encoding> MemoryTarget::accepts(const TableDef&) const {
  static constexpr std::array accepted = {Encoding::canonical};
  return accepted;
}

Result<void> MemoryTarget::drop_tables(std::span<const TableRef> tables) {
  const Lock lock(state_.mutex);
  TRY(usable());
  for (const TableRef& table : tables) state_.tables.erase(table);
  return {};
}

Result<void> MemoryTarget::truncate(std::span<const TableRef> tables) {
  const Lock lock(state_.mutex);
  TRY(usable());
  for (const TableRef& ref : tables) TRY(state_.find_table(ref));
  for (const TableRef& ref : tables) {
    Table& table = state_.tables.at(ref);
    table.content.clear();
    table.version = state_.next_number++;
  }
  return {};
}

Result<bool> MemoryTarget::build(const ObjectDef& object, std::span<const TargetTable> tables) {
  if (object.dialect != dialect) {
    log_warning(Component::target_load, "The memory engine does not speak {}: {} '{}' is left out", object.dialect,
                object.kind, object.name);
    return false;
  }
  const Lock lock(state_.mutex);
  TRY(usable());
  return build_object(state_, object, tables);
}

Result<void> MemoryTarget::empty_for_reload(std::string_view task_id, const TargetTable& table) {
  const Lock lock(state_.mutex);
  TRY(usable());
  Table& stored = *TRY(state_.find_table(table.layout->ref));
  stored.content.clear();
  stored.version = state_.next_number++;
  std::erase_if(state_.tasks[std::string(task_id)].ledger,
                [&](const LedgerLine& line) { return line.table == table.source->ref; });
  return {};
}

Result<void> MemoryTarget::set_sequence(const SequenceState& sequence) {
  const Lock lock(state_.mutex);
  TRY(usable());
  std::erase_if(state_.sequences, [&](const SequenceState& other) {
    return other.schema == sequence.schema && other.name == sequence.name;
  });
  state_.sequences.push_back(sequence);
  return {};
}

// No object of this dialect has a last step.
Result<void> MemoryTarget::finish(const ObjectDef&, std::span<const TargetTable>) {
  const Lock lock(state_.mutex);
  return usable();
}

// There are no foreign keys and no triggers: nothing is in force that would have to be released.
Result<bool> MemoryTarget::release_constraints(std::span<const TargetTable>, const std::string& saved,
                                               const std::function<Result<void>(const std::string& script)>& save) {
  {
    const Lock lock(state_.mutex);
    TRY(usable());
  }
  TRY(save(saved));
  return true;
}

Result<void> MemoryTarget::restore_constraints(std::string_view) {
  const Lock lock(state_.mutex);
  return usable();
}

Result<std::vector<std::pair<std::string, uint64_t>>> MemoryTarget::count_orphans(std::span<const TargetTable>) {
  const Lock lock(state_.mutex);
  TRY(usable());
  return std::vector<std::pair<std::string, uint64_t>>();
}

Result<void> MemoryTarget::analyze(const TableRef& table) {
  const Lock lock(state_.mutex);
  TRY(usable());
  TRY(state_.find_table(table));
  return {};
}

Result<std::unique_ptr<TableWriter>> MemoryTarget::load_table(std::string_view task_id, const TargetTable& table,
                                                              const TableRange& range, Encoding encoding,
                                                              LoadMode mode) {
  if (encoding != Encoding::canonical) return Failure(errors::wrong_encoding(table.layout->ref));
  const Lock lock(state_.mutex);
  TRY(usable());
  auto writer = TRY(MemoryTableWriter::open(state_, session_, {std::string(task_id), table, range.index}, mode));
  return std::unique_ptr<TableWriter>(std::move(writer));
}

Result<std::unique_ptr<ChangedKeys>> MemoryTarget::gather_keys(std::string_view task_id, const TargetTable& table,
                                                               std::shared_ptr<const TableDef> keys) {
  const Lock lock(state_.mutex);
  TRY(usable());
  return std::make_unique<MemoryChangedKeys>(state_, session_, std::string(task_id), table, std::move(keys));
}

Result<std::unique_ptr<ChangeWriter>> MemoryTarget::apply_changes(std::string_view task_id) {
  const Lock lock(state_.mutex);
  TRY(usable());
  return std::make_unique<MemoryChangeWriter>(state_, session_, std::string(task_id));
}

}  // namespace godwit::memory
