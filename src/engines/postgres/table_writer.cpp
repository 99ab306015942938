#include "engines/postgres/table_writer.h"

#include <fmt/format.h>

#include <utility>

#include "base/failpoint.h"
#include "base/text.h"
#include "engines/postgres/copy_text.h"
#include "engines/postgres/errors.h"
#include "engines/postgres/parked_row.h"
#include "engines/postgres/row_insert.h"

namespace godwit::postgres {
namespace {

// libpq takes an int; larger batches go in pieces.
constexpr size_t piece_bytes_max = 64U << 20U;
constexpr std::string_view binary_header("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view binary_trailer("\377\377", 2);

constexpr std::string_view stage = "pg_temp.godwit_slice";

std::string names_of(std::span<const ColumnDef> columns) {
  std::vector<std::string> names;
  for (const ColumnDef& column : columns) names.push_back(quote_name(column.name));
  return join(names, ", ");
}

std::string copy_statement(std::string_view into, const TargetTable& table, Encoding encoding) {
  return fmt::format("COPY {} ({}) FROM STDIN{}", into, names_of(table.layout->columns),
                     encoding == Encoding::pg_copy_binary ? " (FORMAT binary)" : "");
}

std::string merge_statement(const TargetTable& table) {
  std::vector<std::string> key;
  for (const uint32_t c : table.layout->key->columns) key.push_back(quote_name(table.layout->columns[c].name));
  const std::string names = names_of(table.layout->columns);
  return fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} ON CONFLICT ({}) DO NOTHING",
                     quote_name(table.layout->ref), names, names, stage, join(key, ", "));
}

// Notes wait until they are this much.
constexpr size_t notes_bytes_max = 1U << 20U;

// A longer row goes by a statement of its own: as a line, its bytes take twice their length.
constexpr size_t line_bytes_max = 256U << 20U;

void to_lines(const TableDef& layout, const RowBatch& batch, ByteBuffer& out) {
  out.clear();
  for (size_t row = 0; row < batch.rows; ++row) {
    for (size_t c = 0; c < batch.width(); ++c) {
      if (c > 0) out.push_back('\t');
      const Cell& cell = batch.cell(row, c);
      if (cell.length < 0)
        append_copy_null(out);
      else
        append_copy_text(out, layout.columns[c], batch.bytes(cell));
    }
    out.push_back('\n');
  }
}

bool is_row_error(const Error& error) {
  return error.kind == ErrorKind::data || error.kind == ErrorKind::conflict;
}

}  // namespace

PostgresTableWriter::PostgresTableWriter(Connection& session, const ControlSchema& control, std::string task_id,
                                         TargetTable table, TableRange range, Encoding encoding, LoadMode mode)
    : session_(session),
      control_(control),
      task_id_(std::move(task_id)),
      table_(std::move(table)),
      range_(std::move(range)),
      encoding_(encoding),
      wire_(encoding == Encoding::canonical ? Encoding::pg_copy_text : encoding),
      mode_(mode),
      into_(mode.merging ? std::string(stage) : quote_name(table_.layout->ref)),
      copy_sql_(copy_statement(into_, table_, wire_)) {}

Result<std::unique_ptr<TableWriter>> PostgresTableWriter::open(Connection& session, const ControlSchema& control,
                                                               std::string_view task_id, const TargetTable& table,
                                                               const TableRange& range, Encoding encoding,
                                                               LoadMode mode) {
  std::unique_ptr<PostgresTableWriter> writer(
      new PostgresTableWriter(session, control, std::string(task_id), table, range, encoding, mode));
  if (!mode.careful && !mode.merging) TRY(writer->choose_wire());
  TRY(writer->fence());
  if (mode.merging) TRY(writer->make_stage());
  if (!mode.careful && !mode.merging) TRY(writer->start_copy(writer->copy_sql_));
  return std::unique_ptr<TableWriter>(std::move(writer));
}

Result<void> PostgresTableWriter::fence() {
  TRY(session_.run("BEGIN"));
  open_ = true;
  auto line = session_.query(fmt::format("INSERT INTO {} VALUES ($1, $2, $3, {}, 0, 0, 0, '', $4, now())",
                                         control_.table("godwit_load_slices"), range_.index),
                             {task_id_, range_.table.schema, range_.table.name, range_.storage_id});
  if (line) return {};
  const Error error = line.error();
  abandon();
  if (error.sqlstate == "23505") return Failure(errors::slice_done(range_.table, range_.index));
  return Failure(error);
}

