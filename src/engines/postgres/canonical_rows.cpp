#include "engines/postgres/canonical_rows.h"

#include <cstring>

#include "base/byte_reader.h"
#include "base/hex.h"
#include "engines/postgres/copy_text.h"
#include "engines/postgres/errors.h"

namespace godwit::postgres {
namespace {

// The server takes 1664 columns in a SELECT list; a message should not grow large either.
constexpr size_t values_per_query = 500;
constexpr size_t query_bytes_max = 1U << 20U;

size_t find_byte(std::string_view text, size_t from, char byte) {
  const void* at = std::memchr(text.data() + from, byte, text.size() - from);
  return at == nullptr ? text.size() : static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

bool append_field(RowBatch& batch, const ColumnDef& column, std::string_view field) {
  if (field == "\\N") {
    batch.append_null();
    return true;
  }
  const size_t start = batch.arena.size();
  constexpr std::string_view hex_mark = "\\\\x";
  if (holds_bytes(column)) {
    if (!field.starts_with(hex_mark) || !append_unhex(batch.arena, field.substr(hex_mark.size()))) return false;
  } else {
    append_unescaped(batch.arena, field);
  }
  batch.cells.push_back({static_cast<uint32_t>(start), static_cast<int32_t>(batch.arena.size() - start)});
  return true;
}

}  // namespace

bool append_line(RowBatch& batch, std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  const size_t width = batch.width(), first_cell = batch.cells.size(), first_byte = batch.arena.size();
  size_t start = 0;
  bool fits = width > 0 || line.empty();
  for (size_t c = 0; c < width && fits; ++c) {
    const size_t end = start <= line.size() ? find_byte(line, start, '\t') : line.size() + 1;
    fits = end <= line.size() && (end == line.size()) == (c + 1 == width) &&
           append_field(batch, batch.layout->columns[c], line.substr(start, end - start));
    start = end + 1;
  }
  if (fits) {
    batch.end_row();
    return true;
  }
  batch.cells.resize(first_cell);
  batch.arena.truncate(first_byte);
  return false;
}

Result<void> BinaryRows::append(RowBatch& batch, std::string_view tuple) {
  ByteReader in(tuple);
  uint16_t fields = 0;
  const auto damaged = [&] {
    return Failure(errors::bad_stream("a COPY tuple of unknown shape", to_string(batch.layout->ref)));
  };
  if (!in.u16(fields) || fields != batch.width()) return damaged();
  for (const ColumnDef& column : batch.layout->columns) {
    int32_t length = 0;
    std::string_view bytes;
    if (!in.i32(length)) return damaged();
    if (length < 0) {
      batch.append_null();
      continue;
    }
    if (!in.bytes(static_cast<size_t>(length), bytes)) return damaged();
    if (holds_bytes(column)) {
      batch.append_value(bytes);
      continue;
    }
    const size_t start = batch.arena.size();
    if (append_simple_text(batch.arena, {column.type.log_id, bytes})) {
      batch.cells.push_back({static_cast<uint32_t>(start), static_cast<int32_t>(batch.arena.size() - start)});
      continue;
    }
    waiting_.push_back({batch.cells.size(), column.type.log_id, raw_.size(), bytes.size()});
    raw_.append(bytes);
    batch.append_null();
  }
  batch.end_row();
  return waiting_.size() < values_per_query && raw_.size() < query_bytes_max ? Result<void>() : finish(batch);
}

Result<void> BinaryRows::finish(RowBatch& batch) {
  for (size_t first = 0; first < waiting_.size(); first += values_per_query) {
    const size_t count = std::min(values_per_query, waiting_.size() - first);
    std::vector<BinaryValue> values;
    for (size_t i = first; i < first + count; ++i)
      values.push_back({waiting_[i].type, raw_.view(waiting_[i].offset, waiting_[i].length)});
    const std::vector<std::string> texts = TRY(texts_of_(values));
    for (size_t i = 0; i < count; ++i) {
      Cell& cell = batch.cells[waiting_[first + i].cell];
      cell = {static_cast<uint32_t>(batch.arena.size()), static_cast<int32_t>(texts[i].size())};
      batch.arena.append(texts[i]);
    }
  }
  waiting_.clear();
  raw_.clear();
  return {};
}

}  // namespace godwit::postgres
