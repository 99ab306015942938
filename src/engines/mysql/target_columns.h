#pragma once
// What the target's own columns are, and how a canonical value is written for them: as a field of LOAD DATA, as a
// literal to be stored, or as one to be compared with. Every byte of a value survives all three.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "data/target_table.h"
#include "engines/mysql/connection.h"

namespace godwit::mysql {

struct TargetColumn {
  enum class Way : uint8_t {
    plain,      // numbers, dates, texts of UTF-8: as they stand
    integer,    // literals without quotes, so that the server does not compare them as floating-point numbers
    decimal,    // the same
    single,     // FLOAT: compared with by its exact value
    real,       // DOUBLE
    text,       // UTF-8, in the server's own character set of the column
    converted,  // text of another character set, MariaDB's uuid and inet: LOAD DATA has to be told what the bytes are
    json,       // MySQL's own type
    bytes,
    bits,       // BIT(n)
    timestamp,  // TIMESTAMP: canonical values end in +00
  };
  Way way = Way::plain;
  std::string name;       // quoted
  std::string data_type;  // DATA_TYPE, lower case; empty: not asked for
  uint32_t bits = 0;
  bool digits_are_bits = false;  // values come as zeros and ones, not as numbers
  // A text whose `=` takes some texts for equal that are not: capitals, accents, blanks at the end.
  bool loose = false;
  // Behind so many characters blanks at the end of the source's texts are lost.
  std::optional<uint32_t> blanks_kept = std::nullopt;
  // An ENUM of the family whose rows may have none of its labels: '', by the number 0.
  bool may_lack_label = false;
};

// Whether the source's `column` is a text whose blanks at the end mean nothing.
bool means_no_blanks(const TargetTable& table, const ColumnDef& column);

// Per column of the layout. An error of kind table when the target lacks one.
Result<std::vector<TargetColumn>> read_target_columns(Connection& session, const TableDef& layout);
Result<std::vector<TargetColumn>> read_target_columns(Connection& session, const TargetTable& table);

// False: the column lost what tells the text from another one.
bool keeps_whole(const TargetColumn& column, std::string_view value);

// The same of what information_schema says; pure.
TargetColumn target_column(const ColumnDef& column, std::string_view data_type, std::string_view charset,
                           uint32_t bits, bool is_mariadb, std::string_view collation = "");

// Fields are separated by tabs, lines end in line feeds, backslashes escape; the file's character set is binary.
void append_field(ByteBuffer& out, const TargetColumn& column, std::string_view value);
void append_null_field(ByteBuffer& out);
// "(`a`, @v1) SET `b` = CONVERT(@v1 USING utf8mb4)"
std::string field_list(const std::vector<TargetColumn>& columns);
// LOAD DATA … of fields like these.
std::string load_statement(std::string_view into, const std::vector<TargetColumn>& columns);

void append_literal(ByteBuffer& out, const TargetColumn& column, std::string_view value);
// One that `column = literal` finds exactly the stored value by.
void append_compared(ByteBuffer& out, const TargetColumn& column, std::string_view value);
// "`a` = literal": every byte of a text counts.
void append_key_match(ByteBuffer& out, const TargetColumn& column, std::string_view value);
// What a text of the column is compared by where every byte counts: "CAST(CONVERT(`a` USING utf8mb4) AS BINARY)".
std::string bytes_of(std::string_view column_name);
// Its other side.
void append_bytes(ByteBuffer& out, const TargetColumn& column, std::string_view value);
// "`a` <=> literal": every byte of a text counts, and NULL is NULL.
void append_exact_match(ByteBuffer& out, const TargetColumn& column, const std::optional<std::string_view>& value);

// What stands between the quotes of '…'.
void append_escaped(ByteBuffer& out, std::string_view text);

}  // namespace godwit::mysql