Result<void> PostgresTableWriter::choose_wire() {
  if (encoding_ != Encoding::canonical) return {};
  tuples_ = TRY(BinaryTuples::open(session_, table_));
  if (!tuples_) return {};
  wire_ = Encoding::pg_copy_binary;
  copy_sql_ = copy_statement(into_, table_, wire_);
  return {};
}

Result<void> PostgresTableWriter::make_stage() {
  if (!table_.layout->key) return Failure(errors::no_arbiter(table_.layout->ref));
  merge_sql_ = merge_statement(table_);
  return session_.run(fmt::format("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA", stage,
                                  names_of(table_.layout->columns), quote_name(table_.layout->ref)));
}

Result<void> PostgresTableWriter::start_copy(const std::string& sql) {
  TRY(session_.query(sql));
  copying_ = true;
  return wire_ == Encoding::pg_copy_binary ? send(binary_header) : Result<void>();
}

Result<void> PostgresTableWriter::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, piece_bytes_max);
    if (PQputCopyData(session_.raw(), piece.data(), static_cast<int>(piece.size())) != 1) {
      copying_ = false;
      return Failure(session_.connection_error());
    }
    bytes.remove_prefix(piece.size());
  }
  return {};
}

Result<uint64_t> PostgresTableWriter::end_copy() {
  copying_ = false;
  if (PQputCopyEnd(session_.raw(), nullptr) != 1) return Failure(session_.connection_error());
  const Rows result(PQgetResult(session_.raw()));
  const bool ok = PQresultStatus(result.raw()) == PGRES_COMMAND_OK;
  const Error error = ok ? Error{} : session_.error_of(result.raw());
  while (PGresult* rest = PQgetResult(session_.raw())) PQclear(rest);
  if (!ok) return Failure(error);
  return result.affected();
}

Result<uint64_t> PostgresTableWriter::copy_once(const std::string& sql, std::string_view bytes) {
  TRY(start_copy(sql));
  TRY(send(bytes));
  return finish_copy();
}

// Rows into the table, by way of the stage when merging; how many were taken, those that were there included.
Result<uint64_t> PostgresTableWriter::take(std::string_view bytes) {
  const uint64_t rows = TRY(copy_once(copy_sql_, bytes));
  return mode_.merging ? merge_stage(rows) : Result<uint64_t>(rows);
}

Result<uint64_t> PostgresTableWriter::merge_stage(uint64_t rows) {
  auto merged = session_.run(merge_sql_);
  // 42P10: no unique index has these columns; 55000: it is deferrable.
  if (!merged && (merged.error().sqlstate == "42P10" || merged.error().sqlstate == "55000"))
    return Failure(errors::no_arbiter(table_.layout->ref));
  if (!merged) return Failure(merged.error());
  TRY(session_.run(fmt::format("TRUNCATE {}", stage)));
  return rows;
}

Result<void> PostgresTableWriter::write(const RowBatch& batch, RowErrors* refused) {
  if (batch.encoding != encoding_) return Failure(errors::encoding_refused(range_.table, to_string(batch.encoding)));
  const bool canonical = encoding_ == Encoding::canonical;
  if (canonical && batch.arena.size() > line_bytes_max) return write_giant(batch, refused);
  if (!mode_.careful && !mode_.merging) return canonical ? stream(batch) : send(batch.arena.view());
  if (canonical) to_lines(*table_.layout, batch, text_);
  const std::string_view bytes = canonical ? text_.view() : batch.arena.view();
  if (bytes.empty()) return {};
  if (!mode_.careful) {
    written_ += TRY(take(bytes));
    return {};
  }
  TRY(session_.run("SAVEPOINT piece"));
  auto taken = take(bytes);
  if (taken) {
    written_ += *taken;
    return session_.run("RELEASE SAVEPOINT piece");
  }
  if (!is_row_error(taken.error()) || refused == nullptr) return Failure(taken.error());
  TRY(session_.run("ROLLBACK TO SAVEPOINT piece"));
  return write_rows(bytes, *refused);
}

// Canonical rows into the COPY that runs. Once a value has no binary form, the rest of the slice goes as text.
Result<void> PostgresTableWriter::stream(const RowBatch& batch) {
  if (tuples_ && tuples_->encode(batch, text_)) return send(text_.view());
  if (tuples_) {
    written_ += TRY(finish_copy());
    tuples_.reset();
    wire_ = Encoding::pg_copy_text;
    copy_sql_ = copy_statement(into_, table_, wire_);
    TRY(start_copy(copy_sql_));
  }
  to_lines(*table_.layout, batch, text_);
  return send(text_.view());
}

