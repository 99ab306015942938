#include "engines/mysql/change_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "engines/mysql/alteration.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/parked_row.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

constexpr int64_t ms_per_s = 1000;
constexpr int64_t flush_interval_ms = 5000;

}  // namespace

Result<std::unique_ptr<MysqlChangeWriter>> MysqlChangeWriter::open(Connection& session, const ControlSchema& control,
                                                                   std::string_view task_id, uint64_t packet_bytes) {
  // Long lists of keys are looked up by the index whatever they take to plan.
  if (!session.traits().mariadb && session.traits().version >= 50712)
    TRY(session.run("SET SESSION range_optimizer_max_mem_size = 0"));
  std::unique_ptr<MysqlChangeWriter> writer(
      new MysqlChangeWriter(session, control, std::string(task_id), packet_bytes));
  const Rows flush = TRY(session.query(
      "SELECT @@global.innodb_flush_log_at_trx_commit = 1 AND (@@global.log_bin = 0 OR @@global.sync_binlog = 1), "
      "@@global.innodb_flush_log_at_timeout"));
  writer->flushes_at_commit_ = flush.integer(0, 0) == 1;
  writer->flush_age_ms_ = 2 * ms_per_s * std::max<int64_t>(1, flush.integer(0, 1)) + ms_per_s;
  return writer;
}

std::string MysqlChangeWriter::fence_sql(const Position& expected) const {
  return fmt::format("UPDATE {} SET STATE_TIME = '{}' WHERE {} AND CHECKPOINT = {}",
                     control_.table("awsdms_txn_state"), now_utc(), control_.is_row_of(task_id_),
                     quote_literal(checkpoint_text(expected)));
}

Result<void> MysqlChangeWriter::begin(const Position& expected) {
  open_ = true;  // should the fence be interrupted, there is a transaction to roll back
  expected_ = expected;
  TRY(stages_.make_wanted());
  std::vector<Done> done;
  TRY(session_.run_script("START TRANSACTION; " + fence_sql(expected), done));
  if (done.back().affected == 1) return {};
  rollback();
  return Failure(errors::superseded(task_id_));
}

Result<RowLoading*> MysqlChangeWriter::loading_of(const TargetTable& table) {
  const auto known = loading_.find(&table);
  if (known != loading_.end()) return &known->second;
  std::vector<TargetColumn> columns = TRY(read_target_columns(session_, table));
  const auto made = loading_.emplace(
      &table, RowLoading(session_, quote_name(table.layout->ref), std::move(columns), packet_bytes_));
  return &made.first->second;
}

void MysqlChangeWriter::let_keys_act(std::span<const TableRef> tables) {
  acting_.clear();
  for (const TableRef& table : tables) acting_.insert(quote_name(table));
}

bool MysqlChangeWriter::is_enforced(const TargetTable& table) const {
  return !acting_.empty() && acting_.contains(quote_name(table.layout->ref));
}

Result<void> MysqlChangeWriter::enforce_keys(bool enforced) {
  if (enforced_ == enforced) return {};
  TRY(session_.run(fmt::format("SET SESSION foreign_key_checks = {}", enforced ? 1 : 0)));
  enforced_ = enforced;
  return {};
}

Result<void> MysqlChangeWriter::set_savepoint() {
  TRY(session_.run("SAVEPOINT task"));
  return {};
}

Result<void> MysqlChangeWriter::undo_to_savepoint() {
  TRY(session_.run("ROLLBACK TO SAVEPOINT task"));
  return {};
}

Result<void> MysqlChangeWriter::truncate(std::span<const TableRef> tables) {
  TRY(enforce_keys(false));
  for (const TableRef& table : tables) TRY(session_.run("DELETE FROM " + quote_name(table)));
  return {};
}

Result<std::vector<std::string>> MysqlChangeWriter::alter(const TableAlteration& alteration) {
  // Each step commits at once, the position comes behind: a second run passes over what is done.
  const Position expected = expected_;
  TRY(enforce_keys(false));
  auto altered = alter_table(session_, alteration);
  if (!altered) return Failure(errors::structure_refused(altered.error()));
  failpoint(failpoints::structure_committed);
  loading_.clear();
  stages_.forget();
  // The DDL has committed what stood before it, which was nothing but the fence.
  TRY(begin(expected));
  const TableRef &before = alteration.before.source->ref, &after = alteration.after.source->ref;
  if (before != after) TRY(control_.rename_ledger(session_, task_id_, before, after));
  return std::move(*altered);
}

Result<void> MysqlChangeWriter::drop_table(const TableRef& table) {
  TRY(enforce_keys(false));
  const Position expected = expected_;
  auto dropped = session_.run("DROP TABLE IF EXISTS " + quote_name(table));
  if (!dropped) return Failure(errors::structure_refused(dropped.error()));
  failpoint(failpoints::structure_committed);
  loading_.clear();
  stages_.forget();
  return begin(expected);
}

Result<void> MysqlChangeWriter::park(std::span<const ParkedRow> rows) {
  return control_.park(session_, task_id_, rows, false, packet_bytes_);
}

Result<void> MysqlChangeWriter::note(std::span<const ParkedRow> rows) {
  return control_.note(session_, task_id_, rows, false, packet_bytes_);
}

ParkedRow MysqlChangeWriter::describe(const ChangeView& change) const {
  return parked_row(change);
}

// The position is compared once more: a deadlock's rollback, should it have been overlooked, would leave the
// statements behind it alone.
Result<void> MysqlChangeWriter::commit(const Position& next) {
  const Done moved = TRY(control_.move_position(session_, task_id_, expected_, next));
  if (moved.affected != 1) return Failure(errors::superseded(task_id_));
  TRY(session_.send("COMMIT"));
  failpoint(failpoints::window_commit_sent);
  TRY(session_.receive());
  open_ = false;
  if (flushes_at_commit_)
    durable_ = next;
  else
    not_durable_.push_back({monotonic_ms(), next});
  return {};
}

void MysqlChangeWriter::rollback() {
  if (!open_) return;
  open_ = false;
  // A broken session ends its transaction by itself.
  if (!session_.broken()) static_cast<void>(session_.run("ROLLBACK"));
}

// Needs RELOAD, and commits: never inside a window.
Result<void> MysqlChangeWriter::flush_log() {
  if (open_ || !may_flush_) return {};
  const auto flushed = session_.run("FLUSH ENGINE LOGS");
  if (!flushed && session_.broken()) return Failure(flushed.error());
  may_flush_ = flushed.has_value();
  last_flush_ms_ = monotonic_ms();
  if (flushed && !not_durable_.empty()) {
    durable_ = not_durable_.back().position;
    not_durable_.clear();
  }
  return {};
}

// Where the server does not flush at each commit it is told to now and then; where the user may not tell it, it does
// so by itself about once a second. Should its machine die before, its position is as old as its rows.
Result<Position> MysqlChangeWriter::durable(bool force) {
  if (not_durable_.empty()) return durable_;
  if (force || monotonic_ms() - last_flush_ms_ >= flush_interval_ms) TRY(flush_log());
  while (!not_durable_.empty()) {
    const int64_t left_ms = not_durable_.front().at_ms + flush_age_ms_ - monotonic_ms();
    if (left_ms > 0 && !force) break;
    if (left_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(left_ms));
    durable_ = not_durable_.front().position;
    not_durable_.pop_front();
  }
  return durable_;
}

}  // namespace godwit::mysql
