#include "engines/mysql/table_reader.h"

#include <charconv>

#include "base/text.h"
#include "engines/mysql/binlog_values.h"
#include "engines/mysql/source_errors.h"

namespace godwit::mysql {
namespace {

constexpr size_t batch_bytes = 1U << 20U;
constexpr size_t rows_between_looks = 256;
constexpr int32_t single_bits = 24;

Error stopped() {
  return {ErrorKind::stopped, "stopped", "the read was stopped", ""};
}

bool append_real4(std::string_view sent, RowBatch& batch) {
  double value = 0;
  const auto [end, error] = std::from_chars(sent.data(), sent.data() + sent.size(), value);
  if (error == std::errc::invalid_argument || end != sent.data() + sent.size()) return false;
  const size_t start = batch.arena.size();
  append_real(batch.arena, static_cast<float>(value));
  batch.cells.push_back({static_cast<uint32_t>(start), static_cast<int32_t>(batch.arena.size() - start)});
  return true;
}

// The server sends the bytes of the number, the highest first.
bool append_bits(std::string_view sent, uint32_t bits, RowBatch& batch) {
  if (sent.size() * 8 < bits) return false;
  char* out = batch.arena.tail(bits);
  for (uint32_t i = 0; i < bits; ++i) {
    const uint32_t from_end = bits - 1 - i;
    const auto byte = static_cast<uint8_t>(sent[sent.size() - 1 - from_end / 8]);
    out[i] = (byte >> (from_end % 8) & 1U) != 0 ? '1' : '0';
  }
  batch.cells.push_back({static_cast<uint32_t>(batch.arena.size()), static_cast<int32_t>(bits)});
  batch.arena.advance(bits);
  return true;
}

}  // namespace

CellForm cell_form(const Type& type) {
  switch (type.form) {
    case ValueForm::real:
      return {type.precision == single_bits ? CellText::real4 : CellText::as_sent};
    case ValueForm::boolean:
      return {CellText::boolean};
    case ValueForm::bits:
      return {CellText::bits, static_cast<uint32_t>(type.length.value_or(1))};
    case ValueForm::datetime_tz:
      return {CellText::zoned};
    default:
      return {};
  }
}

bool append_cell(const CellForm& form, std::string_view sent, RowBatch& batch) {
  switch (form.text) {
    case CellText::as_sent:
      batch.append_value(sent);
      return true;
    case CellText::real4:
      return append_real4(sent, batch);
    case CellText::boolean:
      if (sent.empty()) return false;
      batch.append_value(sent.back() == '\0' ? "f" : "t");
      return true;
    case CellText::bits:
      return append_bits(sent, form.bits, batch);
    case CellText::zoned:
      batch.append_value(sent);
      batch.arena.append("+00");
      batch.cells.back().length += 3;
      return true;
  }
  return false;
}

std::string select_list(const TableDef& layout, std::string_view prefix) {
  std::vector<std::string> out;
  for (const ColumnDef& column : layout.columns) {
    const std::string name = std::string(prefix) + quote_name(column.name);
    out.push_back(cell_form(column.type).text == CellText::real4 ? name + " * 1e0" : name);
  }
  return join(out, ", ");
}

MysqlTableReader::MysqlTableReader(Connection& connection, std::vector<std::string> statements, TableRef table,
                                   std::shared_ptr<const TableDef> layout)
    : connection_(connection),
      statements_(std::move(statements)),
      table_(std::move(table)),
      layout_(std::move(layout)) {
  for (const ColumnDef& column : layout_->columns) forms_.push_back(cell_form(column.type));
}

Result<std::unique_ptr<TableReader>> MysqlTableReader::open(Connection& connection,
                                                            std::vector<std::string> statements, TableRef table,
                                                            std::shared_ptr<const TableDef> layout) {
  std::unique_ptr<MysqlTableReader> reader(
      new MysqlTableReader(connection, std::move(statements), std::move(table), std::move(layout)));
  if (!reader->statements_.empty()) TRY(reader->start_next());
  return reader;
}

MysqlTableReader::~MysqlTableReader() {
  if (!streaming_ || connection_.broken()) return;
  // Freeing an unread result reads it to its end.
  connection_.interrupt();
  connection_.end_stream();
  // The kill may have come after the last row; then it ends this.
  (void)connection_.run("DO 0");
}

// Others put the table away between the snapshot and now: the snapshot cannot show its rows.
Error MysqlTableReader::explain(Error error) const {
  if (error.code == "mysql.1412" || error.code == "mysql.1146" || error.code == "mysql.1054")
    return errors::rewritten(table_);
  return error;
}

Result<void> MysqlTableReader::start_next() {
  auto width = connection_.stream(statements_[next_++]);
  if (!width) return Failure(explain(width.error()));
  streaming_ = true;
  return {};
}

Result<void> MysqlTableReader::take(MYSQL_ROW cells, const unsigned long* lengths, RowBatch& batch) const {
  for (size_t c = 0; c < forms_.size(); ++c) {
    if (cells[c] == nullptr)
      batch.append_null();
    else if (!append_cell(forms_[c], {cells[c], lengths[c]}, batch))
      return Failure(errors::bad_cell(table_, layout_->columns[c].name, "a value that is none of its type"));
  }
  batch.end_row();
  return {};
}

Result<bool> MysqlTableReader::read(RowBatch& batch, std::stop_token stop) {
  batch.clear();
  batch.layout = layout_;
  batch.encoding = Encoding::canonical;
  MYSQL_ROW cells = nullptr;
  const unsigned long* lengths = nullptr;
  while (streaming_ && batch.arena.size() < batch_bytes) {
    if (batch.rows % rows_between_looks == 0 && stop.stop_requested()) return Failure(stopped());
    auto more = connection_.next_row(cells, lengths);
    if (!more) {
      streaming_ = false;
      return Failure(explain(more.error()));
    }
    if (*more) {
      TRY(take(cells, lengths, batch));
      continue;
    }
    streaming_ = false;
    if (next_ < statements_.size()) TRY(start_next());
  }
  rows_ += batch.rows;
  return batch.rows > 0;
}

}  // namespace godwit::mysql
