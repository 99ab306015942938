#include "engines/mysql/parked_row.h"

#include <fmt/format.h>

#include "base/hex.h"
#include "base/text.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {
namespace {

constexpr size_t value_bytes_max = 16U << 20U;

bool holds_bytes(const ColumnDef& column) {
  return is_binary(column.type.type_class) || column.type.form == ValueForm::bytes ||
         column.type.form == ValueForm::geometry;
}

bool is_hex_text(const ColumnDef& column, std::string_view text) {
  return holds_bytes(column) && text.starts_with("0x");
}

// How long the character at the front is; 0: it is none.
size_t character_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t length = byte(0) < 0x80   ? 1
                        : byte(0) < 0xC2 ? 0
                        : byte(0) < 0xE0 ? 2
                        : byte(0) < 0xF0 ? 3
                        : byte(0) < 0xF5 ? 4
                                         : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  const bool overlong = (byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xF0 && byte(1) < 0x90);
  const bool outside = (byte(0) == 0xED && byte(1) > 0x9F) || (byte(0) == 0xF4 && byte(1) > 0x8F);
  return overlong || outside ? 0 : length;
}

std::string literal(const ColumnDef& column, const std::optional<std::string>& value) {
  if (!value) return "NULL";
  const bool cut = value->size() > parked_literal_bytes_max;
  const std::string text = cut ? plain_text(*value, parked_literal_bytes_max) : *value;
  const std::string sql = !is_hex_text(column, text) ? quote_literal(text) : text.size() == 2 ? "''" : text;
  return cut ? fmt::format("{} /* cut: {} bytes in all */", sql, value->size()) : sql;
}

std::string value_text(const ColumnDef& column, std::string_view value) {
  const bool cut = value.size() > value_bytes_max;
  const std::string_view kept = cut ? value.substr(0, parked_literal_bytes_max) : value;
  std::string out;
  if (holds_bytes(column)) {
    ByteBuffer hex;
    append_hex(hex, kept);
    out = "0x" + std::string(hex.view());
  } else {
    out = kept;
  }
  if (cut) out += fmt::format(" (cut: {} bytes in all)", value.size());
  return out;
}

std::string json_value(std::string_view text) {
  return plain_text(text, text.size());
}

constexpr ParkedDialect parked = {.quote_name = [](std::string_view name) { return quote_name(name); },
                                  .quote_table = [](const TableRef& table) { return quote_name(table); },
                                  .value = value_text,
                                  .literal = literal,
                                  .printable = plain_text,
                                  .json_value = json_value};

}  // namespace

std::string plain_text(std::string_view text, size_t bytes_max) {
  std::string out;
  while (!text.empty() && out.size() < bytes_max) {
    const size_t length = character_bytes(text);
    if (out.size() + std::max<size_t>(length, 1) > bytes_max) break;
    if (length > 0)
      out.append(text.substr(0, length));
    else
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(text[0]));
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

std::string cut_text(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) {
    std::string whole = plain_text(text, std::string::npos);
    if (whole.size() <= bytes_max) return whole;
  }
  const std::string mark = fmt::format(" (cut: {} bytes in all)", text.size());
  return plain_text(text, bytes_max - std::min(mark.size(), bytes_max)) + mark;
}

RowText row_text(const RowBatch& batch, size_t row) {
  return godwit::row_text(batch, row, parked);
}

ParkedRow parked_row(const TargetTable& table, Op op, const RowText* before, const RowText* after) {
  return godwit::parked_row(table, op, before, after, parked);
}

ParkedRow parked_row(const ChangeView& change) {
  return godwit::parked_row(change, parked);
}

}  // namespace godwit::mysql
