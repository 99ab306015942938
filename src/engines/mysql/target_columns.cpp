#include "engines/mysql/target_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/hex.h"
#include "base/text.h"
#include "engines/mysql/bent_values.h"
#include "engines/mysql/target_errors.h"

namespace godwit::mysql {
namespace {

using Way = TargetColumn::Way;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// Nothing but what a number is made of: it may stand without quotes.
bool looks_numeric(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
  }) && value.find("--") == std::string_view::npos;
}

// The value of bits written as 0 and 1; t, f and numbers too.
std::optional<uint64_t> bits_of(const TargetColumn& column, std::string_view value) {
  if (value == "t") return 1;
  if (value == "f") return 0;
  const bool digits = !value.empty() && value.size() <= 64 && value.find_first_not_of("01") == std::string_view::npos;
  uint64_t number = 0;
  const int base = digits && column.digits_are_bits ? 2 : 10;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number, base);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return number;
}

void append_bits(ByteBuffer& out, const TargetColumn& column, uint64_t value) {
  for (int byte = static_cast<int>((column.bits + 7) / 8) - 1; byte >= 0; --byte) {
    const char c = static_cast<char>(value >> (8U * static_cast<unsigned>(byte)));
    if (c == '\t' || c == '\n' || c == '\\') out.push_back('\\');
    out.push_back(c == '\t' ? 't' : c == '\n' ? 'n' : c);
  }
}

std::string_view without_zone(std::string_view value) {
  return value.ends_with("+00") ? value.substr(0, value.size() - 3) : value;
}

void append_quoted(ByteBuffer& out, std::string_view text) {
  out.push_back('\'');
  append_escaped(out, text);
  out.push_back('\'');
}

bool is_label(const TargetColumn& column) {
  return column.data_type == "enum" || column.data_type == "set";
}

// MariaDB's types of a fixed length that have a text: bytes would be taken for their inner form.
bool is_written_as_text(std::string_view type) {
  return is_one_of(type, {"uuid", "inet6", "inet4"});
}

bool is_text(const TargetColumn& column) {
  return column.way == Way::text ||
         (column.way == Way::converted && !is_label(column) && !is_written_as_text(column.data_type));
}

// CHAR keeps no blanks at the end.
std::string_view as_kept(const TargetColumn& column, std::string_view value) {
  if (column.data_type != "char") return value;
  return value.substr(0, value.find_last_not_of(' ') + 1);
}

// The exact value of what a FLOAT holds, as the server compares it: a DOUBLE.
void append_double(ByteBuffer& out, std::string_view value, bool single) {
  float as_float = 0;
  double as_double = 0;
  const char* end = value.data() + value.size();
  const auto whole = std::from_chars(value.data(), end, as_double);
  if (whole.ec != std::errc() || whole.ptr != end) return append_quoted(out, value);
  // What is too small for a FLOAT is kept as 0, what is too large is not kept.
  if (single && std::from_chars(value.data(), end, as_float).ec != std::errc()) {
    if (std::abs(as_double) >= 1) return append_quoted(out, value);
    as_float = 0;
  }
  out.append(fmt::format("{:.17e}", single ? static_cast<double>(as_float) : as_double));
}

// The server reads a number as a DOUBLE and looks only then whether a FLOAT has it. The short text of the largest
// FLOAT lies a little above it.
std::string_view within_float(std::string_view value) {
  constexpr std::string_view largest = "3.4028234663852886e+38", smallest = "-3.4028234663852886e+38";
  if (!value.ends_with("38") && value.size() < largest.size()) [[likely]]
    return value;
  const char* end = value.data() + value.size();
  float as_float = 0;
  double as_double = 0;
  if (std::from_chars(value.data(), end, as_float).ec != std::errc() ||
      std::from_chars(value.data(), end, as_double).ec != std::errc())
    return value;
  const bool beyond = std::isfinite(as_float) && std::abs(as_double) > std::numeric_limits<float>::max();
  return !beyond ? value : as_float > 0 ? largest : smallest;
}

}  // namespace