Result<void> PostgresTableWriter::insert(const RowBatch& batch, size_t row) {
  if (!byte_columns_) byte_columns_ = TRY(byte_columns(session_, table_));
  TRY(insert_row(session_, into_, table_, *byte_columns_, batch, row));
  if (mode_.merging) TRY(merge_stage(1));
  ++written_;
  return {};
}

// A batch holds about a MiB, or one such row: it goes by a statement of its own.
Result<void> PostgresTableWriter::write_giant(const RowBatch& batch, RowErrors* refused) {
  const bool resume = copying_;
  if (copying_) written_ += TRY(finish_copy());
  for (size_t row = 0; row < batch.rows; ++row) {
    if (mode_.careful) TRY(session_.run("SAVEPOINT piece"));
    auto inserted = insert(batch, row);
    if (!inserted && (!mode_.careful || refused == nullptr || !is_row_error(inserted.error()))) return inserted;
    if (!inserted) {
      TRY(session_.run("ROLLBACK TO SAVEPOINT piece"));
      RowError error{inserted.error(), describe(batch, row)};
      error.parked.error =
          fmt::format("{} (slice {} of {})", words_for_exceptions(inserted.error()), range_.index, range_.of);
      error.parked.code = inserted.error().sqlstate;
      refused->push_back(std::move(error));
      ++refused_;
    }
    if (mode_.careful) TRY(session_.run("RELEASE SAVEPOINT piece"));
  }
  return resume ? start_copy(copy_sql_) : Result<void>();
}

ParkedRow PostgresTableWriter::describe(const RowBatch& batch, size_t row) const {
  const RowText text = row_text(batch, row);
  return parked_row(table_, Op::insert, nullptr, &text);
}

// Row by row, each under the savepoint, so that one bad row costs only itself.
Result<void> PostgresTableWriter::write_rows(std::string_view bytes, RowErrors& refused) {
  while (!bytes.empty()) {
    const std::string_view row = wire_ == Encoding::pg_copy_binary ? take_copy_tuple(bytes) : take_copy_line(bytes);
    if (row.empty()) return Failure(errors::bad_stream("a COPY row of unknown shape", to_string(range_.leaf)));
    auto taken = take(row);
    if (taken) {
      written_ += *taken;
      TRY(session_.run("RELEASE SAVEPOINT piece; SAVEPOINT piece"));
      continue;
    }
    if (!is_row_error(taken.error())) return Failure(taken.error());
    TRY(session_.run("ROLLBACK TO SAVEPOINT piece"));
    RowError error{taken.error(), parked_load_row(table_, row, wire_)};
    if (error.error.sqlstate == "23505") error.same_row_there = TRY(is_there(row));
    error.parked.error =
        fmt::format("{} (slice {} of {})", words_for_exceptions(taken.error()), range_.index, range_.of);
    error.parked.code = taken.error().sqlstate;
    refused.push_back(std::move(error));
    ++refused_;
  }
  return session_.run("RELEASE SAVEPOINT piece");
}

// The same without a table to put the row in: its values as literals. They are text: binary is not offered there.
Result<bool> PostgresTableWriter::is_there_by_values(std::string_view row) {
  if (row.ends_with('\n')) row.remove_suffix(1);
  const auto values = split_copy_line(row);
  const std::vector<ColumnDef>& columns = table_.layout->columns;
  std::vector<std::string> terms;
  for (size_t c = 0; c < columns.size() && c < values.size(); ++c) {
    const std::string name = quote_name(columns[c].name);
    if (!values[c])
      terms.push_back(name + " IS NULL");
    else
      terms.push_back(fmt::format("{}::text IS NOT DISTINCT FROM CAST({} AS {})::text", name,
                                  quote_literal(*values[c]), columns[c].type.native));
  }
  if (table_.layout->key)
    for (const uint32_t c : table_.layout->key->columns)
      if (values[c]) terms.push_back(fmt::format("{} = {}", quote_name(columns[c].name), quote_literal(*values[c])));
  const Rows same = TRY(session_.query(fmt::format("SELECT EXISTS (SELECT 1 FROM {} WHERE {})",
                                                   quote_name(table_.layout->ref), join(terms, " AND "))));
  return same.boolean(0, 0);
}

