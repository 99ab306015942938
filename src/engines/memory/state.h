#pragma once
// What a memory database is made of. One mutex guards all of it; `changed` is notified when the log grows, a session
// is ended or a slot is lost.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/change.h"
#include "engine/target.h"
#include "engines/memory/row_store.h"

namespace godwit::memory {

using RowFilter = std::function<bool(const MemoryRow&)>;

struct Table {
  TableContent content;
  uint64_t storage = 0;  // another number after a rewrite
  uint64_t version = 0;  // another number after each commit that touched the table
  uint64_t updates = 0, deletes = 0;
};

struct LoggedChange {
  Op op = Op::insert;
  std::shared_ptr<const TableDef> def;  // of the table or leaf, as it was then
  StoredRow before, after;
  std::vector<uint32_t> unchanged;  // columns of `after` that the log does not carry
};

struct LoggedTransaction {
  uint64_t xid = 0, commit = 0, end = 0;
  int64_t commit_us = 0;
  std::vector<LoggedChange> changes;
};

struct PlannedChange {
  Op op = Op::insert;
  TableRef table;
  MemoryRow who, row;
  std::vector<std::string> unchanged;
};

struct Slot {
  uint64_t released = 0;
  std::string lost;  // why it cannot be read any more; empty: it can
};

struct HeldSnapshot {
  uint64_t position = 0;
  std::map<TableRef, Table> tables;
  uint64_t owner = 0;      // session; 0 once a keeper holds it
  std::string keeper_tag;  // the keeper's session tag
};

struct Session {
  uint64_t id = 0;
  std::string tag;
  bool ended = false;
  bool keeper = false;
};

// What a task keeps on its target.
struct TaskState {
  std::optional<TaskRecord> record;
  std::vector<LedgerLine> ledger;
  std::optional<Position> position;
  Position flushed;
  std::vector<StatusRow> statuses;
  std::vector<HistoryRow> history;
  std::map<TableRef, std::string> suspended;
};

struct ParkedLine {
  std::string task_id;
  ParkedRow row;
};

struct State {
  explicit State(std::string_view database_name) : name(database_name) {}

  const std::string name;
  mutable std::mutex mutex;
  std::condition_variable_any changed;

  std::map<TableRef, Table> tables;
  std::vector<SequenceState> sequences;
  std::deque<std::shared_ptr<const LoggedTransaction>> log;
  uint64_t next_position = 0x1000000;
  uint64_t next_number = 1;  // sessions, storage, versions, transactions, snapshots
  std::map<std::string, Slot, std::less<>> slots;
  std::map<std::string, HeldSnapshot, std::less<>> snapshots;
  std::vector<std::weak_ptr<Session>> sessions;
  std::map<std::string, TaskState, std::less<>> tasks;
  std::vector<ParkedLine> parked;

  size_t changes_per_batch = 1000;
  size_t rows_per_range = SIZE_MAX;
  size_t rows_per_batch = SIZE_MAX;
  unsigned commits_to_fail = 0, answers_to_lose = 0;
  std::map<TableRef, RowFilter> refusals;
  bool flush_delayed = false;
  uint64_t commits = 0;

  // The rest: with the mutex held.
  Result<Table*> find_table(const TableRef& ref);
  // The table's rows and those of its leaves, out of `from` (the current tables, or a snapshot's).
  static std::vector<StoredRow> visible_rows(const std::map<TableRef, Table>& from, const TableRef& ref);
  std::shared_ptr<Session> open_session(std::string_view tag);
  Result<void> check_session(const Session& session) const;
  void end_sessions(const std::function<bool(const Session&)>& which);
  // Counts a target commit. An error: it must not be carried out.
  Result<void> before_commit(const Session& session);
  // After it was carried out. An error: the answer is lost and the session ended.
  Result<void> after_commit(Session& session);
  // Carries the changes out and appends them to the log.
  Result<Position> commit(const std::vector<PlannedChange>& changes, int64_t commit_us);
};

std::string position_text(uint64_t position);
Result<uint64_t> parse_position(std::string_view text);

}  // namespace godwit::memory
