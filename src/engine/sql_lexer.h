#pragma once
// Words of SQL, for engine/sql_text.h.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace godwit {

struct SqlToken {
  enum class Kind : uint8_t { name, quoted_name, number, string, symbol, end };
  Kind kind = Kind::end;
  std::string text;  // names that are not quoted in lower case; strings without quotes
  bool operator==(const SqlToken&) const = default;
};

// Ends with one of kind end. Nothing: a quote is not closed, or a character means nothing.
std::optional<std::vector<SqlToken>> read_tokens(std::string_view sql, bool is_mysql);

}  // namespace godwit
