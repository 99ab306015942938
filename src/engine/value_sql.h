#pragma once
// What a server computes a column by, written for a server of another dialect: only where every row gets the same
// value there, and no row an error. Pure; any text is either understood wholly or not at all.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "data/type.h"

namespace godwit {

// The target's side.
struct ValueWriter {
  struct Column {
    std::string sql;  // its quoted name on the target
    Type source, target;
    bool not_null = false;
  };
  std::function<std::optional<Column>(std::string_view source_name)> column;  // nothing: its values are others there
  std::function<std::string(std::string_view text)> literal;                  // a quoted string
  bool is_mysql = false;                                                      // the target's dialect
};

struct ComputedValue {
  std::string_view sql;      // the source's expression
  std::string_view dialect;  // the source's: postgresql, mysql
  Type source, target;       // of the column that it computes
  bool not_null = false;     // on the source
};

// Sums, differences and products of integers and decimals, texts put together, COALESCE, CASE, IF, comparisons of
// numbers, IS NULL, and of MySQL the number of characters. Where MySQL cuts a value to its column, which PostgreSQL
// would refuse, the text does the same. Nothing: it cannot be told that the values are the same.
//
// Sources: MySQL's manual on arithmetic (64 bits; unsigned, where one side is), on out-of-range values and on
// precision math; PostgreSQL's on integer overflow, on numeric's scale and on rounding half away from zero.
std::optional<std::string> write_value(const ComputedValue& value, const ValueWriter& writer);

}  // namespace godwit
