#include "engines/mysql/table_map.h"

#include <fmt/format.h>

#include "engines/mysql/binlog_errors.h"
#include "engines/mysql/log_reader.h"

namespace godwit::mysql {
namespace {

size_t metadata_bytes(ColumnType type) {
  switch (type) {
    case ColumnType::float4:
    case ColumnType::double8:
    case ColumnType::blob:
    case ColumnType::geometry:
    case ColumnType::json:
    case ColumnType::vector:
    case ColumnType::timestamp2:
    case ColumnType::datetime2:
    case ColumnType::time2:
    case ColumnType::maria_blob_compressed:
      return 1;
    case ColumnType::varchar:
    case ColumnType::var_string:
    case ColumnType::bit:
    case ColumnType::new_decimal:
    case ColumnType::string:
    case ColumnType::enumeration:
    case ColumnType::set:
    case ColumnType::maria_varchar_compressed:
      return 2;
    default:
      return 0;
  }
}

// The first byte of a STRING's metadata holds its real type, and two bits of a length above 255, inverted.
void resolve_string(LoggedColumn& column) {
  unsigned type = column.meta[0];
  column.length = column.meta[1];
  if ((type & 0x30U) != 0x30U) {
    column.length |= ((type & 0x30U) ^ 0x30U) << 4U;
    type |= 0x30U;
  }
  column.type = static_cast<ColumnType>(type);
}

bool is_numeric(const LoggedColumn& column) {
  switch (column.type) {
    case ColumnType::tiny:
    case ColumnType::small:
    case ColumnType::int3:
    case ColumnType::int4:
    case ColumnType::int8:
    case ColumnType::float4:
    case ColumnType::double8:
    case ColumnType::new_decimal:
      return true;
    default:
      return false;
  }
}

bool has_sign_in_maria(const LoggedColumn& column) {
  return is_numeric(column) || column.type == ColumnType::year;
}

bool is_character(const LoggedColumn& column) {
  switch (column.type) {
    case ColumnType::varchar:
    case ColumnType::var_string:
    case ColumnType::string:
    case ColumnType::blob:
    case ColumnType::maria_blob_compressed:
    case ColumnType::maria_varchar_compressed:
      return true;
    default:
      return false;
  }
}

// MariaDB counts whatever has a collation, spatial values too.
bool is_character_in_maria(const LoggedColumn& column) {
  return is_character(column) || column.type == ColumnType::geometry;
}

bool is_labelled(const LoggedColumn& column) {
  return column.type == ColumnType::enumeration || column.type == ColumnType::set;
}

using Predicate = bool (*)(const LoggedColumn&);

std::vector<LoggedColumn*> pick(std::vector<LoggedColumn>& columns, Predicate wanted) {
  std::vector<LoggedColumn*> out;
  for (LoggedColumn& column : columns)
    if (wanted(column)) out.push_back(&column);
  return out;
}

bool read_signs(std::string_view bits, std::vector<LoggedColumn>& columns, Predicate wanted) {
  size_t index = 0;
  for (LoggedColumn* column : pick(columns, wanted)) {
    if (index / 8 >= bits.size()) return false;
    column->is_unsigned = (unsigned{static_cast<uint8_t>(bits[index / 8])} >> (7 - index % 8) & 1U) != 0;
    ++index;
  }
  return true;
}

bool read_default_collation(LogReader in, std::vector<LoggedColumn>& columns, Predicate wanted) {
  const std::vector<LoggedColumn*> picked = pick(columns, wanted);
  uint64_t collation = 0, index = 0;
  if (!in.length_encoded(collation)) return false;
  for (LoggedColumn* column : picked) column->collation = static_cast<uint32_t>(collation);
  while (!in.done()) {
    if (!in.length_encoded(index) || !in.length_encoded(collation) || index >= picked.size()) return false;
    picked[index]->collation = static_cast<uint32_t>(collation);
  }
  return true;
}

bool read_collations(LogReader in, std::vector<LoggedColumn>& columns, Predicate wanted) {
  for (LoggedColumn* column : pick(columns, wanted)) {
    uint64_t collation = 0;
    if (!in.length_encoded(collation)) return false;
    column->collation = static_cast<uint32_t>(collation);
  }
  return true;
}

bool read_names(LogReader in, std::vector<LoggedColumn>& columns) {
  for (LoggedColumn& column : columns) {
    std::string_view name;
    if (!in.length_encoded_bytes(name)) return false;
    column.name = name;
  }
  return true;
}

bool read_labels(LogReader in, std::vector<LoggedColumn>& columns, ColumnType type) {
  for (LoggedColumn& column : columns) {
    if (column.type != type) continue;
    uint64_t count = 0;
    if (!in.length_encoded(count) || count > in.left()) return false;
    for (; count > 0; --count) {
      std::string_view label;
      if (!in.length_encoded_bytes(label)) return false;
      column.labels.emplace_back(label);
    }
  }
  return true;
}

bool read_optional(LogReader in, bool maria, TableMap& out) {
  uint8_t tag = 0;
  while (in.u8(tag)) {
    std::string_view value;
    if (!in.length_encoded_bytes(value)) return false;
    bool fine = true;
    switch (tag) {
      case 1:
        fine = read_signs(value, out.columns, maria ? has_sign_in_maria : is_numeric);
        break;
      case 2:
        fine = read_default_collation(LogReader(value), out.columns, maria ? is_character_in_maria : is_character);
        break;
      case 3:
        fine = read_collations(LogReader(value), out.columns, maria ? is_character_in_maria : is_character);
        break;
      case 4:
        fine = out.has_names = read_names(LogReader(value), out.columns);
        break;
      case 5:
        fine = read_labels(LogReader(value), out.columns, ColumnType::set);
        break;
      case 6:
        fine = read_labels(LogReader(value), out.columns, ColumnType::enumeration);
        break;
      case 10:
        fine = read_default_collation(LogReader(value), out.columns, is_labelled);
        break;
      case 11:
        fine = read_collations(LogReader(value), out.columns, is_labelled);
        break;
      default:  // keys, kinds of geometry, visibility: of no use here
        break;
    }
    if (!fine) return false;
  }
  return true;
}

}  // namespace

Result<TableMapHead> read_table_map_head(std::string_view body, const LogFormat& format, std::string_view where) {
  LogReader in(body);
  TableMapHead out;
  uint8_t length = 0;
  if (!in.number(format.table_id_bytes(EventType::table_map), out.id) || !in.skip(2) || !in.u8(length) ||
      !in.bytes(length, out.schema) || !in.skip(1) || !in.u8(length) || !in.bytes(length, out.name) || !in.skip(1))
    return damaged("a table map that ends early", where);
  out.rest = in.rest();
  return out;
}

Result<TableMap> read_table_map(const TableMapHead& head, const LogFormat& format, std::string_view where) {
  LogReader in(head.rest);
  TableMap out;
  out.id = head.id;
  out.ref = {std::string(head.schema), std::string(head.name)};
  uint64_t count = 0;
  std::string_view types, metadata, nullable;
  if (!in.length_encoded(count) || !in.bytes(count, types) || !in.length_encoded_bytes(metadata) ||
      !in.bytes((count + 7) / 8, nullable))
    return damaged("a table map that ends early", where);
  LogReader meta(metadata);
  for (const char type : types) {
    LoggedColumn column;
    column.type = static_cast<ColumnType>(type);
    for (size_t i = 0; i < metadata_bytes(column.type); ++i)
      if (!meta.u8(column.meta[i])) return damaged("a table map whose metadata end early", where);
    if (column.type == ColumnType::string) {
      resolve_string(column);
    } else if (is_labelled(column)) {
      column.length = column.meta[1];
    }
    out.columns.push_back(std::move(column));
  }
  if (!read_optional(LogReader(in.rest()), format.maria, out))
    return damaged("a table map whose optional metadata end early", where);
  return out;
}

}  // namespace godwit::mysql
