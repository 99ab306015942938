#pragma once
// Applies windows of changes to the target (engine.md §2, §8, §12): fence first, position last, in one transaction.
// Set statements are DELETE … IN, UPDATEs that go to the server many at a time, and LOAD DATA; in log order every
// change is a statement of its own, many in one packet. The server undoes a statement that fails by itself. One
// session, one thread.

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/target.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/control_tables.h"
#include "engines/mysql/row_loading.h"
#include "engines/mysql/update_stage.h"

namespace godwit::mysql {

class MysqlChangeWriter : public ChangeWriter {
 public:
  static Result<std::unique_ptr<MysqlChangeWriter>> open(Connection& session, const ControlSchema& control,
                                                         std::string_view task_id, uint64_t packet_bytes);
  Result<void> begin(const Position& expected) override;
  Result<bool> apply_sets(const TargetTable& table, const NetChanges& net, std::string& why) override;
  ParkedRow describe(const ChangeView& change) const override;
  Result<Progress> apply_in_order(std::span<const ChangeView> changes) override;
  // The server checks at once.
  Result<void> check_constraints() override { return {}; }
  // The changes of these tables are written with their foreign keys in force.
  void let_keys_act(std::span<const TableRef> tables);
  Result<void> set_savepoint() override;
  Result<void> undo_to_savepoint() override;
  // By DELETE: a TRUNCATE would commit what stands before it in the window.
  Result<void> truncate(std::span<const TableRef> tables) override;
  Result<void> park(std::span<const ParkedRow> rows) override;
  Result<std::vector<std::string>> alter(const TableAlteration& alteration) override;
  Result<void> drop_table(const TableRef& table) override;
  Result<void> note(std::span<const ParkedRow> rows) override;
  Result<void> commit(const Position& next) override;
  void rollback() override;
  Result<Position> durable(bool force) override;

 private:
  MysqlChangeWriter(Connection& session, const ControlSchema& control, std::string task_id, uint64_t packet_bytes)
      : session_(session),
        control_(control),
        task_id_(std::move(task_id)),
        packet_bytes_(packet_bytes),
        stages_(session, control.database()) {}
  std::string fence_sql(const Position& expected) const;
  Result<void> flush_log();
  Result<RowLoading*> loading_of(const TargetTable& table);

  Result<bool> keeps_keys(const TargetTable& table, std::span<const ChangeView> changes);
  Result<bool> try_sets(const TargetTable& table, const NetChanges& net, std::string& why);
  Result<uint64_t> erase_all(const TargetTable& table, std::span<const ChangeView> changes);
  Result<bool> update_all(const TargetTable& table, const std::vector<ChangeView>& changes, std::string& why);
  Result<uint64_t> update_each(std::span<const ChangeView* const> changes);
  Result<void> insert_all(const TargetTable& table, std::span<const ChangeView> changes);

  // The statement of one change; empty for an update that writes nothing.
  Result<void> append_statement(ByteBuffer& out, const ChangeView& change);
  Result<void> append_finder(ByteBuffer& out, const ChangeView& change);
  Result<ChangeOutcome> write_giant(const ChangeView& change, const Error& why);
  Result<ChangeOutcome> write_without_labels(const ChangeView& change, const Error& why);
  // The columns that an update writes, its key left out.
  static std::vector<bool> written_columns(const ChangeView& change);
  Result<Progress> run_chunk(std::span<const ChangeView> changes);
  Result<Progress> run_like(std::span<const ChangeView> changes);
  bool is_enforced(const TargetTable& table) const;
  Result<void> enforce_keys(bool enforced);

  Connection& session_;
  const ControlSchema& control_;
  std::string task_id_;
  uint64_t packet_bytes_;
  bool open_ = false;
  bool flushes_at_commit_ = false;  // innodb_flush_log_at_trx_commit = 1
  Position expected_;               // of the open transaction
  struct Commit {
    int64_t at_ms;
    Position position;
  };
  std::deque<Commit> not_durable_;
  Position durable_;
  int64_t flush_age_ms_ = 0;  // a commit this old is on the disk, as the server is set
  int64_t last_flush_ms_ = 0;
  bool may_flush_ = true;  // FLUSH ENGINE LOGS has not been refused
  std::unordered_map<const TargetTable*, RowLoading> loading_;
  UpdateStages stages_;
  std::set<std::string> acting_;  // tables, quoted, that are written with their foreign keys in force
  bool enforced_ = false;         // foreign_key_checks of the session
  ByteBuffer sql_;
};

}  // namespace godwit::mysql
