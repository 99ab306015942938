#include "engines/mysql/table_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "base/text.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/parked_row.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

// A LOAD DATA of this much keeps the server busy far longer than the statement around it.
constexpr size_t gathered_bytes_max = 4U << 20U;
// A buffer that one giant row made larger is given back.
constexpr size_t gathered_bytes_kept = 16U << 20U;
constexpr size_t rows_per_insert = 500, keys_per_query = 200;

constexpr std::string_view label_code = "mysql.1265";

}  // namespace

MysqlTableWriter::MysqlTableWriter(Connection& session, const ControlSchema& control, std::string task_id,
                                   TargetTable table, TableRange range, LoadMode mode, RowLoading loading)
    : session_(session),
      control_(control),
      task_id_(std::move(task_id)),
      table_(std::move(table)),
      range_(std::move(range)),
      mode_(mode),
      loading_(std::move(loading)) {}

Result<std::unique_ptr<TableWriter>> MysqlTableWriter::open(Connection& session, const ControlSchema& control,
                                                            std::string_view task_id, const TargetTable& table,
                                                            const TableRange& range, LoadMode mode,
                                                            uint64_t packet_bytes) {
  std::vector<TargetColumn> columns = TRY(read_target_columns(session, table));
  if (mode.merging) {
    const bool unique = table.layout->key && !TRY(unique_index_of(session, *table.layout, table.layout->key->columns))
    .empty();
    if (!unique) return Failure(errors::no_arbiter(table.layout->ref));
  }
  std::unique_ptr<MysqlTableWriter> writer(
      new MysqlTableWriter(session, control, std::string(task_id), table, range, mode,
                           RowLoading(session, quote_name(table.layout->ref), std::move(columns), packet_bytes)));
  TRY(writer->fence());
  return std::unique_ptr<TableWriter>(std::move(writer));
}

Result<void> MysqlTableWriter::fence() {
  open_ = true;  // should the statement be interrupted, there is a transaction to roll back
  TRY(session_.run("START TRANSACTION"));
  auto line = session_.run(
      fmt::format("INSERT INTO {} (task, table_schema, table_name, slice, source_count, target_count, parked_count, "
                  "snapshot_position, storage_id, loaded_at) VALUES ({}, {}, {}, {}, 0, 0, 0, '', {}, '{}')",
                  control_.table("godwit_load_slices"), quote_literal(task_id_), quote_literal(range_.table.schema),
                  quote_literal(range_.table.name), range_.index, quote_literal(range_.storage_id), now_utc()));
  if (line) return {};
  const Error error = line.error();
  abandon();
  if (error.kind == ErrorKind::conflict) return Failure(errors::slice_done(range_.table, range_.index));
  return Failure(error);
}

Result<void> MysqlTableWriter::write(const RowBatch& batch, RowErrors* refused) {
  if (batch.encoding != Encoding::canonical)
    return Failure(errors::encoding_refused(range_.table, to_string(batch.encoding)));
  if (batch.rows == 0) return {};
  if (mode_.merging) return merge(batch, refused);
  if (mode_.careful) return write_carefully(batch, refused);
  for (size_t row = 0; row < batch.rows; ++row) {
    if (loading_.is_better_inserted(batch, row)) {
      TRY(loading_.insert(batch, row, 1));
      ++written_;
      continue;
    }
    loading_.append_line(lines_, batch, row);
    ++gathered_;
  }
  return lines_.size() < gathered_bytes_max ? Result<void>() : flush();
}

Result<void> MysqlTableWriter::flush() {
  if (gathered_ == 0) return {};
  TRY(loading_.load(lines_.view(), gathered_));
  written_ += std::exchange(gathered_, 0);
  lines_.clear();
  if (lines_.capacity() > gathered_bytes_kept) lines_ = {};
  return {};
}

Result<void> MysqlTableWriter::write_carefully(const RowBatch& batch, RowErrors* refused) {
  for (size_t row = 0; row < batch.rows; ++row)
    if (loading_.is_better_inserted(batch, row)) return insert_rows(batch, 0, batch.rows, refused);
  lines_.clear();
  for (size_t row = 0; row < batch.rows; ++row) loading_.append_line(lines_, batch, row);
  TRY(session_.run("SAVEPOINT piece"));
  auto loaded = loading_.load(lines_.view(), batch.rows);
  lines_.clear();
  if (loaded) {
    written_ += batch.rows;
    TRY(session_.run("RELEASE SAVEPOINT piece"));
    return {};
  }
  if (!is_row_error(loaded.error()) || refused == nullptr) return loaded;
  TRY(session_.run("ROLLBACK TO SAVEPOINT piece"));
  TRY(session_.run("RELEASE SAVEPOINT piece"));
  for (size_t first = 0; first < batch.rows; first += rows_per_insert)
    TRY(insert_rows(batch, first, std::min(rows_per_insert, batch.rows - first), refused));
  return {};
}

