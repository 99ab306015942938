#pragma once
// PostgreSQL as a source: one ordinary session, and a walsender session while it makes a slot.

#include <memory>
#include <optional>

#include "engine/engine.h"
#include "engines/postgres/capture_way.h"
#include "engines/postgres/catalog.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/large_objects.h"
#include "engines/postgres/survey.h"
#include "engines/postgres/untold_changes.h"

namespace godwit::postgres {

class PostgresSource : public Source {
 public:
  static Result<std::unique_ptr<Source>> open(const Endpoint& endpoint, const SessionOptions& options);

  void interrupt() override { session_.cancel(); }
  Result<ServerIdentity> identity() override;
  Catalog& catalog() override { return *catalog_; }
  Result<std::vector<Finding>> check(const CaptureSpec& spec, bool with_changes) override;
  Result<ServerFacts> server_facts() override { return postgres::server_facts(session_); }
  Result<std::vector<ValueSizes>> measure_values(const TableRef& table,
                                                 std::span<const MeasuredColumn> columns) override {
    return postgres::measure_values(session_, table, columns);
  }
  std::partial_ordering compare(const Position& a, const Position& b) const override;
  Position end_of_log() const override;
  bool is_inside_transaction(const Position& position) const override;
  std::string checkpoint(const Position& position) const override;
  Result<Position> parse_position(std::string_view text) const override;
  Result<Position> mark_now() override;
  Result<int64_t> clock_us() override;
  Result<CommitBorder> find_commit_border(const Position& after, int64_t time_us) override;
  Result<LogEnd> log_end() override;
  Result<std::vector<LargeObjectColumn>> large_object_columns(std::span<const TableDef* const> layouts) override {
    return postgres::large_object_columns(session_, layouts);
  }
  Result<std::vector<uint32_t>> list_large_objects(std::span<const LargeObjectColumn> columns) override {
    return postgres::list_large_objects(session_, columns);
  }
  Result<uint64_t> large_object_size(uint32_t number) override {
    return postgres::large_object_size(session_, number);
  }
  Result<std::string> read_large_object(uint32_t number, uint64_t offset, uint32_t length) override {
    return postgres::read_large_object(session_, number, offset, length);
  }
  Result<Snapshot> begin_capture(const CaptureSpec& spec) override;
  Result<Snapshot> open_snapshot(const CaptureSpec& spec) override;
  Result<Snapshot> open_later_snapshot(const CaptureSpec& spec) override;
  Result<std::string> hold_snapshot(std::string_view id) override;
  int64_t hold_seconds() const override;
  Result<void> end_leftover_sessions(bool keepers_too) override;
  Result<Position> capture_position(const CaptureSpec& spec) override;
  Result<void> drop_capture(std::string_view task_id, std::string_view target_system) override;
  std::string capture_name(std::string_view task_id, std::string_view target_system) const override;
  CaptureIdentity capture_identity(std::string_view task_id, std::string_view target_system) const override;
  Result<void> join_snapshot(std::string_view id) override;
  Result<void> leave_snapshot() override;
  std::span<const Encoding> writes() const override;
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
  Result<bool> tells_schema_changes(const CaptureSpec& spec) override;
  Result<SchemaChange> read_schema_change(const std::string& document) override;
  Result<std::vector<ChangeCounters>> count_changes(std::span<const TableRef> tables) override;
  bool log_tells_all() const override;
  Result<std::vector<UntoldChange>> untold_changes(std::span<const FollowedTable> tables) override;
  Result<void> beat(std::string_view task_id) override;
  int64_t beat_interval_s() const override;

 private:
  Result<void> lock_storage(const TableRange& range);
  // What must be true of the table that was read, and the error where it is not.
  struct Requirement {
    std::string condition;
    Error otherwise;
  };
  Result<std::unique_ptr<TableReader>> read_query(const std::string& query,
                                                  const std::shared_ptr<const TableDef>& layout,
                                                  std::span<const Encoding> wanted, bool long_values,
                                                  const Requirement& requirement = {});
  Result<std::unique_ptr<TableReader>> read_same_table(const std::string& query, const TableDef& table,
                                                       const std::shared_ptr<const TableDef>& layout,
                                                       std::span<const Encoding> wanted, bool long_values);
  PostgresSource(Connection session, Endpoint endpoint, SessionOptions options, std::string database);
  std::string own_name(std::string_view task_id, std::string_view target_system) const;
  Result<CaptureWay> way_of(const CaptureSpec& spec);
  Result<std::optional<AuditTable>> set_up_audit(const CaptureSpec& spec, const CaptureWay& way);
  Result<Snapshot> take_slot(const CaptureSpec& spec, const CaptureWay& way);
  Result<Snapshot> temporary_snapshot(const CaptureSpec& spec, const CaptureWay& way);
  Result<void> drop_heartbeat(std::string_view task_id);
  Result<Connection> open_walsender(std::string_view role) const;

  Connection session_;
  Endpoint endpoint_;
  SessionOptions options_;
  std::string database_;
  std::unique_ptr<PostgresCatalog> catalog_;
  std::optional<Following> following_;    // since read_changes()
  std::optional<Connection> slot_maker_;  // holds the exported snapshot of a slot just made
};

// "godwit:<tag>:<role>", cut so that the server does not.
std::string session_name(const SessionOptions& options);

}  // namespace godwit::postgres
