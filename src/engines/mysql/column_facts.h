#pragma once
// What the catalog of the server knows of a column and the binlog may not say. Handed over by the source, one for
// every column of the table in ordinal order, generated and invisible ones included.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::mysql {

// What a column holds that an INSERT did not name: under binlog_row_image=MINIMAL the log leaves it out.
enum class WhenAbsent : uint8_t {
  unknown,  // reading such a row is an error
  null,
  text,  // ColumnFacts::default_text
};

struct ColumnFacts {
  std::string name;
  std::string data_type;  // information_schema.COLUMNS.DATA_TYPE: "bigint", "enum", "uuid"
  bool is_unsigned = false;
  uint32_t zerofill_width = 0;      // the display width where ZEROFILL pads to it; 0: it does not
  uint32_t fraction_digits = 0;     // of TIME, DATETIME, TIMESTAMP
  std::string charset;              // CHARACTER_SET_NAME; empty: none, it holds bytes or no text at all
  std::vector<std::string> labels;  // of ENUM and SET, in UTF-8
  WhenAbsent when_absent = WhenAbsent::unknown;
  std::string default_text{};  // canonical, as a SELECT of the column would answer it
};

// Reads a COLUMN_TYPE as the catalog writes it: "int(5) unsigned zerofill", "enum('a','it''s')", "datetime(6)".
ColumnFacts facts_of(std::string_view name, std::string_view column_type, std::string_view charset);

}  // namespace godwit::mysql
