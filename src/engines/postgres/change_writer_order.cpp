// The sure half of PostgresChangeWriter: changes in log order, as prepared statements sent in pipelined chunks.

#include <fmt/format.h>

#include <algorithm>

#include "engine/change_runs.h"
#include "engines/postgres/change_writer.h"
#include "engines/postgres/copy_text.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/row_insert.h"

namespace godwit::postgres {
namespace {

// A chunk's answers must fit the socket's buffer while nobody reads them; its parameters should not fill memory.
constexpr size_t chunk_statements_max = 256;
constexpr size_t chunk_bytes_max = 1U << 20U;
constexpr size_t prepared_max = 1000;
// A parameter's buffer that one giant value made larger is given back.
constexpr size_t scratch_bytes_kept = 1U << 20U;

bool is_row_error(const Error& error) {
  return error.kind == ErrorKind::data || error.kind == ErrorKind::conflict;
}

size_t change_bytes(const ChangeView& change) {
  size_t total = 0;
  for (size_t c = 0; change.after != nullptr && c < change.after->width(); ++c)
    total += static_cast<size_t>(std::max(0, change.after->cell(change.after_row, c).length));
  return total;
}

// Which columns have an equality of their own (btree or hash; one of an extension is not found without its schema),
// which have equal values that are not identical (numeric 1.0 and 1.00, interval 1 day and 24:00:00, text under some
// collations), and the type of each.
constexpr std::string_view comparison_query =
    "SELECT a.attname, EXISTS (SELECT FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod "
    "AND "
    "m.amname IN ('btree', 'hash') WHERE o.opcdefault AND o.opcnamespace = 'pg_catalog'::pg_catalog.regnamespace AND "
    "(o.opcintype = bt.oid OR (bt.typtype = 'e' AND o.opcintype = "
    "'pg_catalog.anyenum'::pg_catalog.regtype) OR (bt.typtype = 'r' AND o.opcintype = "
    "'pg_catalog.anyrange'::pg_catalog.regtype) OR (bt.oid = 'pg_catalog.varchar'::pg_catalog.regtype AND "
    "o.opcintype = "
    "'pg_catalog.text'::pg_catalog.regtype))), bt.typtype <> 'e' AND bt.oid <> ALL ('{bool,int2,int4,int8,oid,bytea,"
    "uuid,date,timestamp,timestamptz}'::pg_catalog.regtype[]), pg_catalog.format_type(a.atttypid, a.atttypmod) FROM "
    "pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid JOIN pg_catalog.pg_type bt ON bt.oid "
    "= CASE "
    "WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END WHERE a.attrelid = $1::pg_catalog.regclass AND a.attnum "
    "> 0";

// The same by the names of types, where the catalog says nothing of operators.
constexpr std::string_view plain_comparison_query =
    "SELECT a.attname, t.typname IN ('bool', 'int2', 'int4', 'int8', 'oid', 'bytea', 'uuid', 'date', 'timestamp', "
    "'timestamptz', 'numeric', 'float4', 'float8', 'text', 'varchar', 'bpchar', 'name', 'interval', 'time', "
    "'timetz', "
    "'inet', 'bit', 'varbit'), t.typname NOT IN ('bool', 'int2', 'int4', 'int8', 'oid', 'bytea', 'uuid', 'date', "
    "'timestamp', 'timestamptz'), pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a "
    "JOIN "
    "pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = $1::pg_catalog.regclass AND a.attnum > 0";

constexpr std::string_view primary_key_query =
    "SELECT a.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND "
    "a.attnum = ANY (i.indkey) WHERE i.indrelid = $1::pg_catalog.regclass AND i.indisprimary ORDER BY a.attnum";

}  // namespace

// Every table has one where rows have no other address; if nobody named one, it stands on the hidden column rowid.
Result<std::vector<std::string>> PostgresChangeWriter::primary_key_of(const TargetTable& table) {
  const Rows rows = TRY(session_.query(std::string(primary_key_query), {quote_name(table.layout->ref)}));
  std::vector<std::string> out;
  for (int row = 0; row < rows.size(); ++row) out.push_back(quote_name(rows.get(row, 0)));
  if (out.empty()) out.emplace_back("rowid");
  return out;
}

Result<RowFinder> PostgresChangeWriter::find_rows_by(const TargetTable& table) {
  RowFinder finder;
  if (table.layout->key) {
    finder.columns = table.layout->key->columns;
    return finder;
  }
  if (!session_.traits().has_row_addresses) finder.address = TRY(primary_key_of(table));
  const Rows rows =
      TRY(session_.query(std::string(session_.traits().has_full_catalog ? comparison_query : plain_comparison_query),
                         {quote_name(table.layout->ref)}));
  for (uint32_t c = 0; c < table.layout->columns.size(); ++c) {
    // Columns that rules add have no number of the source's, and no old value in the log.
    if (table.shape && table.layout->columns[c].number == 0) continue;
    finder.columns.push_back(c);
    finder.comparisons.push_back(Comparison::text);
    finder.types.push_back(table.layout->columns[c].type.native);
    for (int i = 0; i < rows.size(); ++i) {
      if (rows.get(i, 0) != table.layout->columns[c].name) continue;
      finder.types.back() = rows.text(i, 3);
      if (rows.boolean(i, 1))
        finder.comparisons.back() = rows.boolean(i, 2) ? Comparison::native_text : Comparison::native;
    }
  }
  return finder;
}

Result<PostgresChangeWriter::TableStatements*> PostgresChangeWriter::statements_of(const TargetTable& table) {
  const auto known = statements_.find(&table);
  if (known != statements_.end()) return &known->second;
  TableStatements fresh;
  fresh.finder = TRY(find_rows_by(table));
  fresh.bytes = TRY(byte_columns(session_, table));
  return &(statements_[&table] = std::move(fresh));
}

Result<std::string> PostgresChangeWriter::prepare_sql(const std::string& sql) {
  const std::string name = fmt::format("godwit_{}", ++prepared_count_);
  const Rows made(PQprepare(session_.raw(), name.c_str(), sql.c_str(), 0, nullptr));
  if (PQresultStatus(made.raw()) != PGRES_COMMAND_OK) return Failure(session_.error_of(made.raw()));
  ++prepared_now_;
  return name;
}

// Makes sure that the statement of this change is there: before the pipeline starts, so that a failure names it.
Result<void> PostgresChangeWriter::prepare(const ChangeView& change) {
  TableStatements* known = TRY(statements_of(*change.table));
  if (change.op == Op::insert && known->insert.empty())
    known->insert =
        TRY(prepare_sql(insert_statement(*change.table, ColumnMask(change.table->layout->columns.size(), true),
                                         session_.traits().has_identity_override)));
  if (change.op == Op::erase && known->erase.empty())
    known->erase = TRY(prepare_sql(erase_statement(*change.table, known->finder)));
  if (change.op != Op::update) return {};
  const ColumnMask mask = written_columns(*change.table, *change.after, change.after_row);
  if (known->updates.contains(mask) || std::ranges::find(mask, true) == mask.end()) return {};
  std::string name = TRY(prepare_sql(update_statement(*change.table, mask, known->finder)));
  known->updates[mask] = std::move(name);
  return {};
}

// Binds and sends; false for an update that writes nothing.
Result<bool> PostgresChangeWriter::send(const ChangeView& change) {
  const TableStatements& known = statements_.at(change.table);
  const size_t width = change.table->layout->columns.size();
  if (scratch_.size() < 2 * width) scratch_.resize(2 * width);
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  const auto bind = [&](uint32_t column, const Cell& cell, std::string_view bytes) {
    const bool binary = cell.length >= 0 && (known.bytes[column] || cuts_short(bytes));
    formats.push_back(binary ? 1 : 0);
    lengths.push_back(static_cast<int>(bytes.size()));
    if (binary) return values.push_back(bytes.empty() ? "" : bytes.data());
    if (cell.length < 0) return values.push_back(nullptr);
    ByteBuffer& text = scratch_[values.size()];
    text.clear();
    append_text(text, change.table->layout->columns[column], bytes);
    text.push_back('\0');
    values.push_back(text.data());
  };
  const std::string* name = change.op == Op::insert ? &known.insert : &known.erase;
  ColumnMask mask(change.op == Op::erase ? 0 : width, true);
  if (change.op == Op::update) {
    mask = written_columns(*change.table, *change.after, change.after_row);
    const auto update = known.updates.find(mask);
    if (update == known.updates.end()) return false;
    name = &update->second;
  }
  for (uint32_t c = 0; c < mask.size(); ++c) {
    if (!mask[c]) continue;
    const Cell& cell = change.after->cell(change.after_row, c);
    bind(c, cell, change.after->bytes(cell));
  }
  if (change.op != Op::insert)
    for (const uint32_t c : known.finder.columns) bind(c, change.finder(c), change.finder_bytes(c));
  if (PQsendQueryPrepared(session_.raw(), name->c_str(), static_cast<int>(values.size()), values.data(),
                          lengths.data(), formats.data(), 0) != 1)
    return Failure(session_.connection_error());
  for (ByteBuffer& text : scratch_)
    if (text.capacity() > scratch_bytes_kept) text = {};
  return true;
}

Result<size_t> PostgresChangeWriter::send_chunk(std::span<const ChangeView> changes, std::vector<bool>& sent) {
  size_t bytes = 0;
  while (sent.size() < changes.size() && bytes < chunk_bytes_max) {
    const ChangeView& change = changes[sent.size()];
    const bool one = TRY(send(change));
    sent.push_back(one);
    bytes += change_bytes(change);
  }
  if (PQpipelineSync(session_.raw()) != 1) return Failure(session_.connection_error());
  return sent.size();
}

// Reads the answers up to the sync. The first that is not one row is what the chunk stopped at.
Result<ChangeWriter::Progress> PostgresChangeWriter::collect(std::span<const ChangeView> changes,
                                                             const std::vector<bool>& sent) {
  Progress progress;
  bool stopped = false;
  for (size_t i = 0; i < sent.size(); ++i) {
    if (sent[i]) {
      const Rows result(PQgetResult(session_.raw()));
      if (result.raw() == nullptr) return Failure(session_.connection_error());
      while (PGresult* rest = PQgetResult(session_.raw())) PQclear(rest);
      const bool ok = PQresultStatus(result.raw()) == PGRES_COMMAND_OK;
      const bool may_miss = changes[i].op == Op::erase && changes[i].when_missing == WhenMissing::ignore;
      const bool done = ok && (result.affected() == 1 || (may_miss && result.affected() == 0));
      if (!stopped && !done) {
        stopped = true;
        progress.stopped_at.kind =
            ok && result.affected() == 0 ? ChangeOutcome::Kind::no_row : ChangeOutcome::Kind::refused;
        if (!ok)
          progress.stopped_at.error = session_.error_of(result.raw());
        else
          progress.stopped_at.error = errors::many_rows(result.affected());
      }
    }
    if (!stopped) ++progress.done;
  }
  const Rows sync(PQgetResult(session_.raw()));
  if (PQresultStatus(sync.raw()) != PGRES_PIPELINE_SYNC) return Failure(session_.connection_error());
  if (progress.stopped_at.kind == ChangeOutcome::Kind::refused && !is_row_error(progress.stopped_at.error))
    return Failure(progress.stopped_at.error);
  return progress;
}

Result<ChangeWriter::Progress> PostgresChangeWriter::run_chunk(std::span<const ChangeView> changes) {
  changes = changes.first(std::min(changes.size(), chunk_statements_max));
  if (prepared_now_ > prepared_max) {
    TRY(session_.run("DEALLOCATE ALL"));
    statements_.clear();
    prepared_now_ = 0;
  }
  for (const ChangeView& change : changes) TRY(prepare(change));
  TRY(session_.run("SAVEPOINT chunk"));
  if (PQenterPipelineMode(session_.raw()) != 1) return Failure(session_.connection_error());
  std::vector<bool> sent;
  auto count = send_chunk(changes, sent);
  auto progress = count ? collect(changes, sent) : Result<Progress>(Failure(count.error()));
  if (PQexitPipelineMode(session_.raw()) != 1 && progress) return Failure(session_.connection_error());
  if (!progress) return progress;
  if (progress->stopped_at.kind == ChangeOutcome::Kind::applied) {
    TRY(session_.run("RELEASE SAVEPOINT chunk"));
    return progress;
  }
  // What stood before the refused change is done again without it; it succeeded a moment ago.
  TRY(session_.run("ROLLBACK TO SAVEPOINT chunk; RELEASE SAVEPOINT chunk"));
  if (progress->done == 0) return progress;
  const Progress again = TRY(run_chunk(changes.first(progress->done)));
  return again.done == progress->done ? progress : Result<Progress>(again);
}

bool PostgresChangeWriter::lets_keys_act(const ChangeView& change) const {
  return !change.keys_off && acting_.contains(change.table->layout->ref);
}

// Where keys act: other tables have snapshots of their own, between which valid rows may break a key for a moment.
// The setting lasts no longer than its statements, so that no savepoint of the caller's has it wrong.
Result<void> PostgresChangeWriter::hush_keys() {
  if (acting_.empty()) return {};
  return session_.run("SET LOCAL session_replication_role = replica");
}

Result<void> PostgresChangeWriter::wake_keys() {
  if (acting_.empty()) return {};
  return session_.run("SET LOCAL session_replication_role = origin");
}

// Those from the front that go under one setting.
Result<ChangeWriter::Progress> PostgresChangeWriter::run_like(std::span<const ChangeView> changes) {
  if (acting_.empty()) return run_chunk(changes);
  const bool act = lets_keys_act(changes.front());
  size_t count = 1;
  while (count < changes.size() && count < chunk_statements_max && lets_keys_act(changes[count]) == act) ++count;
  if (act) return run_chunk(changes.first(count));
  TRY(hush_keys());
  const Progress progress = TRY(run_chunk(changes.first(count)));
  TRY(wake_keys());
  return progress;
}

Result<ChangeWriter::Progress> PostgresChangeWriter::apply_in_order(std::span<const ChangeView> changes) {
  return apply_runs(changes, [this](std::span<const ChangeView> left) { return run_like(left); });
}

}  // namespace godwit::postgres
