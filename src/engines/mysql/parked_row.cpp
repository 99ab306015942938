#include "engines/mysql/parked_row.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/text.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {
namespace {

constexpr size_t literal_bytes_max = 4096;
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
  const bool cut = value->size() > literal_bytes_max;
  const std::string text = cut ? plain_text(*value, literal_bytes_max) : *value;
  const std::string sql = !is_hex_text(column, text) ? quote_literal(text) : text.size() == 2 ? "''" : text;
  return cut ? fmt::format("{} /* cut: {} bytes in all */", sql, value->size()) : sql;
}

std::string insert_text(const TargetTable& table, const RowText& row) {
  std::vector<std::string> names, values;
  for (size_t c = 0; c < row.size(); ++c) {
    if (!row[c]) continue;
    names.push_back(quote_name(table.layout->columns[c].name));
    values.push_back(literal(table.layout->columns[c], *row[c]));
  }
  return fmt::format("INSERT INTO {} ( {} )  VALUES ({})", quote_name(table.layout->ref), join(names, ","),
                     join(values, ","));
}

// The columns that find the row: the key's, or all that the log carries.
std::vector<uint32_t> finding_columns(const TargetTable& table, const RowText& row) {
  if (table.layout->key) return table.layout->key->columns;
  std::vector<uint32_t> out;
  for (uint32_t c = 0; c < row.size(); ++c)
    if (row[c]) out.push_back(c);
  return out;
}

std::string where_text(const TargetTable& table, const RowText& row) {
  std::vector<std::string> terms;
  for (const uint32_t c : finding_columns(table, row)) {
    if (!row[c]) continue;
    const ColumnDef& column = table.layout->columns[c];
    const std::string name = quote_name(column.name);
    terms.push_back(*row[c] ? name + "=" + literal(column, *row[c]) : name + " IS NULL");
  }
  return join(terms, " AND ");
}

std::string update_text(const TargetTable& table, const RowText& before, const RowText& after) {
  std::vector<std::string> sets;
  for (size_t c = 0; c < after.size(); ++c) {
    const ColumnDef& column = table.layout->columns[c];
    if (after[c]) sets.push_back(quote_name(column.name) + "=" + literal(column, *after[c]));
  }
  return fmt::format("UPDATE {} SET {}  WHERE {}", quote_name(table.layout->ref), join(sets, " , "),
                     where_text(table, before));
}

std::string key_text(const TargetTable& table, const RowText& row) {
  std::vector<std::string> parts;
  for (const uint32_t c : finding_columns(table, row))
    if (row[c]) parts.push_back(table.layout->columns[c].name + "=" + (*row[c] ? **row[c] : "NULL"));
  std::string out = join(parts, ", ");
  return table.layout->key ? out : plain_text(out, literal_bytes_max);
}

std::string json_text(const TargetTable& table, const RowText& row) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (size_t c = 0; c < row.size(); ++c) {
    if (!row[c]) continue;
    if (*row[c])
      out[table.layout->columns[c].name] = plain_text(**row[c], (*row[c])->size());
    else
      out[table.layout->columns[c].name] = nullptr;
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string value_text(const ColumnDef& column, std::string_view value) {
  const bool cut = value.size() > value_bytes_max;
  const std::string_view kept = cut ? value.substr(0, literal_bytes_max) : value;
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

RowText row_text(const RowBatch& batch, size_t row) {
  RowText out;
  for (size_t c = 0; c < batch.width(); ++c) {
    const Cell& cell = batch.cell(row, c);
    if (cell.length == Cell::unchanged)
      out.emplace_back(std::nullopt);
    else if (cell.length == Cell::null)
      out.emplace_back(std::optional<std::string>());
    else
      out.emplace_back(value_text(batch.layout->columns[c], batch.bytes(cell)));
  }
  return out;
}

ParkedRow parked_row(const TargetTable& table, Op op, const RowText* before, const RowText* after) {
  ParkedRow out;
  out.source_table = table.source->ref;
  out.target_table = table.layout->ref;
  out.operation = std::string(to_string(op));
  const RowText& finder = before != nullptr ? *before : *after;
  out.key = key_text(table, finder);
  out.values = json_text(table, after != nullptr ? *after : *before);
  if (op == Op::insert) out.statement = insert_text(table, *after);
  if (op == Op::update) out.statement = update_text(table, finder, *after);
  if (op == Op::erase)
    out.statement = fmt::format("DELETE FROM {} WHERE {}", quote_name(table.layout->ref), where_text(table, finder));
  return out;
}

}  // namespace godwit::mysql
