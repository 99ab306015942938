#include "engines/postgres/change_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "engines/postgres/alteration.h"
#include "engines/postgres/catalog_query.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/parked_row.h"
#include "engines/postgres/server_version.h"
#include "engines/postgres/structure.h"

namespace godwit::postgres {
namespace {

// Runs a string of statements and gives the last result; the error of the first that fails.
Result<Rows> last_result(Connection& session) {
  Rows last(nullptr);
  Error failure;
  while (PGresult* raw = PQgetResult(session.raw())) {
    Rows result(raw);
    const ExecStatusType status = PQresultStatus(raw);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && failure.code.empty())
      failure = session.error_of(raw);
    last = std::move(result);
  }
  if (!failure.code.empty()) return Failure(failure);
  if (last.raw() == nullptr) return Failure(session.connection_error());
  return last;
}

// Whatever the target says against a structure change is that table's affair: a name that is taken, a type it lacks.
Error as_refusal(Error error) {
  if (error.sqlstate.starts_with("42") || error.sqlstate.starts_with("2B")) error.kind = ErrorKind::table;
  return errors::in_words(std::move(error));
}

// Asked only where something depends on it.
Result<ColumnsThere> columns_there(Connection& session, const TableAlteration& alteration) {
  ColumnsThere out;
  if (std::ranges::none_of(alteration.origins,
                           [](const ColumnOrigin& origin) { return origin.old_rows.has_value(); }))
    return out;
  const Rows rows =
      TRY(session.query("SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) FROM "
                        "pg_catalog.pg_attribute a WHERE a.attrelid "
                        "= pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped",
                        {quote_name(alteration.before.layout->ref)}));
  for (int i = 0; i < rows.size(); ++i) out[rows.text(i, 0)] = rows.text(i, 1);
  return out;
}

// Servers before 15 keep what a column is computed by with the column, later ones with its expression.
Result<ComputedThere> computed_there(Connection& session, const TableAlteration& alteration) {
  ComputedThere out;
  if (alteration.before.computed.empty() || !computes_columns(session)) return out;
  const Rows rows = TRY(session.query(
      "SELECT a.attname, (SELECT pg_catalog.json_agg(DISTINCT r.attname) FROM pg_catalog.pg_depend p JOIN "
      "pg_catalog.pg_attribute r ON r.attrelid = p.refobjid AND r.attnum = p.refobjsubid WHERE p.refclassid = "
      "'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = a.attrelid AND p.refobjsubid NOT IN (0, a.attnum) "
      "AND (p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND p.objid = d.oid OR p.classid = "
      "'pg_catalog.pg_class'::pg_catalog.regclass AND p.objid = a.attrelid AND p.objsubid = a.attnum)) FROM "
      "pg_catalog.pg_attribute a JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE "
      "a.attrelid = pg_catalog.to_regclass($1) AND a.attgenerated <> '' AND NOT a.attisdropped",
      {quote_name(alteration.before.layout->ref)}));
  for (int i = 0; i < rows.size(); ++i) out[rows.text(i, 0)] = strings_at(rows, i, 1);
  return out;
}

}  // namespace

Result<std::unique_ptr<ChangeWriter>> PostgresChangeWriter::open(Connection& session, const ControlSchema& control,
                                                                 std::string_view task_id,
                                                                 std::span<const TableRef> acting) {
  // The plans of set statements must go through the key whatever the statistics say: the stage is small, the table
  // may not be.
  TRY(session.run("DEALLOCATE ALL"));
  if (session.traits().has_session_settings) {
    TRY(
        session.run("SET synchronous_commit = off; SET enable_seqscan = off; SET enable_hashjoin = off; SET "
                    "enable_mergejoin = off"));
    if (version::has_jit(session.server_version())) TRY(session.run("SET jit = off"));
    if (version::has_plan_cache_mode(session.server_version()))
      TRY(session.run("SET plan_cache_mode = force_generic_plan"));
  }
  std::unique_ptr<PostgresChangeWriter> writer(new PostgresChangeWriter(session, control, std::string(task_id)));
  writer->acting_.insert(acting.begin(), acting.end());
  return std::unique_ptr<ChangeWriter>(std::move(writer));
}

std::string PostgresChangeWriter::position_row() const {
  return fmt::format(R"("SERVER_NAME" = '{}' AND "TASK_NAME" = {})", control_.server_name(), quote_literal(task_id_));
}

Result<void> PostgresChangeWriter::begin(const Position& expected) {
  open_ = true;  // should the fence be interrupted, there is a transaction to roll back
  savepoint_set_ = false;
  const Rows fenced =
      TRY(session_.query(fmt::format(R"(BEGIN; {}UPDATE {} SET "STATE_TIME" = '{}' WHERE {} AND "CHECKPOINT" = {})",
                                     defer_constraints(), control_.table("awsdms_txn_state"), sql_timestamp(now_us()),
                                     position_row(), quote_literal(checkpoint_text(expected)))));
  for (auto& [name, stage] : stages_) stage.used = false;
  if (fenced.affected() == 1) return {};
  rollback();
  return Failure(errors::superseded(task_id_));
}

// Part of a string of statements; nothing where constraints are always checked at once.
std::string_view PostgresChangeWriter::defer_constraints() const {
  return session_.traits().has_deferred_constraints ? "SET CONSTRAINTS ALL DEFERRED; " : "";
}

Result<void> PostgresChangeWriter::check_constraints() {
  if (!session_.traits().has_deferred_constraints) return {};
  return session_.run("SET CONSTRAINTS ALL IMMEDIATE");
}

