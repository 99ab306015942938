#pragma once
// Applies windows of changes to the target (engine.md §2, §7, §8): fence first, position last, in one transaction.
// Commits are asynchronous where the server has log positions; durable() says what the disk holds. One session, one
// thread.

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/target.h"
#include "engines/postgres/apply_statements.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/control_tables.h"
#include "engines/postgres/lsn.h"

namespace godwit::postgres {

class PostgresChangeWriter : public ChangeWriter {
 public:
  // `acting`: Target::let_keys_act has put foreign keys in force in this session, for changes of these tables alone.
  static Result<std::unique_ptr<ChangeWriter>> open(Connection& session, const ControlSchema& control,
                                                    std::string_view task_id, std::span<const TableRef> acting);
  Result<void> begin(const Position& expected) override;
  Result<bool> apply_sets(const TargetTable& table, const NetChanges& net, std::string& why) override;
  ParkedRow describe(const ChangeView& change) const override;
  Result<Progress> apply_in_order(std::span<const ChangeView> changes) override;
  Result<void> check_constraints() override;
  Result<void> set_savepoint() override;
  Result<void> undo_to_savepoint() override;
  Result<void> truncate(std::span<const TableRef> tables) override;
  Result<void> park(std::span<const ParkedRow> rows) override;
  Result<std::vector<std::string>> alter(const TableAlteration& alteration) override;
  Result<void> drop_table(const TableRef& table) override;
  Result<void> note(std::span<const ParkedRow> rows) override;
  Result<void> commit(const Position& next) override;
  void rollback() override;
  Result<Position> durable(bool force) override;

 private:
  struct Stage {
    std::string name;
    bool used = false;  // in this transaction: empty it before it is filled again
  };
  struct Commit {
    Lsn lsn;  // of the target, at or after the commit record
    Position position;
  };

  PostgresChangeWriter(Connection& session, const ControlSchema& control, std::string task_id)
      : session_(session), control_(control), task_id_(std::move(task_id)) {}
  std::string position_row() const;
  std::string_view defer_constraints() const;

  Result<bool> try_sets(const TargetTable& table, const NetChanges& net, std::string& why);
  Result<void> fill_stage(const TargetTable& table, const NetChanges& net, Stage& stage,
                          std::vector<std::pair<ColumnMask, uint64_t>>& groups);
  // Without stages: change_writer_values.cpp.
  Result<bool> try_values(const TargetTable& table, const NetChanges& net, std::string& why);
  Result<uint64_t> erase_by_values(const TargetTable& table, std::span<const ChangeView> rows);
  Result<uint64_t> update_by_values(const TargetTable& table, std::span<const ChangeView* const> rows,
                                    const ColumnMask& mask);
  Result<const std::vector<std::string>*> literal_types(const TargetTable& table);
  Result<uint64_t> copy_inserts(const TargetTable& table, const std::vector<ChangeView>& rows);

  // Statements of one table, prepared once: names by operation and, for updates, by the columns written.
  struct TableStatements {
    RowFinder finder;
    std::vector<bool> bytes;  // per column: bytea on the target, and bound as it is
    std::string insert, erase;
    std::map<ColumnMask, std::string> updates;
  };
  Result<TableStatements*> statements_of(const TargetTable& table);
  Result<std::vector<std::string>> primary_key_of(const TargetTable& table);
  Result<RowFinder> find_rows_by(const TargetTable& table);
  Result<void> prepare(const ChangeView& change);
  Result<std::string> prepare_sql(const std::string& sql);
  Result<bool> send(const ChangeView& change);
  Result<size_t> send_chunk(std::span<const ChangeView> changes, std::vector<bool>& sent);
  Result<Progress> collect(std::span<const ChangeView> changes, const std::vector<bool>& sent);
  Result<Progress> run_chunk(std::span<const ChangeView> changes);
  bool lets_keys_act(const ChangeView& change) const;
  Result<void> hush_keys();
  Result<void> wake_keys();
  Result<Progress> run_like(std::span<const ChangeView> changes);

  Connection& session_;
  const ControlSchema& control_;
  std::string task_id_;
  bool open_ = false;
  bool roomy_ = false;                             // the column of the position takes a long one
  bool savepoint_set_ = false;                     // in this transaction
  bool may_make_stages_ = true;                    // the role may create temporary tables
  std::unordered_map<std::string, Stage> stages_;  // by quoted target name
  std::unordered_map<const TargetTable*, TableStatements> statements_;
  std::unordered_map<const TargetTable*, std::vector<std::string>> literal_types_;
  uint64_t prepared_count_ = 0, prepared_now_ = 0;
  std::set<TableRef> acting_;        // tables for whose changes foreign keys are in force; empty: in force for none
  std::vector<ByteBuffer> scratch_;  // parameters of one statement, NUL-terminated
  std::deque<Commit> not_durable_;
  Position durable_, last_;
};

}  // namespace godwit::postgres
