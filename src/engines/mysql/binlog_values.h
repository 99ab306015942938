#pragma once
// Values of row events to canonical text (data/row_batch.h): what the server answers to a SELECT in UTF-8 and UTC,
// with FLOAT and DOUBLE by their shortest digits, BIT(1) as t or f, BIT(n) as n characters of 0 and 1, "+00" behind
// a TIMESTAMP, and bytes and geometry as they are. A codec is chosen once per column of a table map; decoding
// allocates nothing beyond the arena. Total.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "base/result.h"
#include "engines/mysql/charset.h"
#include "engines/mysql/column_facts.h"
#include "engines/mysql/json_binary.h"
#include "engines/mysql/log_reader.h"
#include "engines/mysql/table_map.h"

namespace godwit::mysql {

enum class ValueKind : uint8_t {
  integer,
  real4,
  real8,
  decimal,
  year,
  date,
  time,
  datetime,
  timestamp,
  old_time,
  old_datetime,
  old_timestamp,
  bit,
  enumeration,
  set,
  bytes,       // as they are
  text,        // to UTF-8
  padded,      // BINARY(n)
  compressed,  // MariaDB's compressed columns
  json,
  uuid,
  inet4,
  inet6,
  null,
};

struct ColumnCodec {
  std::string name;
  ValueKind kind = ValueKind::null;
  uint8_t width = 0;      // bytes of a fixed value, or of the length before a variable one
  uint8_t precision = 0;  // of a decimal
  uint8_t scale = 0;      // of a decimal; of a time the digits of its fraction
  uint16_t bits = 0;
  bool is_unsigned = false;
  JsonReals json_reals = JsonReals::with_point;
  uint32_t pad = 0;  // BINARY(n): n
  uint32_t zerofill_width = 0;
  std::vector<std::string> labels;            // in UTF-8
  std::unique_ptr<CharsetConverter> charset;  // null: the bytes are the text
  WhenAbsent when_absent = WhenAbsent::unknown;
  std::string default_text;
  bool is_variable() const { return kind >= ValueKind::bytes && kind <= ValueKind::inet6; }
};

// An error of kind table says why the column's values cannot be read.
Result<ColumnCodec> make_codec(const LoggedColumn& column, const ColumnFacts& facts, const LogFormat& format);

// The bytes of the next value, without the length before them. False: it ends early.
bool take_value(const ColumnCodec& codec, LogReader& in, std::string_view& raw);
// Appends the canonical text of what take_value() gave. False: it is damaged.
bool append_value(const ColumnCodec& codec, std::string_view raw, ByteBuffer& out);

// The server's text of a number: shortest digits, as SELECT writes them.
void append_real(ByteBuffer& out, double value);
void append_real(ByteBuffer& out, float value);
// A packed decimal. False: it is damaged.
bool append_decimal(ByteBuffer& out, unsigned precision, unsigned scale, std::string_view raw);
size_t decimal_bytes(unsigned precision, unsigned scale);
// Two digits and more; fractions of `digits` digits.
void append_fraction(ByteBuffer& out, uint64_t microseconds, unsigned digits);
void append_number(ByteBuffer& out, uint64_t value, unsigned digits_min);

}  // namespace godwit::mysql