Result<void> PostgresChangeWriter::set_savepoint() {
  // SET CONSTRAINTS lasts to the end of the transaction; a moved savepoint starts with deferred ones again.
  // The server nests savepoints of one name, so the old one is released.
  const std::string release = std::exchange(savepoint_set_, true) ? "RELEASE SAVEPOINT task; " : "";
  return session_.run(fmt::format("{}SAVEPOINT task; {}", release, defer_constraints()));
}

Result<void> PostgresChangeWriter::undo_to_savepoint() {
  for (auto& [name, stage] : stages_) stage.used = true;
  return session_.run(fmt::format("ROLLBACK TO SAVEPOINT task; {}", defer_constraints()));
}

Result<void> PostgresChangeWriter::truncate(std::span<const TableRef> tables) {
  if (!session_.traits().has_transactional_ddl) {
    for (const TableRef& table : tables) TRY(session_.run("DELETE FROM " + quote_name(table)));
    return {};
  }
  std::vector<std::string> names;
  for (const TableRef& table : tables) names.push_back(quote_name(table));
  return session_.run("TRUNCATE " + join(names, ", "));
}

Result<std::vector<std::string>> PostgresChangeWriter::alter(const TableAlteration& alteration) {
  std::vector<std::string> left_out;
  const TableRef &before = alteration.before.source->ref, &after = alteration.after.source->ref;
  if (before != after) TRY(control_.rename_ledger(session_, task_id_, before, after));
  const ColumnsThere there = TRY(columns_there(session_, alteration));
  const ComputedThere computed = TRY(computed_there(session_, alteration));
  for (const AlterStep& step : alter_steps(alteration, there, computed)) {
    if (step.sql.empty()) {
      left_out.push_back(step.told_as);
      continue;
    }
    if (!step.may_fail) {
      auto done = session_.run(step.sql);
      if (!done) return Failure(as_refusal(done.error()));
      continue;
    }
    TRY(session_.run("SAVEPOINT optional"));
    auto done = session_.run(step.sql);
    if (!done && is_recoverable(done.error())) return Failure(done.error());
    if (!done) {
      if (!step.told_as.empty()) left_out.push_back(step.told_as + ": " + done.error().message);
      TRY(session_.run("ROLLBACK TO SAVEPOINT optional"));
    }
    TRY(session_.run("RELEASE SAVEPOINT optional"));
  }
  return left_out;
}

Result<void> PostgresChangeWriter::drop_table(const TableRef& table) {
  // Foreign keys that point to it cannot be on the source any more.
  const Rows keys = TRY(session_.query(
      "SELECT pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::pg_catalog.regclass, k.conname) "
      "FROM "
      "pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.confrelid = pg_catalog.to_regclass($1) AND k.conrelid "
      "<> k.confrelid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p WHERE p.oid = k.conparentid)",
      {quote_name(table)}));
  for (int row = 0; row < keys.size(); ++row) TRY(session_.run(keys.text(row, 0)));
  return session_.run("DROP TABLE IF EXISTS " + quote_name(table));
}

Result<void> PostgresChangeWriter::park(std::span<const ParkedRow> rows) {
  return control_.park(session_, task_id_, rows, false);
}

Result<void> PostgresChangeWriter::note(std::span<const ParkedRow> rows) {
  return control_.note(session_, task_id_, rows, false);
}

ParkedRow PostgresChangeWriter::describe(const ChangeView& change) const {
  return parked_row(change);
}

Result<void> PostgresChangeWriter::commit(const Position& next) {
  const std::string sql =
      fmt::format(R"({}UPDATE {} SET "CHECKPOINT" = {}, "STATE_TIME" = '{}' WHERE {}; COMMIT{})",
                  roomy_ ? "" : control_.make_room(next), control_.table("awsdms_txn_state"),
                  quote_literal(checkpoint_text(next)), sql_timestamp(now_us()), position_row(),
                  session_.traits().has_log_positions ? "; SELECT pg_catalog.pg_current_wal_insert_lsn()" : "");
  if (PQsendQuery(session_.raw(), sql.c_str()) == 0) return Failure(session_.connection_error());
  failpoint(failpoints::window_commit_sent);
  const Rows done = TRY(last_result(session_));
  open_ = false;
  roomy_ |= !control_.make_room(next).empty();
  if (!session_.traits().has_log_positions) {
    if (std::string_view(PQcmdStatus(done.raw())) != "COMMIT") return Failure(errors::not_committed());
    durable_ = next;
    return {};
  }
  const auto lsn = parse_lsn(done.get(0, 0));
  if (!lsn) return Failure(errors::bad_stream("the target's log position", ""));
  not_durable_.push_back({*lsn, next});
  last_ = next;
  return {};
}

void PostgresChangeWriter::rollback() {
  if (!open_) return;
  open_ = false;
  // A broken session ends its transaction by itself.
  if (!session_.broken()) static_cast<void>(session_.run("ROLLBACK"));
}

Result<Position> PostgresChangeWriter::durable(bool force) {
  if (not_durable_.empty()) return durable_;
  if (force) {
    Transaction transaction = TRY(Transaction::begin(session_));
    TRY(session_.run(fmt::format(R"(SET LOCAL synchronous_commit = on; UPDATE {} SET "STATE_TIME" = '{}' WHERE {})",
                                 control_.table("awsdms_txn_state"), sql_timestamp(now_us()), position_row())));
    TRY(transaction.commit());
  }
  const Rows rows = TRY(session_.query("SELECT pg_catalog.pg_current_wal_flush_lsn()"));
  const Lsn flushed = parse_lsn(rows.get(0, 0)).value_or(0);
  while (!not_durable_.empty() && not_durable_.front().lsn <= flushed) {
    durable_ = not_durable_.front().position;
    not_durable_.pop_front();
  }
  return durable_;
}

}  // namespace godwit::postgres
