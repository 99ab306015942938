#pragma once
// DMS's awsdms_… tables and Godwit's own, in the control database of the target: `awsdms_control` unless
// ControlSchema names another (spec/control-tables.md, engine.md §1). Names and columns of the former are a contract
// with runbooks. SERVER_NAME is `local` without the control plane, and the replication instance
// with it. Names and keys compare byte by byte.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/target.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

std::string now_utc();  // as control tables write times

// CHECKPOINT of awsdms_txn_state: DMS's form around the source's own text, whatever engine wrote that.
std::string checkpoint_text(const Position& position);
std::optional<Position> parse_checkpoint(std::string_view text);

class ControlSchema {
 public:
  explicit ControlSchema(ControlTables wanted);

  const std::string& database() const { return wanted_.schema; }
  const std::string& server_name() const { return wanted_.server_name; }
  // `schema`.`table`, quoted.
  std::string table(std::string_view name) const;

  // Idempotent, also when two tasks do it at once. An existing table without a needed column is an error.
  Result<void> create(Connection& session) const;

  Result<std::optional<TaskRecord>> read_task(Connection& session, std::string_view task_id) const;
  Result<void> write_task(Connection& session, const TaskRecord& record, uint64_t packet_bytes) const;
  Result<void> forget_task(Connection& session, std::string_view task_id) const;
  Result<std::vector<LedgerLine>> read_ledger(Connection& session, std::string_view task_id) const;
  // Of this source table; in the caller's transaction, if there is one.
  Result<void> forget_lines(Connection& session, std::string_view task_id, const TableRef& table) const;
  Result<void> rename_ledger(Connection& session, std::string_view task_id, const TableRef& before,
                             const TableRef& after) const;
  // Found by the task alone: a task that was moved to another replication instance takes its row along.
  Result<std::optional<Position>> read_position(Connection& session, std::string_view task_id) const;
  Result<void> start_position(Connection& session, std::string_view task_id, const Position& position) const;
  // Which row of awsdms_txn_state is the task's: by the whole key, so that no other task's is locked.
  std::string is_row_of(std::string_view task_id) const;
  // In the caller's transaction; changes no row where it stands elsewhere.
  Result<Done> move_position(Connection& session, std::string_view task_id, const Position& from,
                             const Position& to) const;
  // The exception tables, in the caller's transaction. `packet_bytes`: what a statement may be long.
  Result<void> park(Connection& session, std::string_view task_id, std::span<const ParkedRow> rows, bool full_load,
                    uint64_t packet_bytes) const;
  // Without godwit_parked: what was done to rows that are written.
  Result<void> note(Connection& session, std::string_view task_id, std::span<const ParkedRow> rows, bool full_load,
                    uint64_t packet_bytes) const;
  Result<uint64_t> count_parked(Connection& session, std::string_view task_id) const;
  Result<void> write_status(Connection& session, std::string_view task_id, const StatusRow& row) const;
  Result<void> write_history(Connection& session, std::string_view task_id, const HistoryRow& row) const;
  Result<void> write_suspended(Connection& session, std::string_view task_id, const TableRef& table,
                               std::string_view reason, bool suspended) const;

 private:
  Result<void> tell(Connection& session, std::string_view task_id, const ParkedRow& row, bool full_load,
                    uint64_t packet_bytes) const;
  Result<void> take_along(Connection& session, std::string_view task_id, const std::string& before) const;
  Error position_error(const Position& position, const Error& said) const;
  Result<bool> exists(Connection& session, std::string_view name) const;
  ControlTables wanted_;
};

}  // namespace godwit::mysql
