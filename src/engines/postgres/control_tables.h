#pragma once
// DMS's awsdms_… tables and Godwit's own, in the control schema of the target (spec/control-tables.md, engine.md §1).
// Names and columns of the former are a contract with runbooks. SERVER_NAME is `local` without the control plane,
// and the replication instance with it.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/target.h"
#include "engines/postgres/connection.h"

namespace godwit::postgres {

std::string now_utc();  // as control tables write times

class ControlSchema {
 public:
  explicit ControlSchema(const ControlTables& wanted);

  const std::string& server_name() const { return wanted_.server_name; }
  // "schema"."table", quoted.
  std::string table(std::string_view name) const;

  // What stands before a statement that stores this position: DMS's column takes 1024 characters, and sets of GTIDs
  // may be longer; then it becomes a text, in the same transaction. Empty as a rule.
  std::string make_room(const Position& position) const;

  // Idempotent, also when two tasks do it at once. An existing table without a needed column is an error.
  Result<void> create(Connection& session) const;

  Result<std::optional<TaskRecord>> read_task(Connection& session, std::string_view task_id) const;
  Result<void> write_task(Connection& session, const TaskRecord& record) const;
  Result<void> forget_task(Connection& session, std::string_view task_id) const;
  Result<std::vector<LedgerLine>> read_ledger(Connection& session, std::string_view task_id) const;
  // Of this source table; in the caller's transaction, if there is one.
  Result<void> forget_lines(Connection& session, std::string_view task_id, const TableRef& table) const;
  // Follows a source table to its new name, inside the caller's transaction; lines of an earlier table of that name
  // go.
  Result<void> rename_ledger(Connection& session, std::string_view task_id, const TableRef& before,
                             const TableRef& after) const;
  // Found by the task alone: a task that was moved to another replication instance takes its row along.
  Result<std::optional<Position>> read_position(Connection& session, std::string_view task_id) const;
  Result<void> start_position(Connection& session, std::string_view task_id, const Position& position) const;
  Result<void> park(Connection& session, std::string_view task_id, std::span<const ParkedRow> rows,
                    bool full_load) const;
  // The exception tables alone: what was done to rows that are written.
  Result<void> note(Connection& session, std::string_view task_id, std::span<const ParkedRow> rows,
                    bool full_load) const;
  Result<uint64_t> count_parked(Connection& session, std::string_view task_id) const;
  Result<void> write_status(Connection& session, std::string_view task_id, const StatusRow& row) const;
  Result<void> write_history(Connection& session, std::string_view task_id, const HistoryRow& row) const;
  Result<void> write_suspended(Connection& session, std::string_view task_id, const TableRef& table,
                               std::string_view reason, bool suspended) const;

 private:
  Result<void> park_row(Connection& session, std::string_view task_id, const ParkedRow& row, bool full_load) const;
  Result<void> note_rows(Connection& session, std::string_view task_id, std::span<const ParkedRow> rows,
                         bool full_load) const;
  Result<void> take_along(Connection& session, std::string_view task_id) const;
  Result<void> create_all(Connection& session) const;
  Result<void> create_once(Connection& session) const;
  Result<bool> exists(Connection& session, std::string_view name) const;
  ControlTables wanted_;
};

}  // namespace godwit::postgres