// A statement that fails leaves nothing behind: the halves are tried by themselves, down to the row.
Result<void> MysqlTableWriter::insert_rows(const RowBatch& batch, size_t first, size_t count, RowErrors* refused) {
  if (count == 1) return insert_row(batch, first, refused);
  auto inserted = loading_.insert(batch, first, count);
  if (inserted) {
    written_ += count;
    return {};
  }
  if (!is_row_error(inserted.error())) return inserted;
  TRY(insert_rows(batch, first, count / 2, refused));
  return insert_rows(batch, first + count / 2, count - count / 2, refused);
}

Result<void> MysqlTableWriter::insert_row(const RowBatch& batch, size_t row, RowErrors* refused) {
  auto inserted = loading_.insert(batch, row, 1);
  if (!inserted && inserted.error().code == "mysql.packet") inserted = load_row(batch, row);
  if (!inserted && inserted.error().code == label_code)
    inserted = insert_without_labels(batch, row, inserted.error());
  if (inserted) {
    ++written_;
    return {};
  }
  if (!is_row_error(inserted.error())) return inserted;
  const bool collides = inserted.error().kind == ErrorKind::conflict;
  if (mode_.merging && collides) {
    const bool passed_over = TRY(is_there(batch, row, table_.layout->key->columns));
    if (passed_over) {
      ++written_;
      return {};
    }
  }
  if (refused == nullptr) return inserted;
  RowError error{inserted.error(), describe(batch, row)};
  if (collides) error.same_row_there = TRY(is_there(batch, row, {}));
  error.parked.error =
      fmt::format("{} (slice {} of {})", words_for_exceptions(inserted.error()), range_.index, range_.of);
  error.parked.code = inserted.error().sqlstate.empty() ? inserted.error().code : inserted.error().sqlstate;
  refused->push_back(std::move(error));
  ++refused_;
  return {};
}

// `why`: what became of it before.
Result<void> MysqlTableWriter::insert_without_labels(const RowBatch& batch, size_t row, const Error& why) {
  const size_t cells = loading_.lacking_labels(batch, row);
  if (cells == 0) return Failure(why);
  ByteBuffer sql;
  sql.append(loading_.insert_head());
  loading_.append_tuple(sql, batch, row);
  uint64_t affected = 0;
  const bool taken = TRY(loading_.run_without_labels(std::string(sql.view()), cells, affected));
  return taken && affected == 1 ? Result<void>() : Failure(why);
}

// A row that no statement has room for may still come as a line.
Result<void> MysqlTableWriter::load_row(const RowBatch& batch, size_t row) {
  lines_.clear();
  loading_.append_line(lines_, batch, row);
  TRY(session_.run("SAVEPOINT giant"));
  auto loaded = loading_.load(lines_.view(), 1);
  lines_ = {};
  if (!loaded && !is_row_error(loaded.error())) return loaded;
  if (!loaded) TRY(session_.run("ROLLBACK TO SAVEPOINT giant"));
  TRY(session_.run("RELEASE SAVEPOINT giant"));
  return loaded;
}

// Whether a row is there that is the same in these columns, or in all.
Result<bool> MysqlTableWriter::is_there(const RowBatch& batch, size_t row, std::span<const uint32_t> columns) {
  const std::string sql = fmt::format("SELECT 1 FROM {} WHERE {} LIMIT 1 LOCK IN SHARE MODE",
                                      quote_name(table_.layout->ref), loading_.exact_match(batch, row, columns));
  if (sql.size() + 1 >= loading_.packet_bytes()) return false;
  const Rows rows = TRY(session_.query(sql));
  return !rows.empty();
}

