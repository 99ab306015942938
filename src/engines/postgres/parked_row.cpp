#include "engines/postgres/parked_row.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/byte_reader.h"
#include "base/hex.h"
#include "base/text.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/copy_text.h"

namespace godwit::postgres {
namespace {

constexpr size_t literal_bytes_max = 4096;
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

std::string literal(const std::optional<std::string>& value) {
  if (!value) return "NULL";
  if (value->size() <= literal_bytes_max) return quote_literal(with_blanks_for_nul(*value));
  return quote_literal(with_blanks_for_nul(cut_text(*value, literal_bytes_max))) +
         fmt::format(" /* cut: {} bytes in all */", value->size());
}

std::string insert_text(const TargetTable& table, const RowText& row) {
  std::vector<std::string> names, values;
  for (size_t c = 0; c < row.size(); ++c) {
    if (!row[c]) continue;
    names.push_back(quote_name(table.layout->columns[c].name));
    values.push_back(literal(*row[c]));
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
    const std::string name = quote_name(table.layout->columns[c].name);
    terms.push_back(*row[c] ? name + "=" + literal(*row[c]) : name + " IS NULL");
  }
  return join(terms, " AND ");
}

std::string update_text(const TargetTable& table, const RowText& before, const RowText& after) {
  std::vector<std::string> sets;
  for (size_t c = 0; c < after.size(); ++c)
    if (after[c]) sets.push_back(quote_name(table.layout->columns[c].name) + "=" + literal(*after[c]));
  return fmt::format("UPDATE {} SET {}  WHERE {}", quote_name(table.layout->ref), join(sets, " , "),
                     where_text(table, before));
}

std::string key_text(const TargetTable& table, const RowText& row) {
  std::vector<std::string> parts;
  for (const uint32_t c : finding_columns(table, row))
    if (row[c]) parts.push_back(table.layout->columns[c].name + "=" + (*row[c] ? **row[c] : "NULL"));
  std::string out = join(parts, ", ");
  out = with_blanks_for_nul(out);
  return table.layout->key ? out : std::string(cut_text(out, literal_bytes_max));
}

std::string json_text(const TargetTable& table, const RowText& row) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (size_t c = 0; c < row.size(); ++c) {
    if (!row[c]) continue;
    if (*row[c])
      out[table.layout->columns[c].name] = **row[c];
    else
      out[table.layout->columns[c].name] = nullptr;
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::string> value_text(const ColumnDef& column, std::string_view value) {
  const bool cut = value.size() > value_bytes_max;
  ByteBuffer text;
  if (!cut)
    append_text(text, column, value);
  else
    append_text(text, column,
                holds_bytes(column) ? value.substr(0, literal_bytes_max) : cut_text(value, literal_bytes_max));
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
    append_hex(hex, value.substr(0, literal_bytes_max));
    out.emplace_back(std::optional<std::string>(hex.view()));
  }
  return out;
}

}  // namespace

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
