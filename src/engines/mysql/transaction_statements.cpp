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
      return roll_back_to(statement.savepoint, batch);
    case Kind::savepoint:
      set_savepoint(statement.savepoint);
      return {};
    case Kind::release:
      release_savepoint(statement.savepoint);
      return {};
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
    case Kind::object:
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

Result<DdlStatement> LogDecoder::ddl_of(const QueryEvent& query, const LogStatement& statement) {
  DdlStatement out{std::string(query.sql),
                   std::string(query.schema),
                   query.sql_mode.value_or(0),
                   statement,
                   txn_.steps,
                   {},
                   {},
                   {}};
  for (uint32_t t = 0; t < tables_.size(); ++t) {
    const TableDef& table = *tables_.captured(t).full;
    if (!TRY(is_wanted(t))) {
      out.settled.push_back(table.ref);
      continue;
    }
    out.followed.push_back(&table);
    if (suspended_[t]) out.in_error.push_back(table.ref);
  }
  out.follows_schema = tables_.follows_schema(statement.schema);
  return out;
}

Result<void> LogDecoder::structure(const QueryEvent& query, const LogStatement& statement, ChangeBatch& batch) {
  if (statement.opens_transaction) txn_.begun = true;
  if (txn_.alters_nothing) return txn_.begun ? Result<void>() : end_transaction(batch);
  if (!passing_ && options_.documents_of) {
    const DdlStatement ddl = TRY(ddl_of(query, statement));
    for (StructureDocument& document : options_.documents_of(ddl)) told_.push_back(std::move(document));
    if (!told_.empty()) return tell_step(batch);
  } else if (!passing_ && statement.kind != LogStatement::Kind::object) {
    std::vector<uint32_t> tables;
    if (statement.kind == LogStatement::Kind::drop_schema) tables = tables_.tables_of(statement.schema);
    for (const TableRef& name : statement.tables)
      if (const auto table = tables_.find(name.schema, name.name); table && !statement.only_if_absent)
        tables.push_back(*table);
    for (const uint32_t table : tables)
      if (TRY(is_wanted(table))) suspend(table, fmt::format("{} on the source", statement.verb), batch);
  }
  return txn_.begun ? Result<void>() : end_transaction(batch);
}

// The next change of the statement under way. What a CREATE TABLE … SELECT goes on to insert belongs to the same
// transaction, which is then told from its start.
Result<void> LogDecoder::tell_step(ChangeBatch& batch) {
  const StructureDocument document = std::move(told_.front());
  told_.pop_front();
  SchemaEvent event;
  event.before_change = static_cast<uint32_t>(batch.changes.size());
  event.at = event.before = commit_position();
  event.document = document.text;
  event.commit_us = txn_.commit_us;
  txn_.steps = document.step;
  txn_.commit = {};
  if (told_.empty() && !txn_.begun) TRY(end_transaction(batch));
  event.done = txn_.open ? commit_position() : position();
  batch.schema.push_back(std::move(event));
  waits_ = true;
  return {};
}

// --- XA ---

Result<void> LogDecoder::xa_prepare(const RawEvent& event, ChangeBatch& batch) {
  const XaPrepareEvent prepare = TRY(read_xa_prepare(event.body, where_));
  if (!txn_.open || !txn_.in_xa) return damaged("an XA PREPARE without its start");
  txn_.in_xa = false;
  txn_.told = {};  // it is told where it is committed
  prepared_.prepare(prepare.name);
  if (prepare.one_phase) return xa_commit(prepare.name, batch);
  return end_transaction(batch);
}

Result<void> LogDecoder::xa_commit(const XaName& name, ChangeBatch& batch) {
  std::optional<PreparedRows> prepared = prepared_.take(name);
  if (passing_) return end_transaction(batch);
  // Servers log the commit of what changed nothing too.
  if (!prepared && !xa_known_ && options_.tells_rows) return Failure(errors::unknown_xa(where_));
  if (!prepared) return end_transaction(batch);
  if (prepared->rows_events == 0) return end_transaction(batch);
  // In one phase it stands in the payload of its rows, and ends it: the feed of the rows takes the payload's place.
  if (feed_ != nullptr && TRY(feed_->next())) return damaged("a payload that goes on behind its XA COMMIT");
  committing_ = prepared->start;  // the position before it still needs what was prepared
  txn_.begun = true;
  txn_.undone_prepared = prepared->undone;
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
