#include "engines/postgres/parked_row.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "base/hex.h"
#include "base/text.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/copy_text.h"

namespace godwit::postgres {
namespace {

// The exception tables' own values must stay below the gigabyte that a server can take.
constexpr size_t value_bytes_max = 64U << 20U;

// The first `bytes_max` bytes or fewer: a UTF-8 character is not split, the server would refuse the half.
std::string_view cut_text(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

// The exception tables hold no NUL characters; the row's JSON tells them.
std::string with_blanks_for_nul(std::string_view text) {
  std::string out(text);
  std::ranges::replace(out, '\0', ' ');
  return out;
}

std::string literal(const ColumnDef&, const std::optional<std::string>& value) {
  if (!value) return "NULL";
  if (value->size() <= parked_literal_bytes_max) return quote_literal(with_blanks_for_nul(*value));
  return quote_literal(with_blanks_for_nul(cut_text(*value, parked_literal_bytes_max))) +
         fmt::format(" /* cut: {} bytes in all */", value->size());
}

std::string value_text(const ColumnDef& column, std::string_view value) {
  const bool cut = value.size() > value_bytes_max;
  ByteBuffer text;
  if (!cut)
    append_text(text, column, value);
  else
    append_text(
        text, column,
        holds_bytes(column) ? value.substr(0, parked_literal_bytes_max) : cut_text(value, parked_literal_bytes_max));
  std::string out(text.view());
  if (cut) out += fmt::format(" (cut: {} bytes in all)", value.size());
  return out;
}

RowText binary_row(std::string_view tuple) {
  RowText out;
  ByteReader in(tuple);
  uint16_t fields = 0;
  in.u16(fields);
  for (uint16_t i = 0; i < fields; ++i) {
    int32_t length = 0;
    std::string_view value;
    if (!in.i32(length)) break;
    if (length < 0 || !in.bytes(static_cast<size_t>(length), value)) {
      out.emplace_back(std::optional<std::string>());
      continue;
    }
    ByteBuffer hex;
    hex.append("\\x", 2);
    append_hex(hex, value.substr(0, parked_literal_bytes_max));
    out.emplace_back(std::optional<std::string>(hex.view()));
  }
  return out;
}

std::string printable(std::string_view text, size_t bytes_max) {
  return std::string(cut_text(with_blanks_for_nul(text), bytes_max));
}

constexpr ParkedDialect parked = {.quote_name = [](std::string_view name) { return quote_name(name); },
                                  .quote_table = [](const TableRef& table) { return quote_name(table); },
                                  .value = value_text,
                                  .literal = literal,
                                  .printable = printable,
                                  .json_value = [](std::string_view text) { return std::string(text); }};

}  // namespace

RowText row_text(const RowBatch& batch, size_t row) {
  return godwit::row_text(batch, row, parked);
}

ParkedRow parked_row(const TargetTable& table, Op op, const RowText* before, const RowText* after) {
  return godwit::parked_row(table, op, before, after, parked);
}

ParkedRow parked_row(const ChangeView& change) {
  return godwit::parked_row(change, parked);
}

ParkedRow parked_load_row(const TargetTable& table, std::string_view row, Encoding encoding) {
  RowText text;
  if (encoding == Encoding::pg_copy_binary) {
    text = binary_row(row);
  } else {
    if (row.ends_with('\n')) row.remove_suffix(1);
    for (auto& value : split_copy_line(row)) text.emplace_back(std::move(value));
  }
  text.resize(table.layout->columns.size());
  return parked_row(table, Op::insert, nullptr, &text);
}

}  // namespace godwit::postgres
