#pragma once
// TABLE_MAP events: which table and columns a table id stands for. Total.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/table_def.h"
#include "engines/mysql/binlog_event.h"

namespace godwit::mysql {

enum class ColumnType : uint8_t {
  decimal = 0,  // before 5.0
  tiny = 1,
  small = 2,
  int4 = 3,
  float4 = 4,
  double8 = 5,
  null = 6,
  timestamp = 7,
  int8 = 8,
  int3 = 9,
  date = 10,
  time = 11,
  datetime = 12,
  year = 13,
  varchar = 15,
  bit = 16,
  timestamp2 = 17,
  datetime2 = 18,
  time2 = 19,
  maria_blob_compressed = 140,
  maria_varchar_compressed = 141,
  vector = 242,
  json = 245,
  new_decimal = 246,
  enumeration = 247,
  set = 248,
  blob = 252,
  var_string = 253,
  string = 254,
  geometry = 255,
};

struct LoggedColumn {
  ColumnType type = ColumnType::null;  // of a STRING the real one
  // Two bytes of metadata as they stand. Of a real STRING, ENUM and SET: `length` instead.
  uint8_t meta[2] = {0, 0};
  uint32_t length = 0;
  // Optional metadata; what is not there is said by the catalog.
  std::optional<bool> is_unsigned;
  uint32_t collation = 0;
  std::optional<std::string> name;
  std::vector<std::string> labels;  // in the character set of the collation
};

struct TableMap {
  uint64_t id = 0;
  TableRef ref;
  std::vector<LoggedColumn> columns;
  bool has_names = false;
};

// The id alone, and the name: what must be known of a table that nobody follows.
struct TableMapHead {
  uint64_t id = 0;
  std::string_view schema, name;
  std::string_view rest;
};
Result<TableMapHead> read_table_map_head(std::string_view body, const LogFormat& format, std::string_view where);
Result<TableMap> read_table_map(const TableMapHead& head, const LogFormat& format, std::string_view where);

}  // namespace godwit::mysql
