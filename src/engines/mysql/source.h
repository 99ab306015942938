#pragma once
// MySQL and MariaDB as a source: one ordinary session, and while it is in a snapshot one that the pool lends.

#include <memory>
#include <optional>

#include "engine/engine.h"
#include "engines/mysql/catalog.h"
#include "engines/mysql/connection.h"
#include "engines/mysql/interruption.h"
#include "engines/mysql/log_times.h"
#include "engines/mysql/snapshot.h"
#include "engines/mysql/survey.h"
#include "engines/mysql/transactions.h"
#include "engines/mysql/visibility.h"

namespace godwit::mysql {

class MysqlSource : public Source {
 public:
  static Result<std::unique_ptr<Source>> open(const Endpoint& endpoint, const SessionOptions& options);
  ~MysqlSource() override;
  MysqlSource(const MysqlSource&) = delete;
  MysqlSource& operator=(const MysqlSource&) = delete;

  void interrupt() override;
  Result<ServerIdentity> identity() override;
  Catalog& catalog() override { return catalog_; }
  Result<std::vector<Finding>> check(const CaptureSpec& spec, bool with_changes) override;
  Result<ServerFacts> server_facts() override { return mysql::server_facts(session_); }
  Result<std::vector<ValueSizes>> measure_values(const TableRef& table,
                                                 std::span<const MeasuredColumn> columns) override {
    return mysql::measure_values(session_, table, columns);
  }
  std::partial_ordering compare(const Position& a, const Position& b) const override;
  Position end_of_log() const override;
  std::string checkpoint(const Position& position) const override;
  Result<Position> parse_position(std::string_view text) const override;
  Result<Position> position_at_time(int64_t time_us) override;
  Result<CommitBorder> find_commit_border(const Position& after, int64_t time_us) override;
  Result<Position> mark_now() override;
  Result<int64_t> clock_us() override;
  Result<LogEnd> log_end() override;
  Result<Snapshot> begin_capture(const CaptureSpec& spec) override;
  Result<Snapshot> open_snapshot(const CaptureSpec& spec) override;
  Result<Snapshot> open_later_snapshot(const CaptureSpec& spec) override;
  Result<std::string> hold_snapshot(std::string_view id) override;
  int64_t hold_seconds() const override;
  Result<void> end_leftover_sessions(bool keepers_too) override;
  Result<Position> capture_position(const CaptureSpec& spec) override;
  std::optional<Error> explain_gap(const Position& at, const Position& begins) const override;
  Result<void> drop_capture(std::string_view task_id, std::string_view target_system) override;
  std::string capture_name(std::string_view task_id, std::string_view target_system) const override;
  CaptureIdentity capture_identity(std::string_view task_id, std::string_view target_system) const override {
    return {capture_name(task_id, target_system), "", false, false};
  }
  Result<void> join_snapshot(std::string_view id) override;
  Result<void> leave_snapshot() override;
  Result<std::vector<TableRange>> split(const TableDef& table, uint64_t range_bytes) override;
  Result<std::vector<TableRange>> split_as(const TableDef& table, const ParallelLoad& how) override;
  Result<std::unique_ptr<TableReader>> read_table(const TableRange& range,
                                                  const std::shared_ptr<const TableDef>& layout,
                                                  std::span<const Encoding> wanted,
                                                  const ReadOptions& options) override;
  Result<std::unique_ptr<TableReader>> read_keys(const RowBatch& keys, std::span<const TableRange> storage,
                                                 const TableDef& table, const std::shared_ptr<const TableDef>& layout,
                                                 std::span<const Encoding> wanted,
                                                 const ReadOptions& options) override;
  Result<std::unique_ptr<ChangeReader>> read_changes(const CaptureSpec& spec, const Position& after,
                                                     std::span<const CapturedTable> tables) override;
  bool are_of_one_log(const Position& a, const Position& b) const override { return mysql::are_of_one_log(a, b); }
  bool is_inside_transaction(const Position& position) const override;
  Result<bool> tells_schema_changes(const CaptureSpec&) override { return true; }
  Result<SchemaChange> read_schema_change(const std::string& document) override;
  Result<void> check_definitions(const Position& start, std::span<const TableRef> tables) override;
  Result<std::vector<ActingKey>> unlogged_keys(std::span<const TableRef> tables) override;
  Result<std::vector<ChangeCounters>> count_changes(std::span<const TableRef> tables) override;
  Result<void> beat(std::string_view task_id) override;
  int64_t beat_interval_s() const override;

 private:
  MysqlSource(Connection session, Endpoint endpoint, SessionOptions options)
      : session_(std::move(session)),
        endpoint_(std::move(endpoint)),
        options_(std::move(options)),
        catalog_(session_) {}
  LogAccess log_access() const;
  Result<Snapshot> open_pool(const CaptureSpec& spec, bool needs_position);
  Result<std::unique_ptr<TableReader>> read(std::vector<std::string> statements, const TableRef& table,
                                            std::span<const TableRange> storage,
                                            const std::shared_ptr<const TableDef>& layout);
  Result<void> check_storage(std::span<const TableRange> storage);
  Result<void> check_storage_soon(std::span<const TableRange> storage);
  void give_back();

  Connection session_;
  Endpoint endpoint_;
  SessionOptions options_;
  MysqlCatalog catalog_;
  std::shared_ptr<SnapshotPool> held_;    // made or held by this Source
  std::shared_ptr<SnapshotPool> joined_;  // whose session `member_` is
  std::optional<Connection> member_;
  Interruption interruption_{session_};
  LogVisibility visibility_;
};

}  // namespace godwit::mysql
