#pragma once
// A session with a memory database as the source of a task.

#include "engine/engine.h"
#include "engines/memory/catalog.h"

namespace godwit::memory {

class MemorySource : public Source {
 public:
  MemorySource(State& state, std::shared_ptr<Session> session);
  ~MemorySource() override;
  MemorySource(const MemorySource&) = delete;
  MemorySource& operator=(const MemorySource&) = delete;

  void interrupt() override {}  // nothing here waits
  Result<ServerIdentity> identity() override;
  Catalog& catalog() override { return catalog_; }
  Result<std::vector<Finding>> check(const CaptureSpec& spec, bool with_changes) override;
  std::partial_ordering compare(const Position& a, const Position& b) const override;
  Position end_of_log() const override { return {memory::position_text(UINT64_MAX)}; }
  std::string checkpoint(const Position& position) const override {
    return "checkpoint:V1#1#" + position.text + "#0#0#*#0#0";
  }
  Result<Position> parse_position(std::string_view text) const override;
  Result<Position> mark_now() override;
  Result<int64_t> clock_us() override;
  Result<LogEnd> log_end() override;

  Result<Snapshot> begin_capture(const CaptureSpec& spec) override;
  Result<Snapshot> open_snapshot(const CaptureSpec& spec) override;
  Result<Snapshot> open_later_snapshot(const CaptureSpec& spec) override;
  Result<std::string> hold_snapshot(std::string_view id) override;
  int64_t hold_seconds() const override { return 900; }
  Result<void> end_leftover_sessions(bool keepers_too) override;
  Result<Position> capture_position(const CaptureSpec& spec) override;
  Result<void> drop_capture(std::string_view task_id, std::string_view target_system) override;
  std::string capture_name(std::string_view task_id, std::string_view target_system) const override;
  Result<void> join_snapshot(std::string_view id) override;
  Result<void> leave_snapshot() override;

  Result<std::vector<TableRange>> split(const TableDef& table, uint64_t range_bytes) override;
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
  Result<std::vector<ChangeCounters>> count_changes(std::span<const TableRef> tables) override;
  Result<void> beat(std::string_view task_id) override;
  int64_t beat_interval_s() const override { return 0; }

 private:
  Result<void> usable() const;  // with the mutex held
  Snapshot take_snapshot();     // with the mutex held

  State& state_;
  std::shared_ptr<Session> session_;
  MemoryCatalog catalog_;
  std::optional<std::map<TableRef, Table>> joined_;  // what the joined snapshot sees
};

}  // namespace godwit::memory
