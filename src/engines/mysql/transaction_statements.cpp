// Statements in the log: what begins and ends transactions, structure changes, XA, and rows that are not shown.

#include <fmt/format.h>

#include <algorithm>

#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/event_feeds.h"
#include "engines/mysql/transactions.h"

namespace godwit::mysql {
namespace {

// The text in UTF-8; servers write it in the character set of the session.
std::string utf8_text(const QueryEvent& query) {
  const bool plain = std::ranges::none_of(query.sql, [](char c) { return (static_cast<uint8_t>(c) & 0x80U) != 0; });
  if (plain || !query.client_collation) return std::string(query.sql);
  const auto converter = CharsetConverter::open(charset_of_collation(*query.client_collation));
  return converter == nullptr ? std::string(query.sql) : converter->text(query.sql);
}

}  // namespace

Result<void> LogDecoder::query(const RawEvent& event, ChangeBatch& batch) {
  QueryEvent query = TRY(read_query(event.header.type, event.body, scratch_, where_));
  std::string text;
  if (query.sql != "BEGIN" && query.sql != "COMMIT") {
    text = utf8_text(query);
    query.sql = text;
  }
  if (!txn_.open) open_transaction(event);
  return statement(query, read_statement(query), batch);
}

Result<void> LogDecoder::statement(const QueryEvent& query, const LogStatement& statement, ChangeBatch& batch) {
  using Kind = LogStatement::Kind;
  switch (statement.kind) {
    case Kind::begin:
      txn_.begun = true;
      return {};
    case Kind::commit:
      return end_transaction(batch);
    case Kind::rollback:
      return roll_back(batch);
    case Kind::rollback_to:
      // Rows that a savepoint takes back are not written; rows of tables without transactions stay. With both in one
      // transaction the log does not say which.
      if (txn_.had_changes)
        return Failure(errors::rolled_back_rows(tables_.captured(txn_.last_table).full->ref, where_));
      return {};
    case Kind::savepoint:
    case Kind::xa_end:
      return {};
    case Kind::xa_start:
      txn_.begun = txn_.in_xa = true;
      prepared_.begin(txn_.start);
      return {};
    case Kind::xa_commit:
      return xa_commit(statement.xa, batch);
    case Kind::xa_rollback:
      prepared_.take(statement.xa);
      return end_transaction(batch);
    case Kind::truncate:
      TRY(truncate(statement, batch));
      break;
    case Kind::ddl:
    case Kind::drop_schema:
      return structure(query, statement, batch);
    case Kind::data:
      TRY(data_statement(statement));
      break;
    case Kind::harmless:
      break;
  }
  return txn_.begun ? Result<void>() : end_transaction(batch);
}

Result<void> LogDecoder::truncate(const LogStatement& statement, ChangeBatch& batch) {
  if (passing_) return {};
  for (const TableRef& name : statement.tables) {
    const std::optional<uint32_t> table = tables_.find(name.schema, name.name);
    if (!table || suspended_[*table] || !TRY(is_wanted(*table))) continue;
    add(batch, {Op::truncate, *table, Change::no_row, Change::no_row});
  }
  return {};
}

// A statement whose rows the log does not show, near followed tables: views, triggers and cascades may lead it there.
Result<void> LogDecoder::data_statement(const LogStatement& statement) const {
  if (passing_) return {};
  if (statement.tables.size() == 1) {  // all that the statement touches
    const TableRef& table = statement.tables[0];
    if (!tables_.find(table.schema, table.name)) return {};
    return Failure(errors::statement_format(statement.verb, table.schema, where_));
  }
  for (const std::string& schema : statement.schemas)
    if (tables_.follows_schema(schema)) return Failure(errors::statement_format(statement.verb, schema, where_));
  return {};
}

Result<void> LogDecoder::structure(const QueryEvent& query, const LogStatement& statement, ChangeBatch& batch) {
  if (statement.opens_transaction) txn_.begun = true;
  DdlStatement ddl{std::string(query.sql), std::string(query.schema), query.sql_mode.value_or(0), {}};
  if (!passing_) {
    if (statement.kind == LogStatement::Kind::drop_schema) ddl.tables = tables_.tables_of(statement.schema);
    for (const TableRef& name : statement.tables)
      if (const auto table = tables_.find(name.schema, name.name); table && !statement.only_if_absent)
        ddl.tables.push_back(*table);
    std::vector<uint32_t> wanted;
    for (const uint32_t table : ddl.tables)
      if (TRY(is_wanted(table)) && std::ranges::find(wanted, table) == wanted.end()) wanted.push_back(table);
    ddl.tables = std::move(wanted);
  }
  const std::string document = !passing_ && options_.document_of ? options_.document_of(ddl) : std::string();
  if (document.empty())
    for (const uint32_t table : ddl.tables) suspend(table, fmt::format("{} on the source", statement.verb), batch);
  const Position commit = document.empty() ? Position() : commit_position();
  const int64_t commit_us = txn_.commit_us;
  if (!txn_.begun) TRY(end_transaction(batch));
  if (document.empty()) return {};
  SchemaEvent event;
  event.before_change = static_cast<uint32_t>(batch.changes.size());
  event.at = event.before = commit;
  event.document = document;
  event.commit_us = commit_us;
  // What a CREATE TABLE … SELECT goes on to insert belongs to the same transaction, which is then told from its
  // start.
  event.done = txn_.open ? commit : position();
  batch.schema.push_back(std::move(event));
  waits_ = true;
  return {};
}

// --- XA ---

Result<void> LogDecoder::xa_prepare(const RawEvent& event, ChangeBatch& batch) {
  const XaPrepareEvent prepare = TRY(read_xa_prepare(event.body, where_));
  if (!txn_.open || !txn_.in_xa) return damaged("an XA PREPARE without its start");
  txn_.in_xa = false;
  prepared_.prepare(prepare.name);
  if (prepare.one_phase) return xa_commit(prepare.name, batch);
  return end_transaction(batch);
}

Result<void> LogDecoder::xa_commit(const XaName& name, ChangeBatch& batch) {
  std::optional<PreparedRows> prepared = prepared_.take(name);
  if (passing_) return end_transaction(batch);
  // Servers log the commit of what changed nothing too.
  if (!prepared && !xa_known_) return Failure(errors::unknown_xa(where_));
  if (!prepared) return end_transaction(batch);
  if (!prepared->has_rows) return end_transaction(batch);
  if (feed_ != nullptr && prepared->kept == false) return damaged("an XA COMMIT inside a payload");
  committing_ = prepared->start;  // the position before it still needs what was prepared
  txn_.begun = true;
  return feed_prepared(*std::move(prepared), name);
}

Result<void> LogDecoder::feed_prepared(PreparedRows prepared, const XaName& name) {
  if (prepared.kept) {
    feed_ = feed_of(std::move(prepared.events), format_, where_);
  } else {
    if (!options_.open_at) return Failure(errors::xa_rows_gone(to_string(prepared.start), where_));
    feed_ = log_feed(TRY(options_.open_at(prepared.start)), name, prepared.start, where_);
  }
  feed_ends_transaction_ = true;
  return {};
}

}  // namespace godwit::mysql