// Whether the row that is in the way is the very same, by the text of every column.
Result<bool> PostgresTableWriter::is_there(std::string_view row) {
  if (!session_.traits().has_temporary_tables) return is_there_by_values(row);
  std::vector<std::string> names, terms;
  for (const ColumnDef& column : table_.layout->columns) {
    const std::string name = quote_name(column.name);
    names.push_back(name);
    terms.push_back(fmt::format("t.{0}::text IS NOT DISTINCT FROM r.{0}::text", name));
  }
  if (table_.layout->key)
    for (const uint32_t c : table_.layout->key->columns) terms.push_back(fmt::format("t.{0} = r.{0}", names[c]));
  const std::string target = quote_name(table_.layout->ref);
  TRY(session_.run(
      fmt::format("CREATE TEMP TABLE godwit_row AS SELECT {} FROM {} WITH NO DATA", join(names, ", "), target)));
  const auto taken = copy_once(fmt::format("COPY pg_temp.godwit_row FROM STDIN (FORMAT {})",
                                           wire_ == Encoding::pg_copy_binary ? "binary" : "text"),
                               row);
  if (!taken) return Failure(taken.error());
  const Rows same = TRY(session_.query(
      fmt::format("SELECT EXISTS (SELECT FROM {} t JOIN pg_temp.godwit_row r ON {})", target, join(terms, " AND "))));
  TRY(session_.run("ROLLBACK TO SAVEPOINT piece"));
  return same.boolean(0, 0);
}

Result<void> PostgresTableWriter::park(std::span<const ParkedRow> rows) {
  return control_.park(session_, task_id_, rows, true);
}

Result<void> PostgresTableWriter::note(std::span<const ParkedRow> rows) {
  for (const ParkedRow& row : rows) notes_bytes_ += row.statement.size() + row.error.size();
  notes_.insert(notes_.end(), rows.begin(), rows.end());
  return notes_bytes_ < notes_bytes_max ? Result<void>() : write_notes();
}

// COPY has the session to itself: it ends, and begins again behind the notes.
Result<void> PostgresTableWriter::write_notes() {
  const bool resume = copying_;
  if (copying_) written_ += TRY(finish_copy());
  TRY(control_.note(session_, task_id_, notes_, true));
  notes_.clear();
  notes_bytes_ = 0;
  return resume ? start_copy(copy_sql_) : Result<void>();
}

Result<uint64_t> PostgresTableWriter::finish_copy() {
  if (wire_ == Encoding::pg_copy_binary) TRY(send(binary_trailer));
  return end_copy();
}

Result<void> PostgresTableWriter::finish(uint64_t rows_read, const Position& snapshot) {
  if (copying_) written_ += TRY(finish_copy());
  if (!notes_.empty()) TRY(write_notes());
  if (written_ + refused_ != rows_read)
    return Failure(errors::count_mismatch(range_.table, range_.index, rows_read, written_ + refused_));
  TRY(session_.run(
      fmt::format("UPDATE {} SET source_count = {}, target_count = {}, parked_count = {}, snapshot_position = $4 "
                  "WHERE task = $1 AND table_schema = $2 AND table_name = $3 AND slice = {}",
                  control_.table("godwit_load_slices"), rows_read, written_, refused_, range_.index),
      {task_id_, range_.table.schema, range_.table.name, snapshot.text}));
  failpoint(failpoints::slice_before_commit);
  if (PQsendQuery(session_.raw(), "COMMIT") == 0) return Failure(session_.connection_error());
  failpoint(failpoints::slice_commit_sent);
  const Rows committed(PQgetResult(session_.raw()));
  const bool ok = PQresultStatus(committed.raw()) == PGRES_COMMAND_OK &&
                  std::string_view(PQcmdStatus(committed.raw())) == "COMMIT";
  const Error error = ok ? Error{} : session_.error_of(committed.raw());
  while (PGresult* rest = PQgetResult(session_.raw())) PQclear(rest);
  open_ = session_.in_transaction();  // some servers ask for a ROLLBACK after a failed COMMIT
  if (!ok) return Failure(error);
  return {};
}

void PostgresTableWriter::abandon() {
  if (!open_ || session_.broken()) return;
  open_ = false;
  if (copying_) {
    copying_ = false;
    PQputCopyEnd(session_.raw(), "the slice was abandoned");
    while (PGresult* rest = PQgetResult(session_.raw())) PQclear(rest);
  }
  static_cast<void>(session_.run("ROLLBACK"));  // a broken session ends its transaction by itself
}

}  // namespace godwit::postgres