TargetColumn target_column(const ColumnDef& column, std::string_view data_type, std::string_view charset,
                           uint32_t bits, bool is_mariadb, std::string_view collation) {
  TargetColumn out{Way::plain, quote_name(column.name), lower_ascii(data_type), bits};
  const std::string& type = out.data_type;
  if (is_one_of(type, {"tinyint", "smallint", "mediumint", "int", "bigint", "year"}))
    out.way = Way::integer;
  else if (type == "decimal")
    out.way = Way::decimal;
  else if (type == "float")
    out.way = Way::single;
  else if (type == "double")
    out.way = Way::real;
  else if (type == "bit")
    out.way = Way::bits;
  else if (type == "timestamp")
    out.way = Way::timestamp;
  else if (type == "json" && !is_mariadb)
    out.way = Way::json;
  else if (is_one_of(type, {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector"}) ||
           column.type.form == ValueForm::geometry)
    out.way = Way::bytes;
  else if (is_one_of(charset, {"utf8mb4", "utf8mb3", "utf8"}))
    out.way = is_label(out) ? Way::converted : Way::text;
  else if (!charset.empty() || is_written_as_text(type))
    out.way = Way::converted;
  out.digits_are_bits = column.type.form == ValueForm::bits;
  const auto& labels = column.type.labels;
  out.may_lack_label = type == "enum" && column.type.form == ValueForm::enumeration && labels != nullptr &&
                       std::ranges::find(*labels, "") == labels->end();
  out.loose = is_text(out) && !collation.ends_with("_nopad_bin") && collation != "utf8mb4_0900_bin";
  return out;
}

Result<std::vector<TargetColumn>> read_target_columns(Connection& session, const TableDef& layout) {
  const Rows rows =
      TRY(session.query(fmt::format("SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_SET_NAME, NUMERIC_PRECISION, "
                                    "COLLATION_NAME, CHARACTER_MAXIMUM_LENGTH FROM "
                                    "information_schema.COLUMNS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
                                    quote_literal(layout.ref.schema), quote_literal(layout.ref.name))));
  // The server tells columns apart without regard to case.
  std::unordered_map<std::string, size_t> known;
  for (size_t row = 0; row < rows.size(); ++row) known[lower_utf8(rows.get(row, 0))] = row;
  std::vector<TargetColumn> out;
  for (const ColumnDef& column : layout.columns) {
    const auto found = known.find(lower_utf8(column.name));
    if (found == known.end()) return Failure(errors::column_gone(layout.ref, column.name));
    const size_t row = found->second;
    out.push_back(target_column(column, rows.get(row, 1), rows.get(row, 2),
                                static_cast<uint32_t>(rows.unsigned_integer(row, 3)), session.traits().mariadb,
                                rows.get(row, 4)));
    if (!is_text(out.back())) continue;
    const auto bend = bend_of(column.type, {out.back().data_type, rows.integer(row, 5), {}, {}, {}});
    if (bend) out.back().blanks_kept = bend->blanks_kept;
  }
  return out;
}

bool means_no_blanks(const TargetTable& table, const ColumnDef& column) {
  const auto from = std::ranges::find(table.source->columns, column.number, &ColumnDef::number);
  return column.number != 0 && from != table.source->columns.end() && pads_with_blanks(from->type);
}

Result<std::vector<TargetColumn>> read_target_columns(Connection& session, const TargetTable& table) {
  std::vector<TargetColumn> out = TRY(read_target_columns(session, *table.layout));
  for (size_t c = 0; c < out.size(); ++c)
    if (means_no_blanks(table, table.layout->columns[c])) out[c].blanks_kept.reset();
  return out;
}

bool keeps_whole(const TargetColumn& column, std::string_view value) {
  if (!column.blanks_kept || !value.ends_with(' ')) [[likely]]
    return true;
  const auto characters =
      std::ranges::count_if(value, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return characters <= static_cast<int64_t>(*column.blanks_kept);
}

void append_field(ByteBuffer& out, const TargetColumn& column, std::string_view value) {
  if (column.way == Way::bits)
    if (const auto bits = bits_of(column, value)) return append_bits(out, column, *bits);
  if (column.way == Way::timestamp) value = without_zone(value);
  if (column.way == Way::single) value = within_float(value);
  size_t from = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c != '\\' && c != '\t' && c != '\n' && c != '\0') [[likely]]
      continue;
    out.append(value.substr(from, i - from));
    out.push_back('\\');
    out.push_back(c == '\t' ? 't' : c == '\n' ? 'n' : c == '\0' ? '0' : c);
    from = i + 1;
  }
  out.append(value.substr(from));
}

void append_null_field(ByteBuffer& out) {
  out.append("\\N", 2);
}

std::string field_list(const std::vector<TargetColumn>& columns) {
  std::vector<std::string> names, sets;
  for (size_t c = 0; c < columns.size(); ++c) {
    const bool converts = columns[c].way == Way::converted || columns[c].way == Way::json;
    names.push_back(converts ? fmt::format("@v{}", c) : columns[c].name);
    if (converts) sets.push_back(fmt::format("{} = CONVERT(@v{} USING utf8mb4)", columns[c].name, c));
  }
  return fmt::format("({}){}", join(names, ", "), sets.empty() ? "" : " SET " + join(sets, ", "));
}

std::string load_statement(std::string_view into, const std::vector<TargetColumn>& columns) {
  return fmt::format(
      "LOAD DATA LOCAL INFILE 'godwit' INTO TABLE {} CHARACTER SET binary FIELDS TERMINATED BY '\\t' "
      "ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' {}",
      into, field_list(columns));
}

void append_escaped(ByteBuffer& out, std::string_view text) {
  size_t from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '\\' && c != '\'' && c != '\0') [[likely]]
      continue;
    out.append(text.substr(from, i - from));
    out.push_back('\\');
    out.push_back(c == '\0' ? '0' : c);
    from = i + 1;
  }
  out.append(text.substr(from));
}

