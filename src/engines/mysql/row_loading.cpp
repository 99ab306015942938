#include "engines/mysql/row_loading.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "engines/mysql/errors.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

constexpr uint64_t long_row_bytes = 1U << 20U;
constexpr size_t warnings_max = 65535;

struct MemoryFile : Connection::InfileSource {
  explicit MemoryFile(std::string_view bytes) : left(bytes) {}
  Result<size_t> next(char* buffer, size_t capacity) override {
    const size_t count = std::min(left.size(), capacity);
    std::memcpy(buffer, left.data(), count);
    left.remove_prefix(count);
    return count;
  }
  std::string_view left;
};

}  // namespace

bool is_row_error(const Error& error) {
  return error.kind == ErrorKind::data || error.kind == ErrorKind::conflict;
}

Error of_row(Error error) {
  constexpr std::string_view row_too_large = "mysql.1118";
  if (error.code == row_too_large) error.kind = ErrorKind::data;
  return error;
}

RowLoading::RowLoading(Connection& session, std::string into, std::vector<TargetColumn> columns,
                       uint64_t packet_bytes)
    : session_(session),
      into_(std::move(into)),
      columns_(std::move(columns)),
      packet_bytes_(packet_bytes),
      loads_long_fields_(session.traits().mariadb) {
  load_sql_ = load_statement(into_, columns_);
  std::vector<std::string> names;
  for (const TargetColumn& column : columns_) names.push_back(column.name);
  insert_head_ = fmt::format("INSERT INTO {} ({}) VALUES ", into_, join(names, ", "));
}

void RowLoading::append_line(ByteBuffer& out, const RowBatch& batch, size_t row) const {
  for (size_t c = 0; c < columns_.size(); ++c) {
    if (c > 0) out.push_back('\t');
    const Cell& cell = batch.cell(row, c);
    if (cell.length < 0)
      append_null_field(out);
    else
      append_field(out, columns_[c], batch.bytes(cell));
  }
  out.push_back('\n');
}

bool RowLoading::is_better_inserted(const RowBatch& batch, size_t row) const {
  if (loads_long_fields_) return false;
  uint64_t bytes = 0;
  for (size_t c = 0; c < columns_.size(); ++c) bytes += static_cast<uint64_t>(std::max(0, batch.cell(row, c).length));
  constexpr uint64_t characters_at_most = 2;  // of an escaped byte
  return bytes >= long_row_bytes && bytes * characters_at_most + long_row_bytes < packet_bytes_;
}

Result<void> RowLoading::load(std::string_view lines, uint64_t rows) {
  MemoryFile file(lines);
  const auto done = session_.load(load_sql_, file);
  if (!done) return Failure(of_row(done.error()));
  if (done->warnings == 0 && done->affected == rows) [[likely]]
    return {};
  return look_at_warnings(*done, rows);
}

// Notes (digits of a decimal or fraction that the column has no place for, trailing blanks) are what a plain INSERT
// does too.
Result<void> RowLoading::look_at_warnings(const Done& done, uint64_t rows) {
  const Rows warnings = TRY(session_.query("SHOW WARNINGS"));
  for (size_t row = 0; row < warnings.size(); ++row) {
    if (warnings.get(row, 0) == "Note") continue;
    Error error = errors::server_said(warnings.get(row, 2), "", static_cast<unsigned>(warnings.integer(row, 1)));
    if (!is_row_error(error)) error.kind = ErrorKind::data;
    return Failure(std::move(error));
  }
  // Behind as many notes as the server keeps, and its packet counts, there may be more than notes.
  const bool all_seen = warnings.size() >= done.warnings && warnings.size() < warnings_max;
  if (done.affected != rows || !all_seen) return Failure(errors::rows_lost(into_, rows, done.affected));
  return {};
}

void RowLoading::append_tuple(ByteBuffer& out, const RowBatch& batch, size_t row) const {
  for (size_t c = 0; c < columns_.size(); ++c) {
    out.push_back(c == 0 ? '(' : ',');
    const Cell& cell = batch.cell(row, c);
    if (cell.length < 0)
      out.append("NULL", 4);
    else
      append_literal(out, columns_[c], batch.bytes(cell));
  }
  out.push_back(')');
}

Result<void> RowLoading::insert(const RowBatch& batch, size_t first, size_t count) {
  text_.clear();
  text_.append(insert_head_);
  for (size_t row = first; row < first + count; ++row) {
    if (row > first) text_.push_back(',');
    append_tuple(text_, batch, row);
  }
  if (text_.size() + 1 >= packet_bytes_) return Failure(errors::packet_too_large(text_.size(), packet_bytes_));
  const auto done = session_.run(std::string(text_.view()));
  if (!done) return Failure(of_row(done.error()));
  if (done->affected != count) return Failure(errors::rows_lost(into_, count, done->affected));
  return {};
}

size_t RowLoading::lacking_labels(const RowBatch& batch, size_t row) const {
  size_t cells = 0;
  for (size_t c = 0; c < columns_.size(); ++c)
    cells += columns_[c].may_lack_label && batch.cell(row, c).length == 0 ? 1U : 0U;
  return cells;
}

// IGNORE makes warnings of whatever is wrong: what is not a missing label takes the row back.
Result<bool> RowLoading::run_without_labels(std::string statement, size_t cells, uint64_t& affected) {
  constexpr size_t behind_verb = std::string_view("INSERT").size();  // UPDATE is as long
  constexpr int64_t data_truncated = 1265;
  statement.insert(behind_verb, " IGNORE");
  TRY(session_.run("SAVEPOINT label"));
  const auto done = session_.run(statement);
  if (!done && !is_row_error(done.error())) return Failure(done.error());
  size_t lost = 0;
  bool fits = done.has_value();
  if (done) {
    affected = done->affected;
    const Rows warnings = TRY(session_.query("SHOW WARNINGS"));
    for (size_t row = 0; row < warnings.size(); ++row) {
      if (warnings.get(row, 0) == "Note") continue;
      const std::string_view said = warnings.get(row, 2);
      fits &= warnings.integer(row, 1) == data_truncated &&
              std::ranges::any_of(columns_, [&](const TargetColumn& column) {
                const std::string bare = column.name.substr(1, column.name.size() - 2);
                return column.may_lack_label && (said.contains("'" + bare + "'") || said.contains(column.name));
              });
      ++lost;
    }
  }
  fits &= lost == cells;
  if (!fits) TRY(session_.run("ROLLBACK TO SAVEPOINT label"));
  TRY(session_.run("RELEASE SAVEPOINT label"));
  return fits;
}

std::string RowLoading::exact_match(const RowBatch& batch, size_t row, std::span<const uint32_t> which) const {
  ByteBuffer out;
  const auto add = [&](uint32_t c) {
    const Cell& cell = batch.cell(row, c);
    if (cell.length == Cell::unchanged) return;
    if (!out.empty()) out.append(" AND ", 5);
    append_exact_match(out, columns_[c],
                       cell.length < 0 ? std::nullopt : std::optional<std::string_view>(batch.bytes(cell)));
  };
  if (!which.empty())
    for (const uint32_t c : which) add(c);
  else
    for (uint32_t c = 0; c < columns_.size(); ++c) add(c);
  return std::string(out.view());
}

}  // namespace godwit::mysql