Result<std::vector<bool>> MysqlTableWriter::keys_there(const RowBatch& batch, size_t first, size_t count) {
  std::string sql;
  for (size_t i = 0; i < count; ++i)
    sql += fmt::format("{}(SELECT {} FROM {} WHERE {} LOCK IN SHARE MODE)", i == 0 ? "" : " UNION ALL ", i,
                       quote_name(table_.layout->ref),
                       loading_.exact_match(batch, first + i, table_.layout->key->columns));
  const auto rows = session_.query(sql);
  std::vector<bool> out(count, false);
  // A key that the server cannot even compare with is not there; the row itself will be refused.
  if (!rows && is_row_error(rows.error()) && count == 1) return out;
  if (!rows && is_row_error(rows.error())) {
    for (size_t i = 0; i < count; ++i) out[i] = TRY(keys_there(batch, first + i, 1))
    .front();
    return out;
  }
  if (!rows) return Failure(rows.error());
  for (size_t row = 0; row < rows->size(); ++row) out[static_cast<size_t>(rows->integer(row, 0))] = true;
  return out;
}

Result<void> MysqlTableWriter::merge(const RowBatch& batch, RowErrors* refused) {
  for (const uint32_t c : table_.layout->key->columns)
    for (size_t row = 0; row < batch.rows; ++row)
      if (const Cell& cell = batch.cell(row, c);
          cell.length > 0 && !keeps_whole(loading_.columns()[c], batch.bytes(cell)))
        return Failure(errors::no_arbiter(table_.layout->ref));
  for (size_t first = 0; first < batch.rows; first += keys_per_query) {
    const size_t count = std::min(keys_per_query, batch.rows - first);
    const std::vector<bool> there = TRY(keys_there(batch, first, count));
    for (size_t i = 0; i < count;) {
      size_t end = i;
      while (end < count && there[end] == there[i]) ++end;
      if (there[i])
        written_ += end - i;
      else
        TRY(insert_rows(batch, first + i, end - i, mode_.careful ? refused : nullptr));
      i = end;
    }
  }
  return {};
}

ParkedRow MysqlTableWriter::describe(const RowBatch& batch, size_t row) const {
  const RowText text = row_text(batch, row);
  return parked_row(table_, Op::insert, nullptr, &text);
}

Result<void> MysqlTableWriter::park(std::span<const ParkedRow> rows) {
  return control_.park(session_, task_id_, rows, true, loading_.packet_bytes());
}

Result<void> MysqlTableWriter::note(std::span<const ParkedRow> rows) {
  return control_.note(session_, task_id_, rows, true, loading_.packet_bytes());
}

Result<void> MysqlTableWriter::finish(uint64_t rows_read, const Position& snapshot) {
  TRY(flush());
  if (written_ + refused_ != rows_read)
    return Failure(errors::count_mismatch(range_.table, range_.index, rows_read, written_ + refused_));
  const Done line = TRY(session_.run(fmt::format(
      "UPDATE {} SET source_count = {}, target_count = {}, parked_count = {}, snapshot_position = {} WHERE task = {} "
      "AND table_schema = {} AND table_name = {} AND slice = {}",
      control_.table("godwit_load_slices"), rows_read, written_, refused_, quote_literal(snapshot.text),
      quote_literal(task_id_), quote_literal(range_.table.schema), quote_literal(range_.table.name), range_.index)));
  // The server rolls a whole transaction back where it finds a deadlock, and goes on without one.
  if (line.affected != 1) return Failure(errors::slice_lost(range_.table, range_.index));
  failpoint(failpoints::slice_before_commit);
  TRY(session_.send("COMMIT"));
  failpoint(failpoints::slice_commit_sent);
  TRY(session_.receive());
  open_ = false;
  return {};
}

void MysqlTableWriter::abandon() {
  if (!open_ || session_.broken()) return;
  open_ = false;
  static_cast<void>(session_.run("ROLLBACK"));
}

Result<std::string> unique_index_of(Connection& session, const TableDef& layout, std::span<const uint32_t> columns) {
  const Rows rows = TRY(session.query(fmt::format(
      "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {} AND "
      "TABLE_NAME = {} AND NON_UNIQUE = 0 ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX",
      quote_literal(layout.ref.schema), quote_literal(layout.ref.name))));
  std::vector<std::string> wanted;
  for (const uint32_t c : columns) wanted.push_back(lower_utf8(layout.columns[c].name));
  std::ranges::sort(wanted);
  for (size_t row = 0; row < rows.size();) {
    const std::string index = rows.text(row, 0);
    std::vector<std::string> has;
    bool whole = true;
    for (; row < rows.size() && rows.get(row, 0) == index; ++row) {
      has.push_back(lower_utf8(rows.get(row, 1)));
      whole &= rows.is_null(row, 2);
    }
    std::ranges::sort(has);
    if (whole && has == wanted) return index;
  }
  return std::string();
}

}  // namespace godwit::mysql