void append_literal(ByteBuffer& out, const TargetColumn& column, std::string_view value) {
  switch (column.way) {
    case Way::integer:
    case Way::decimal:
    case Way::single:
    case Way::real:
      if (!looks_numeric(value)) break;
      if (column.way == Way::single) value = within_float(value);
      out.append(value);
      // With an exponent it is a floating-point number at once, and not a decimal that might be cut.
      if ((column.way == Way::single || column.way == Way::real) &&
          value.find_first_of("eE") == std::string_view::npos)
        out.append("e0", 2);
      return;
    case Way::bits:
      if (const auto bits = bits_of(column, value)) return out.append(fmt::format("{}", *bits));
      break;
    case Way::timestamp:
      return append_quoted(out, without_zone(value));
    case Way::bytes:
      out.append("_binary", 7);
      break;
    default:
      break;
  }
  append_quoted(out, value);
}

void append_compared(ByteBuffer& out, const TargetColumn& column, std::string_view value) {
  if (column.way == Way::single || column.way == Way::real)
    return append_double(out, value, column.way == Way::single);
  if (column.way != Way::json) return append_literal(out, column, as_kept(column, value));
  out.append("CAST(");
  append_quoted(out, value);
  out.append(" AS JSON)");
}

std::string bytes_of(std::string_view column_name) {
  return fmt::format("CAST(CONVERT({} USING utf8mb4) AS BINARY)", column_name);
}

void append_bytes(ByteBuffer& out, const TargetColumn& column, std::string_view value) {
  out.append("_binary");
  append_quoted(out, as_kept(column, value));
}

// The first term goes by the index.
void append_key_match(ByteBuffer& out, const TargetColumn& column, std::string_view value) {
  out.append(column.name);
  out.append(" = ");
  append_compared(out, column, value);
  if (!column.loose) return;
  out.append(" AND ");
  out.append(bytes_of(column.name));
  out.append(" = ");
  append_bytes(out, column, value);
}

void append_exact_match(ByteBuffer& out, const TargetColumn& column, const std::optional<std::string_view>& value) {
  out.append(column.name);
  if (!value) return out.append(" IS NULL");
  out.append(" <=> ");
  append_compared(out, column, *value);
  if (!is_text(column)) return;
  // The first term may go by an index; collations take texts for equal that are not.
  out.append(" AND ");
  out.append(bytes_of(column.name));
  out.append(" <=> ");
  append_bytes(out, column, *value);
}

}  // namespace godwit::mysql
